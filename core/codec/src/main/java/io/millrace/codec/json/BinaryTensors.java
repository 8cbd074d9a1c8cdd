package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tensors as they follow the JSON: little-endian, row-major, without gaps; byte strings each behind
 * their length in four bytes.
 */
final class BinaryTensors {

    private static final ValueLayout.OfInt LENGTH =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private BinaryTensors() {}

    /** Gives each binary input its part of the body from an offset on; all of it must be used. */
    static void read(byte[] body, int from, List<ReceivedInput> inputs) {
        MemorySegment all = MemorySegment.ofArray(body);
        long at = from;
        for (ReceivedInput input : inputs) {
            if (!input.isBinary()) {
                continue;
            }
            if (input.hasData()) {
                throw MillraceException.invalid(
                        input.label() + " has both 'data' and binary_data_size");
            }
            long size = input.binarySize();
            if (size > body.length - at) {
                throw MillraceException.invalid(
                        "%s: binary_data_size is %d, but only %d bytes are left after the JSON%s"
                                .formatted(
                                        input.label(),
                                        size,
                                        body.length - at,
                                        from == body.length
                                                ? "; is the header Inference-Header-Content-Length missing?"
                                                : ""));
            }
            input.tensor(read(input, all.asSlice(at, size)));
            at += size;
        }
        if (at != body.length) {
            throw MillraceException.invalid(
                    "%d bytes follow the JSON, but the inputs' binary_data_size add up to %d"
                            .formatted(body.length - from, at - from));
        }
    }

    private static Tensor read(ReceivedInput input, MemorySegment data) {
        if (input.type() == DataType.BYTES) {
            return new Tensor.Bytes(input.shape(), strings(input, data));
        }
        long elements = input.elements();
        int width = input.type().bytes();
        if (elements > data.byteSize() / width || elements * width != data.byteSize()) {
            throw MillraceException.invalid(
                    "%s: %s of shape %s takes %s bytes, got %d"
                            .formatted(
                                    input.label(),
                                    input.type().protocolName(),
                                    input.shape(),
                                    elements > Long.MAX_VALUE / width
                                            ? "too many"
                                            : Long.toString(elements * width),
                                    data.byteSize()));
        }
        if (input.type() == DataType.BOOL) {
            checkBooleans(input, data);
        }
        return new Tensor.Numeric(input.type(), input.shape(), data);
    }

    private static void checkBooleans(ReceivedInput input, MemorySegment data) {
        for (long i = 0; i < data.byteSize(); i++) {
            byte value = data.get(ValueLayout.JAVA_BYTE, i);
            if (value != 0 && value != 1) {
                throw MillraceException.invalid(
                        "%s: a BOOL is the byte 0 or 1, got %d"
                                .formatted(input.label(), Byte.toUnsignedInt(value)));
            }
        }
    }

    private static List<byte[]> strings(ReceivedInput input, MemorySegment data) {
        long expected = input.elements();
        var values = new ArrayList<byte[]>((int) Math.min(expected, data.byteSize() / 4));
        long at = 0;
        while (at < data.byteSize()) {
            long left = data.byteSize() - at - LENGTH.byteSize();
            long length = left < 0 ? 0 : Integer.toUnsignedLong(data.get(LENGTH, at));
            if (length > left) {
                throw MillraceException.invalid(
                        "%s: byte string %d ends behind its binary data"
                                .formatted(input.label(), values.size()));
            }
            at += LENGTH.byteSize();
            values.add(data.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE));
            at += length;
        }
        if (values.size() != expected) {
            throw MillraceException.invalid(
                    "%s: expected %d elements for shape %s, got %d"
                            .formatted(input.label(), expected, input.shape(), values.size()));
        }
        return values;
    }

    /** How many bytes a tensor takes. */
    static long size(Tensor tensor) {
        return switch (tensor) {
            case Tensor.Numeric numeric -> numeric.data().byteSize();
            case Tensor.Bytes bytes -> {
                long size = 0;
                for (byte[] value : bytes.values()) {
                    size += LENGTH.byteSize() + value.length;
                }
                yield size;
            }
        };
    }

    /** The JSON with tensors behind it. */
    static byte[] append(byte[] json, List<Tensor> tensors) {
        long total = json.length;
        for (Tensor tensor : tensors) {
            total += size(tensor);
        }
        if (total > Integer.MAX_VALUE - 8) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.TOO_LARGE,
                    "the answer takes " + total + " bytes, more than one body can hold");
        }
        byte[] body = Arrays.copyOf(json, (int) total);
        MemorySegment target = MemorySegment.ofArray(body);
        long at = json.length;
        for (Tensor tensor : tensors) {
            at = write(tensor, target, at);
        }
        return body;
    }

    private static long write(Tensor tensor, MemorySegment target, long from) {
        long at = from;
        switch (tensor) {
            case Tensor.Numeric numeric -> {
                MemorySegment data = numeric.data();
                MemorySegment.copy(data, 0, target, at, data.byteSize());
                at += data.byteSize();
            }
            case Tensor.Bytes bytes -> {
                for (byte[] value : bytes.values()) {
                    target.set(LENGTH, at, value.length);
                    at += LENGTH.byteSize();
                    MemorySegment.copy(value, 0, target, ValueLayout.JAVA_BYTE, at, value.length);
                    at += value.length;
                }
            }
        }
        return at;
    }
}
