package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Reads one message of the protocol buffers' wire format, field by field.
 *
 * <pre>
 *   while (reader.next()) {
 *       switch (reader.field()) {
 *           case 1 -&gt; name = reader.text();
 *           default -&gt; reader.skip();
 *       }
 *   }
 * </pre>
 *
 * <p>Trusts no length: whatever the bytes are, it ends within the message or throws {@code
 * INVALID}. Every byte is looked at once, and nothing is allocated for what is skipped.
 */
final class WireReader {

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED_32 = 5;

    private static final int MAX_VARINT_BYTES = 10;
    private static final long MAX_TAG = 0xFFFF_FFFFL;

    /** As deep as protocol buffers go themselves. */
    private static final int MAX_DEPTH = 100;

    /** Longer names serve nobody, and none is kept in memory. */
    private static final int MAX_TEXT = 1 << 16;

    private final MemorySegment bytes;
    private final long limit;
    private final int depth;
    private long position;
    private int field;
    private int wireType;

    private WireReader(MemorySegment bytes, long position, long limit, int depth) {
        this.bytes = bytes;
        this.position = position;
        this.limit = limit;
        this.depth = depth;
    }

    /** A reader of a whole message. */
    static WireReader of(MemorySegment bytes) {
        return new WireReader(bytes, 0, bytes.byteSize(), 0);
    }

    /** Steps to the next field; false at the message's end. */
    boolean next() {
        if (position == limit) {
            return false;
        }
        long tag = varint();
        if (tag < 0 || tag > MAX_TAG || tag >>> 3 == 0) {
            throw damaged("no field can begin at byte " + position);
        }
        field = (int) (tag >>> 3);
        wireType = (int) (tag & 7);
        return true;
    }

    /** The number of the field. */
    int field() {
        return field;
    }

    /** Whether the field holds bytes: a text, a message or packed numbers. */
    boolean isBytes() {
        return wireType == LENGTH;
    }

    /** The field's value as a whole number. */
    long number() {
        expect(VARINT);
        return varint();
    }

    /** Reads an enum or {@code int32}: what is beyond 32 bits is dropped, as others do. */
    int smallNumber() {
        return (int) number();
    }

    /** The field's value as a message of its own. */
    WireReader message() {
        expect(LENGTH);
        if (depth == MAX_DEPTH) {
            throw damaged("messages are nested deeper than " + MAX_DEPTH);
        }
        long length = length();
        var inner = new WireReader(bytes, position, position + length, depth + 1);
        position += length;
        return inner;
    }

    /** Packed numbers follow each other to the end of the field. */
    boolean hasMore() {
        return position < limit;
    }

    /** The next of packed numbers. */
    long packedNumber() {
        return varint();
    }

    /** The field's value as text. */
    String text() {
        expect(LENGTH);
        long length = length();
        if (length > MAX_TEXT) {
            throw damaged("a name has " + length + " bytes");
        }
        byte[] text = bytes.asSlice(position, length).toArray(ValueLayout.JAVA_BYTE);
        position += length;
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Steps over the field's value. */
    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED_64 -> advance(Long.BYTES);
            case LENGTH -> advance(length());
            case FIXED_32 -> advance(Integer.BYTES);
            default -> throw damaged("field " + field + " has the unknown kind " + wireType);
        }
    }

    private void expect(int type) {
        if (wireType != type) {
            throw damaged(
                    "field %d before byte %d is of kind %d, expected %d"
                            .formatted(field, position, wireType, type));
        }
    }

    private long length() {
        long length = varint();
        if (length < 0 || length > limit - position) {
            throw damaged(
                    "field %d claims %s bytes at byte %d, and %d are left"
                            .formatted(
                                    field,
                                    Long.toUnsignedString(length),
                                    position,
                                    limit - position));
        }
        return length;
    }

    private void advance(long count) {
        if (count > limit - position) {
            throw damaged("it ends in the middle of a number at byte " + position);
        }
        position += count;
    }

    private long varint() {
        long value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            if (position == limit) {
                throw damaged("it ends in the middle of a number at byte " + position);
            }
            byte next = bytes.get(ValueLayout.JAVA_BYTE, position++);
            value |= (long) (next & 0x7F) << (7 * i);
            if (next >= 0) {
                return value;
            }
        }
        throw damaged("a number before byte " + position + " does not end");
    }

    private static MillraceException damaged(String how) {
        return MillraceException.invalid("the ONNX file is damaged or no ONNX file: " + how);
    }
}
