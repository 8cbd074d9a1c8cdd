package io.millrace.codec.json;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/**
 * Writes outputs as predictions or as columns. A float is the shortest decimal that gives the same
 * float back.
 */
final class AnswerWriter {

    private static final String BYTES_SUFFIX = "_bytes";
    private static final int BYTES_PER_ELEMENT = 13;

    private final Signature signature;
    private final List<Tensor> outputs;

    AnswerWriter(Signature signature, List<Tensor> outputs) {
        this.signature = signature;
        this.outputs = outputs;
    }

    byte[] write(InferenceRequest.Layout layout) {
        long elements = 8;
        for (Tensor output : outputs) {
            elements += output.shape().elements();
        }
        var bytes =
                new ByteArrayOutputStream((int) Math.min(1 << 24, elements * BYTES_PER_ELEMENT));
        try (JsonGenerator json =
                InferenceJson.JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            switch (layout) {
                case ROWS -> {
                    json.writeName("predictions");
                    writeRows(json);
                }
                case COLUMNS -> {
                    json.writeName("outputs");
                    writeColumns(json);
                }
            }
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private void writeRows(JsonGenerator json) {
        if (outputs.size() == 1) {
            whole(json, 0);
            return;
        }
        if (!haveSameRows(outputs)) {
            // Such outputs have no rows: the caller gets them whole rather than an error.
            writeColumns(json);
            return;
        }
        long rows = outputs.getFirst().shape().extent(0);
        json.writeStartArray();
        for (long row = 0; row < rows; row++) {
            json.writeStartObject();
            for (int i = 0; i < outputs.size(); i++) {
                json.writeName(spec(i).name());
                Tensor output = outputs.get(i);
                write(json, i, output, 1, row * output.shape().elementsPerItem());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeColumns(JsonGenerator json) {
        if (outputs.size() == 1) {
            whole(json, 0);
            return;
        }
        json.writeStartObject();
        for (int i = 0; i < outputs.size(); i++) {
            json.writeName(spec(i).name());
            whole(json, i);
        }
        json.writeEndObject();
    }

    static boolean haveSameRows(List<Tensor> outputs) {
        for (Tensor output : outputs) {
            if (output.shape().rank() == 0
                    || output.shape().extent(0) != outputs.getFirst().shape().extent(0)) {
                return false;
            }
        }
        return true;
    }

    private TensorSpec spec(int output) {
        return signature.outputs().get(output);
    }

    private void whole(JsonGenerator json, int output) {
        write(json, output, outputs.get(output), 0, 0);
    }

    /** Writes one value of an axis; gives the index of the element after it. */
    private long write(JsonGenerator json, int output, Tensor tensor, int axis, long first) {
        Shape shape = tensor.shape();
        if (axis == shape.rank()) {
            element(json, output, tensor, first);
            return first + 1;
        }
        long next = first;
        json.writeStartArray();
        for (long i = 0; i < shape.extent(axis); i++) {
            next = write(json, output, tensor, axis + 1, next);
        }
        json.writeEndArray();
        return next;
    }

    private void element(JsonGenerator json, int output, Tensor tensor, long index) {
        switch (tensor) {
            case Tensor.Numeric numeric -> number(json, numeric, index);
            case Tensor.Bytes bytes ->
                    string(json, bytes.values().get((int) index), spec(output).name());
        }
    }

    private static void number(JsonGenerator json, Tensor.Numeric tensor, long index) {
        MemorySegment data = tensor.data();
        long at = index * tensor.type().bytes();
        switch (tensor.type()) {
            case FP32 -> json.writeNumber(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
            case FP64 -> json.writeNumber(data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at));
            case FP16 ->
                    json.writeNumber(
                            Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
            case BF16 ->
                    json.writeNumber(
                            HalfFloats.fromBfloat16(
                                    data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
            case INT64 -> json.writeNumber(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
            case UINT64 -> unsigned(json, data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
            case INT32 -> json.writeNumber(data.get(ValueLayout.JAVA_INT_UNALIGNED, at));
            case UINT32 ->
                    json.writeNumber(
                            Integer.toUnsignedLong(data.get(ValueLayout.JAVA_INT_UNALIGNED, at)));
            case INT16 -> json.writeNumber((int) data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
            case UINT16 ->
                    json.writeNumber(
                            Short.toUnsignedInt(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
            case INT8 -> json.writeNumber((int) data.get(ValueLayout.JAVA_BYTE, at));
            case UINT8 -> json.writeNumber(Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at)));
            case BOOL -> json.writeBoolean(data.get(ValueLayout.JAVA_BYTE, at) != 0);
            case BYTES -> json.writeNull(); // cannot be: such tensors are not numeric
        }
    }

    private static void unsigned(JsonGenerator json, long value) {
        if (value >= 0) {
            json.writeNumber(value);
        } else {
            json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
        }
    }

    /** Text as a string; bytes that are no text, or are called bytes, as base64. */
    private static void string(JsonGenerator json, byte[] value, String output) {
        Optional<String> text = output.endsWith(BYTES_SUFFIX) ? Optional.empty() : utf8(value);
        if (text.isPresent()) {
            json.writeString(text.get());
            return;
        }
        json.writeStartObject();
        json.writeStringProperty("b64", Base64.getEncoder().encodeToString(value));
        json.writeEndObject();
    }

    private static Optional<String> utf8(byte[] value) {
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
