package io.millrace.model.tflite;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Strings as TensorFlow Lite lays them out: how many, where each begins, where the last ends, then
 * their bytes one after another; all numbers of 32 bits.
 */
final class StringTensors {

    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int MAX_BYTES = Integer.MAX_VALUE - 16;

    private StringTensors() {}

    static byte[] pack(List<byte[]> strings) {
        long header = Integer.BYTES * (strings.size() + 2L);
        long bytes = header;
        for (byte[] string : strings) {
            bytes += string.length;
        }
        if (bytes > MAX_BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "strings of " + bytes + " bytes are too long for one call");
        }
        var packed = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        packed.putInt(strings.size());
        int next = (int) header;
        for (byte[] string : strings) {
            packed.putInt(next);
            next += string.length;
        }
        packed.putInt(next);
        strings.forEach(packed::put);
        return packed.array();
    }

    static List<byte[]> unpack(MemorySegment memory, Shape shape) {
        long count = memory.byteSize() < Integer.BYTES ? 0 : memory.get(INT, 0);
        if (count != shape.elements()) {
            throw broken(count + " strings in a tensor of shape " + shape);
        }
        if (count * Integer.BYTES + 2L * Integer.BYTES > memory.byteSize() && count > 0) {
            throw broken("no room for " + count + " strings");
        }
        var strings = new ArrayList<byte[]>((int) count);
        for (long i = 0; i < count; i++) {
            long from = memory.get(INT, Integer.BYTES * (i + 1));
            long to = memory.get(INT, Integer.BYTES * (i + 2));
            if (from < 0 || to < from || to > memory.byteSize()) {
                throw broken("string " + i + " from " + from + " to " + to);
            }
            strings.add(memory.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE));
        }
        return strings;
    }

    private static MillraceException broken(String how) {
        return new MillraceException(
                ErrorCode.USER_CODE, "the model gives strings that cannot be read: " + how);
    }
}
