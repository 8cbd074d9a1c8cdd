package io.millrace.codec.json;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.json.InferenceRequest.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes answers of numbers, which nearly all are, byte for byte as {@link AnswerWriter} would:
 * {@link StringBuilder} puts the shortest decimals into its own memory, without a string for each.
 */
final class NumberAnswer {

    private static final int CHARS_PER_ELEMENT = 13;

    private final List<Tensor> outputs;
    private final Signature signature;
    private final StringBuilder json;

    private NumberAnswer(Signature signature, List<Tensor> outputs) {
        this.signature = signature;
        this.outputs = outputs;
        long chars = 64;
        for (Tensor output : outputs) {
            chars += output.shape().elements() * CHARS_PER_ELEMENT;
        }
        json = new StringBuilder((int) Math.min(1 << 24, chars));
    }

    /** Whether there are neither byte strings nor names that need an escape. */
    static boolean canWrite(Signature signature, List<Tensor> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            boolean isNamed = outputs.size() > 1;
            if (!(outputs.get(i) instanceof Tensor.Numeric)
                    || (isNamed && !isPlain(signature.outputs().get(i).name()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPlain(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (!JsonBytes.isPlain(name.charAt(i)) || name.charAt(i) == '/') {
                return false;
            }
        }
        return true;
    }

    static byte[] write(Signature signature, List<Tensor> outputs, Layout layout) {
        var answer = new NumberAnswer(signature, outputs);
        switch (layout) {
            case ROWS -> {
                answer.json.append("{\"predictions\":");
                answer.rows();
            }
            case COLUMNS -> {
                answer.json.append("{\"outputs\":");
                answer.columns();
            }
        }
        return answer.json.append('}').toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private void rows() {
        if (outputs.size() == 1 || !AnswerWriter.haveSameRows(outputs)) {
            columns();
            return;
        }
        long rows = outputs.getFirst().shape().extent(0);
        json.append('[');
        for (long row = 0; row < rows; row++) {
            json.append(row == 0 ? "{" : ",{");
            for (int i = 0; i < outputs.size(); i++) {
                name(i);
                Tensor output = outputs.get(i);
                value(numeric(i), 1, row * output.shape().elementsPerItem());
            }
            json.append('}');
        }
        json.append(']');
    }

    private void columns() {
        if (outputs.size() == 1) {
            value(numeric(0), 0, 0);
            return;
        }
        json.append('{');
        for (int i = 0; i < outputs.size(); i++) {
            name(i);
            value(numeric(i), 0, 0);
        }
        json.append('}');
    }

    private Tensor.Numeric numeric(int output) {
        return (Tensor.Numeric) outputs.get(output);
    }

    private void name(int output) {
        json.append(output == 0 ? "\"" : ",\"");
        json.append(signature.outputs().get(output).name()).append("\":");
    }

    /** Writes one value of an axis; gives the index of the element after it. */
    private long value(Tensor.Numeric tensor, int axis, long first) {
        Shape shape = tensor.shape();
        if (axis == shape.rank()) {
            number(tensor, first);
            return first + 1;
        }
        long next = first;
        json.append('[');
        for (long i = 0; i < shape.extent(axis); i++) {
            if (i > 0) {
                json.append(',');
            }
            next = value(tensor, axis + 1, next);
        }
        json.append(']');
        return next;
    }

    private void number(Tensor.Numeric tensor, long index) {
        MemorySegment data = tensor.data();
        long at = index * tensor.type().bytes();
        switch (tensor.type()) {
            case FP32 -> json.append(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
            case FP64 -> json.append(data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at));
            case FP16 -> json.append(Float.float16ToFloat(bits16(data, at)));
            case BF16 -> json.append(HalfFloats.fromBfloat16(bits16(data, at)));
            case INT64 -> json.append(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
            case UINT64 -> unsigned(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
            case INT32 -> json.append(data.get(ValueLayout.JAVA_INT_UNALIGNED, at));
            case UINT32 ->
                    json.append(
                            Integer.toUnsignedLong(data.get(ValueLayout.JAVA_INT_UNALIGNED, at)));
            case INT16 -> json.append((int) bits16(data, at));
            case UINT16 -> json.append(Short.toUnsignedInt(bits16(data, at)));
            case INT8 -> json.append((int) data.get(ValueLayout.JAVA_BYTE, at));
            case UINT8 -> json.append(Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at)));
            case BOOL -> json.append(data.get(ValueLayout.JAVA_BYTE, at) != 0);
            case BYTES -> json.append("null"); // cannot be: such tensors are not numeric
        }
    }

    private static short bits16(MemorySegment data, long at) {
        return data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
    }

    private void unsigned(long value) {
        if (value >= 0) {
            json.append(value);
        } else {
            json.append(Long.toUnsignedString(value));
        }
    }
}
