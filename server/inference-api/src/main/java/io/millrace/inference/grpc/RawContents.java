package io.millrace.inference.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Tensors as plain bytes: little-endian, row-major, without gaps; each byte string after its length
 * in four bytes. Hot: numbers are not copied on their way in.
 */
final class RawContents {

    private static final int LENGTH_BYTES = 4;

    private RawContents() {}

    static Tensor read(String name, DataType type, Shape shape, long elements, ByteString raw) {
        if (type == DataType.BYTES) {
            return new Tensor.Bytes(shape, strings(name, shape, elements, raw));
        }
        // Not a product: 2^61 elements of 8 bytes would wrap around to 0.
        if (raw.size() % type.bytes() != 0 || raw.size() / type.bytes() != elements) {
            throw MillraceException.invalid(
                    "input '%s': %s%s takes %d elements of %d bytes, received %d bytes"
                            .formatted(
                                    name,
                                    type.protocolName(),
                                    shape,
                                    elements,
                                    type.bytes(),
                                    raw.size()));
        }
        if (type == DataType.BOOL) {
            checkBooleans(name, raw);
        }
        return new Tensor.Numeric(type, shape, MemorySegment.ofBuffer(raw.asReadOnlyByteBuffer()));
    }

    /** Engines take the bytes as they are, and what they make of others is anybody's guess. */
    private static void checkBooleans(String name, ByteString raw) {
        for (int i = 0; i < raw.size(); i++) {
            if ((raw.byteAt(i) & ~1) != 0) {
                throw MillraceException.invalid(
                        "input '%s': a BOOL is the byte 0 or 1, received %d"
                                .formatted(name, raw.byteAt(i) & 0xff));
            }
        }
    }

    private static List<byte[]> strings(String name, Shape shape, long elements, ByteString raw) {
        if (elements > raw.size() / LENGTH_BYTES) {
            throw MillraceException.invalid(
                    "input '%s': BYTES%s takes %d lengths of 4 bytes and the strings, received %d bytes"
                            .formatted(name, shape, elements, raw.size()));
        }
        ByteBuffer in = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        byte[][] values = new byte[(int) elements][];
        for (int i = 0; i < values.length; i++) {
            if (in.remaining() < LENGTH_BYTES) {
                throw truncated(name, i, "a length of 4 bytes", in.remaining());
            }
            long length = Integer.toUnsignedLong(in.getInt());
            if (length > in.remaining()) {
                throw truncated(name, i, length + " bytes", in.remaining());
            }
            values[i] = new byte[(int) length];
            in.get(values[i]);
        }
        if (in.hasRemaining()) {
            throw MillraceException.invalid(
                    "input '%s': %d bytes are left over after %d strings"
                            .formatted(name, in.remaining(), elements));
        }
        return Arrays.asList(values);
    }

    private static MillraceException truncated(
            String name, int index, String expected, int remaining) {
        return MillraceException.invalid(
                "input '%s': string %d takes %s, %d bytes remain"
                        .formatted(name, index, expected, remaining));
    }

    static ByteString write(Tensor tensor) {
        return switch (tensor) {
            case Tensor.Numeric numeric -> bytes(numeric.data());
            case Tensor.Bytes bytes -> strings(bytes.values());
        };
    }

    private static ByteString bytes(MemorySegment data) {
        return data.heapBase().orElse(null) instanceof byte[] array
                ? UnsafeByteOperations.unsafeWrap(
                        array, Math.toIntExact(data.address()), Math.toIntExact(data.byteSize()))
                : UnsafeByteOperations.unsafeWrap(data.toArray(ValueLayout.JAVA_BYTE));
    }

    private static ByteString strings(List<byte[]> values) {
        int size = 0;
        for (byte[] value : values) {
            size = Math.addExact(size, LENGTH_BYTES + value.length);
        }
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] value : values) {
            out.putInt(value.length).put(value);
        }
        return UnsafeByteOperations.unsafeWrap(out.array());
    }
}
