package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Encodes one item of a model's answer. Made once for a declaration and a model's output; not safe
 * for several threads.
 */
public final class PayloadEncoder {

    private static final int KEPT_CAPACITY = 1 << 20;

    private final EncodeSpec spec;
    private final EchoedFields echo;
    private StringBuilder text = new StringBuilder(256);

    private PayloadEncoder(EncodeSpec spec, EchoedFields echo) {
        this.spec = spec;
        this.echo = echo;
    }

    /**
     * The encoder for a model's output whose first axis counts items.
     *
     * @param input how the payloads are written that fields are copied from
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED} when such an answer can
     *     never be written as declared
     */
    public static PayloadEncoder of(EncodeSpec spec, DecodeSpec.Format input, TensorSpec output) {
        if (output.type() == DataType.BYTES) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the model's output '%s' is text, and only numbers are encoded"
                            .formatted(output.name()));
        }
        if (output.shape().rank() == 0) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the model's output '%s' has no first axis that counts items"
                            .formatted(output.name()));
        }
        checkLabels(spec, output.shape());
        checkEcho(spec, input);
        return new PayloadEncoder(spec, new EchoedFields(spec.echo(), input));
    }

    private static void checkLabels(EncodeSpec spec, Shape shape) {
        long elements = 1;
        for (int axis = 1; axis < shape.rank(); axis++) {
            if (shape.extent(axis) == Shape.ANY) {
                return;
            }
            elements *= shape.extent(axis);
        }
        if (!spec.labels().isEmpty() && spec.labels().size() != elements) {
            throw wrongLabels(spec, elements);
        }
    }

    private static MillraceException wrongLabels(EncodeSpec spec, long elements) {
        return MillraceException.invalid(
                "encode names %d labels, but the model answers %d numbers for an item"
                        .formatted(spec.labels().size(), elements));
    }

    private static void checkEcho(EncodeSpec spec, DecodeSpec.Format input) {
        if (!spec.echo().isEmpty()
                && (spec.format() == EncodeSpec.Format.RAW || input == DecodeSpec.Format.RAW)) {
            throw MillraceException.invalid("echo needs fields, and raw payloads have none");
        }
    }

    /**
     * Encodes one item.
     *
     * @param payload from which the item was decoded
     * @param output the model's answer for a whole batch
     * @param item its place in the batch, from 0
     * @return an array of its own
     * @throws MillraceException {@code USER_CODE} when the model answered what cannot be written
     */
    public byte[] encode(byte[] payload, Tensor.Numeric output, int item) {
        Shape shape = output.shape();
        int elements = Math.toIntExact(shape.elementsPerItem());
        int first = Math.multiplyExact(item, elements);
        if (spec.format() == EncodeSpec.Format.RAW) {
            int bytes = output.type().bytes();
            return output.data()
                    .asSlice((long) first * bytes, (long) elements * bytes)
                    .toArray(ValueLayout.JAVA_BYTE);
        }
        if (!spec.labels().isEmpty() && spec.labels().size() != elements) {
            throw wrongLabels(spec, elements);
        }
        text.setLength(0);
        text.append('{');
        echo.append(payload, text);
        if (spec.top() == 0) {
            text.append("\"predictions\":");
            appendNested(output, 1, first);
        } else if (spec.top() == 1) {
            appendRanked(output, first, largest(output, first, elements, -1));
        } else {
            appendTop(output, first, elements);
        }
        text.append('}');
        byte[] encoded = text.toString().getBytes(StandardCharsets.UTF_8);
        if (text.capacity() > KEPT_CAPACITY) {
            text = new StringBuilder(256);
        }
        return encoded;
    }

    /** Appends the elements below an axis; returns the place behind them. */
    private int appendNested(Tensor.Numeric output, int axis, int from) {
        Shape shape = output.shape();
        if (axis == shape.rank()) {
            // A single number of an item without further axes still comes as a list.
            boolean isAlone = axis == 1;
            text.append(isAlone ? "[" : "");
            appendNumber(output, from);
            text.append(isAlone ? "]" : "");
            return from + 1;
        }
        text.append('[');
        int next = from;
        for (long i = 0; i < shape.extent(axis); i++) {
            text.append(i == 0 ? "" : ",");
            next = appendNested(output, axis + 1, next);
        }
        text.append(']');
        return next;
    }

    private void appendTop(Tensor.Numeric output, int first, int elements) {
        text.append("\"top\":[");
        int count = Math.min(spec.top(), elements);
        int previous = -1;
        for (int i = 0; i < count; i++) {
            previous = largest(output, first, elements, previous);
            text.append(i == 0 ? "{" : ",{");
            appendRanked(output, first, previous);
            text.append('}');
        }
        text.append(']');
    }

    /** The element that comes next after another one in falling order; -1 for the first. */
    private int largest(Tensor.Numeric output, int first, int elements, int after) {
        double limit = after < 0 ? 0 : finite(output, first + after);
        int best = -1;
        double bestValue = 0;
        for (int i = 0; i < elements; i++) {
            double value = finite(output, first + i);
            boolean isLeft = after < 0 || value < limit || (value == limit && i > after);
            if (isLeft && (best < 0 || value > bestValue)) {
                best = i;
                bestValue = value;
            }
        }
        if (best < 0) {
            throw new MillraceException(
                    ErrorCode.USER_CODE, "the model answered no number for the item");
        }
        return best;
    }

    private void appendRanked(Tensor.Numeric output, int first, int index) {
        if (!spec.labels().isEmpty()) {
            text.append("\"label\":");
            JsonText.append(text, spec.labels().get(index));
            text.append(',');
        }
        text.append("\"index\":").append(index).append(",\"confidence\":");
        appendNumber(output, first + index);
    }

    private static double finite(Tensor.Numeric output, int index) {
        double value = value(output, index);
        if (!Double.isFinite(value)) {
            throw new MillraceException(
                    ErrorCode.USER_CODE,
                    "the model answered " + value + ", which is neither ranked nor JSON");
        }
        return value;
    }

    private void appendNumber(Tensor.Numeric output, int index) {
        MemorySegment data = output.data();
        switch (output.type()) {
            case FP32, FP16, BF16 -> text.append((float) finite(output, index));
            case FP64 -> text.append(finite(output, index));
            case BOOL -> text.append(data.get(ValueLayout.JAVA_BYTE, index) != 0);
            case INT64 -> text.append(data.get(INT64, index * 8L));
            case UINT64 -> text.append(Long.toUnsignedString(data.get(INT64, index * 8L)));
            case UINT8, UINT16, UINT32, INT8, INT16, INT32 ->
                    text.append((long) value(output, index));
            case BYTES -> throw MillraceException.internal("text has no flat memory", null);
        }
    }

    private static final ValueLayout.OfShort INT16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

    private static double value(Tensor.Numeric tensor, int index) {
        MemorySegment data = tensor.data();
        return switch (tensor.type()) {
            case BOOL, UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case UINT16 -> data.get(INT16, index * 2L) & 0xffff;
            case INT16 -> data.get(INT16, index * 2L);
            case UINT32 -> data.get(INT32, index * 4L) & 0xffff_ffffL;
            case INT32 -> data.get(INT32, index * 4L);
            case UINT64 -> ElementWriter.unsignedToDouble(data.get(INT64, index * 8L));
            case INT64 -> data.get(INT64, index * 8L);
            case FP16 -> Float.float16ToFloat(data.get(INT16, index * 2L));
            case BF16 -> Float.intBitsToFloat(data.get(INT16, index * 2L) << 16);
            case FP32 -> Float.intBitsToFloat(data.get(INT32, index * 4L));
            case FP64 -> Double.longBitsToDouble(data.get(INT64, index * 8L));
            case BYTES -> throw MillraceException.internal("text has no flat memory", null);
        };
    }
}
