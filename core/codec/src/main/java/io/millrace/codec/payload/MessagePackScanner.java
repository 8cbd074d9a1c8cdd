package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A place in a MessagePack payload. Nothing is believed that the payload does not hold: a claimed
 * length is compared with the bytes that are there before it is used.
 *
 * <p>Hot path: called for each element.
 */
final class MessagePackScanner {

    private static final VarHandle INT16 = view(short[].class);
    private static final VarHandle INT32 = view(int[].class);
    private static final VarHandle INT64 = view(long[].class);
    private static final VarHandle FP32 = view(float[].class);
    private static final VarHandle FP64 = view(double[].class);

    private byte[] data = new byte[0];
    private int position;

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
    }

    void start(byte[] payload) {
        data = payload;
        position = 0;
    }

    int position() {
        return position;
    }

    void position(int place) {
        position = place;
    }

    byte[] data() {
        return data;
    }

    boolean isAtEnd() {
        return position == data.length;
    }

    /** The first byte of the next value, which says what it is. */
    int next() {
        return data[advance(1)] & 0xff;
    }

    int uint8() {
        return data[advance(1)] & 0xff;
    }

    int int8() {
        return data[advance(1)];
    }

    int uint16() {
        return (short) INT16.get(data, advance(2)) & 0xffff;
    }

    int int16() {
        return (short) INT16.get(data, advance(2));
    }

    long uint32() {
        return (int) INT32.get(data, advance(4)) & 0xffff_ffffL;
    }

    int int32() {
        return (int) INT32.get(data, advance(4));
    }

    long int64() {
        return (long) INT64.get(data, advance(8));
    }

    float float32() {
        return (float) FP32.get(data, advance(4));
    }

    double float64() {
        return (double) FP64.get(data, advance(8));
    }

    /** Goes on by so many bytes; returns the place where they start. */
    int advance(long bytes) {
        int start = position;
        if (bytes > data.length - start) {
            throw MillraceException.invalid(
                    "MessagePack ends too early: the value at byte %d takes %d more bytes, there are %d"
                            .formatted(start, bytes, data.length - start));
        }
        position = start + (int) bytes;
        return start;
    }

    /** The number of elements when the value is an array, else -1; the scanner is behind it. */
    long arrayLength(int code) {
        if ((code & 0xf0) == 0x90) {
            return code & 0x0f;
        }
        return switch (code) {
            case 0xdc -> uint16();
            case 0xdd -> uint32();
            default -> -1;
        };
    }

    /** The number of entries when the value is a map, else -1; the scanner is behind it. */
    long mapLength(int code) {
        if ((code & 0xf0) == 0x80) {
            return code & 0x0f;
        }
        return switch (code) {
            case 0xde -> uint16();
            case 0xdf -> uint32();
            default -> -1;
        };
    }

    /** The number of bytes when the value is text, else -1; the scanner is behind it. */
    long textLength(int code) {
        if ((code & 0xe0) == 0xa0) {
            return code & 0x1f;
        }
        return switch (code) {
            case 0xd9 -> uint8();
            case 0xda -> uint16();
            case 0xdb -> uint32();
            default -> -1;
        };
    }

    /** Whether the next bytes are these; goes behind the given length in any case. */
    boolean matches(byte[] expected, long length) {
        int start = advance(length);
        return java.util.Arrays.equals(
                data, start, start + (int) length, expected, 0, expected.length);
    }

    /** Goes behind the next value, however deeply it nests, without recursion. */
    void skip() {
        long pending = 1;
        while (pending > 0) {
            if (pending > data.length - position) {
                // Each value takes a byte or more: what is claimed cannot be there.
                advance(pending);
            }
            pending += skipOne() - 1;
        }
    }

    /** Goes behind one value without its children; returns how many children follow. */
    private long skipOne() {
        int code = next();
        if (code < 0x80 || code >= 0xe0) {
            return 0;
        }
        long array = arrayLength(code);
        if (array >= 0) {
            return array;
        }
        long map = mapLength(code);
        if (map >= 0) {
            return 2 * map;
        }
        long text = textLength(code);
        if (text >= 0) {
            advance(text);
            return 0;
        }
        advance(bodyLength(code));
        return 0;
    }

    private long bodyLength(int code) {
        return switch (code) {
            case 0xc0, 0xc2, 0xc3 -> 0;
            case 0xc4 -> uint8();
            case 0xc5 -> uint16();
            case 0xc6 -> uint32();
            case 0xc7 -> uint8() + 1L;
            case 0xc8 -> uint16() + 1L;
            case 0xc9 -> uint32() + 1L;
            case 0xcc, 0xd0 -> 1;
            case 0xcd, 0xd1 -> 2;
            case 0xca, 0xce, 0xd2 -> 4;
            case 0xcb, 0xcf, 0xd3 -> 8;
            case 0xd4 -> 2;
            case 0xd5 -> 3;
            case 0xd6 -> 5;
            case 0xd7 -> 9;
            case 0xd8 -> 17;
            default ->
                    throw MillraceException.invalid(
                            "byte %d is 0x%02x, which MessagePack does not use"
                                    .formatted(position - 1, code));
        };
    }

    /** What a value is, for messages. */
    static String kind(int code) {
        if (code < 0x80 || code >= 0xe0 || (code >= 0xca && code <= 0xd3)) {
            return "a number";
        }
        if (code < 0x90 || code == 0xde || code == 0xdf) {
            return "a map";
        }
        if (code < 0xa0 || code == 0xdc || code == 0xdd) {
            return "an array";
        }
        if (code < 0xc0 || (code >= 0xd9 && code <= 0xdb)) {
            return "text";
        }
        return switch (code) {
            case 0xc0 -> "nothing (nil)";
            case 0xc1 -> "no MessagePack";
            case 0xc2, 0xc3 -> "a boolean";
            case 0xc4, 0xc5, 0xc6 -> "binary data";
            default -> "an extension type";
        };
    }
}
