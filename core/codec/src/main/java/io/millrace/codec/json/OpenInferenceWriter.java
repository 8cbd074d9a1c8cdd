package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Writes an answer: JSON with flat data, binary outputs behind it. */
final class OpenInferenceWriter {

    private static final int BYTES_PER_ELEMENT = 13;

    private final OpenInferenceResult result;
    private final List<OpenInferenceRequest.Output> outputs;

    OpenInferenceWriter(OpenInferenceResult result, List<OpenInferenceRequest.Output> outputs) {
        this.result = result;
        this.outputs = outputs;
    }

    OpenInferenceAnswer write() {
        var binary = new ArrayList<Tensor>();
        long elements = 16;
        for (OpenInferenceRequest.Output output : outputs) {
            Tensor tensor = tensor(output.name());
            if (output.isBinary()) {
                binary.add(tensor);
            } else {
                elements += tensor.shape().elements();
            }
        }
        var bytes =
                new ByteArrayOutputStream((int) Math.min(1 << 24, elements * BYTES_PER_ELEMENT));
        try (JsonGenerator json =
                OpenInferenceJson.JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            document(json);
        }
        byte[] json = bytes.toByteArray();
        return binary.isEmpty()
                ? new OpenInferenceAnswer(json, OpenInferenceAnswer.ALL_JSON)
                : new OpenInferenceAnswer(BinaryTensors.append(json, binary), json.length);
    }

    private Tensor tensor(String name) {
        int index = OpenInferenceDraft.indexOf(result.signature().outputs(), name);
        if (index < 0) {
            // Possible only when another version answers than the one the request was read for.
            throw new MillraceException(
                    ErrorCode.USER_CODE,
                    "version " + result.version() + " answered without the output '" + name + "'");
        }
        return result.outputs().get(index);
    }

    private void document(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("model_name", result.model());
        json.writeStringProperty("model_version", Integer.toString(result.version()));
        json.writeStringProperty("id", result.id());
        json.writeArrayPropertyStart("outputs");
        for (OpenInferenceRequest.Output output : outputs) {
            json.writeStartObject();
            json.writeStringProperty("name", output.name());
            output(json, output, tensor(output.name()));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void output(
            JsonGenerator json, OpenInferenceRequest.Output output, Tensor tensor) {
        json.writeArrayPropertyStart("shape");
        for (int axis = 0; axis < tensor.shape().rank(); axis++) {
            json.writeNumber(tensor.shape().extent(axis));
        }
        json.writeEndArray();
        json.writeStringProperty("datatype", tensor.type().protocolName());
        if (output.isBinary()) {
            json.writeObjectPropertyStart("parameters");
            json.writeNumberProperty("binary_data_size", BinaryTensors.size(tensor));
            json.writeEndObject();
            return;
        }
        switch (tensor) {
            case Tensor.Numeric numeric -> {
                json.writeArrayPropertyStart("data");
                numbers(json, output.name(), numeric);
                json.writeEndArray();
            }
            case Tensor.Bytes bytes -> strings(json, bytes);
        }
    }

    private static void numbers(JsonGenerator json, String name, Tensor.Numeric tensor) {
        MemorySegment data = tensor.data();
        int width = tensor.type().bytes();
        long end = data.byteSize();
        for (long at = 0; at < end; at += width) {
            switch (tensor.type()) {
                case FP32 ->
                        json.writeNumber(
                                finite(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at), name));
                case FP64 ->
                        json.writeNumber(
                                finite(data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at), name));
                case INT64 -> json.writeNumber(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
                case UINT64 -> unsigned(json, data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
                case INT32 -> json.writeNumber(data.get(ValueLayout.JAVA_INT_UNALIGNED, at));
                case UINT32 ->
                        json.writeNumber(
                                Integer.toUnsignedLong(
                                        data.get(ValueLayout.JAVA_INT_UNALIGNED, at)));
                case INT16 ->
                        json.writeNumber((int) data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
                case UINT16 ->
                        json.writeNumber(
                                Short.toUnsignedInt(
                                        data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
                case INT8 -> json.writeNumber((int) data.get(ValueLayout.JAVA_BYTE, at));
                case UINT8 ->
                        json.writeNumber(Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at)));
                case BOOL -> json.writeBoolean(data.get(ValueLayout.JAVA_BYTE, at) != 0);
                case FP16, BF16, BYTES ->
                        throw new MillraceException(
                                ErrorCode.INVALID,
                                "output '%s' is %s, which cannot be JSON data; ask for it with the parameter \"binary_data\": true"
                                        .formatted(name, tensor.type().protocolName()));
            }
        }
    }

    private static float finite(float value, String output) {
        if (!Float.isFinite(value)) {
            throw notFinite(value, output);
        }
        return value;
    }

    private static double finite(double value, String output) {
        if (!Double.isFinite(value)) {
            throw notFinite(value, output);
        }
        return value;
    }

    /** Null would read as NaN with some clients and break others: an error says what to do. */
    private static MillraceException notFinite(double value, String output) {
        return new MillraceException(
                ErrorCode.USER_CODE,
                "the model gave %s in output '%s', which JSON cannot carry; ask for binary output (\"binary_data\": true) to receive it"
                        .formatted(value, output));
    }

    private static void unsigned(JsonGenerator json, long value) {
        if (value >= 0) {
            json.writeNumber(value);
        } else {
            json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
        }
    }

    /** Text as strings; when one of them is no text, all as base64, which a parameter then says. */
    private static void strings(JsonGenerator json, Tensor.Bytes tensor) {
        List<String> texts = texts(tensor);
        if (texts == null) {
            json.writeObjectPropertyStart("parameters");
            json.writeStringProperty("content_type", "base64");
            json.writeEndObject();
        }
        json.writeArrayPropertyStart("data");
        for (int i = 0; i < tensor.values().size(); i++) {
            json.writeString(
                    texts == null
                            ? Base64.getEncoder().encodeToString(tensor.values().get(i))
                            : texts.get(i));
        }
        json.writeEndArray();
    }

    private static @Nullable List<String> texts(Tensor.Bytes tensor) {
        var texts = new ArrayList<String>(tensor.values().size());
        try {
            for (byte[] value : tensor.values()) {
                texts.add(
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(ByteBuffer.wrap(value))
                                .toString());
            }
        } catch (CharacterCodingException e) {
            return null;
        }
        return texts;
    }
}
