package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a flatbuffer that may lie: every offset is checked before it is followed, and the number of
 * things looked at is bounded by the size of the file, since many offsets may lead to one place.
 */
final class Flatbuffer {

    private static final int OFFSET_BYTES = 4;
    private static final int SMALL_BUDGET = 1000;

    private static final int IDENTIFIER_AT = 4;
    private static final int IDENTIFIER_BYTES = 4;
    private static final int MIN_BYTES = 12;
    private static final int VTABLE_HEADER = 4;
    private static final int SLOT_BYTES = 2;
    private static final int MAX_NAME = 1000;

    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment data;
    private final long size;
    private long budget;

    Flatbuffer(MemorySegment data) {
        this.data = data;
        this.size = data.byteSize();
        this.budget = SMALL_BUDGET + 2 * size;
    }

    long size() {
        return size;
    }

    /** The outermost table of a file that carries the identifier. */
    Table root(String identifier) {
        if (size < MIN_BYTES) {
            throw damaged("it has only " + size + " bytes");
        }
        byte[] found = data.asSlice(IDENTIFIER_AT, IDENTIFIER_BYTES).toArray(ValueLayout.JAVA_BYTE);
        if (!identifier.equals(new String(found, StandardCharsets.ISO_8859_1))) {
            throw MillraceException.invalid(
                    "not a TensorFlow Lite model: expected the identifier "
                            + identifier
                            + " at byte 4");
        }
        return new Table(follow(0));
    }

    static MillraceException damaged(String how) {
        return MillraceException.invalid("the .tflite file is damaged: " + how);
    }

    /**
     * Looks through strings as {@link StringTensors} describes them.
     *
     * @param count how many there must be
     */
    void checkStrings(long at, long bytes, long count, String where) {
        require(at, bytes);
        long header = Integer.BYTES * (count + 2);
        if (bytes < header || data.get(INT, at) != count) {
            throw damaged(where + " does not hold " + count + " strings");
        }
        spend(count);
        long from = header;
        for (long i = 1; i <= count + 1; i++) {
            long next = data.get(INT, at + Integer.BYTES * i);
            if (next < from || next > bytes) {
                throw damaged(where + " has a string outside it");
            }
            from = next;
        }
    }

    /** To be called once for each thing looked at. */
    private void spend(long steps) {
        budget -= steps;
        if (budget < 0) {
            throw damaged("its parts overlap");
        }
    }

    private void require(long at, long bytes) {
        if (at < 0 || bytes < 0 || at > size - bytes) {
            throw damaged("byte " + at + " is beyond its end at " + size);
        }
    }

    private long follow(long at) {
        require(at, OFFSET_BYTES);
        long offset = Integer.toUnsignedLong(data.get(INT, at));
        if (offset == 0) {
            throw damaged("an offset at byte " + at + " leads nowhere");
        }
        return at + offset;
    }

    /** A run of elements in the file. */
    final class Vector {

        private final long at;
        private final int length;
        private final int elementBytes;

        private Vector(long at, int length, int elementBytes) {
            this.at = at;
            this.length = length;
            this.elementBytes = elementBytes;
        }

        /** Where it begins in the file. */
        long at() {
            return at;
        }

        int length() {
            return length;
        }

        int int32(int index) {
            return data.get(INT, position(index));
        }

        Table table(int index) {
            return new Table(follow(position(index)));
        }

        int[] toInts() {
            spend(length);
            var values = new int[length];
            for (int i = 0; i < length; i++) {
                values[i] = int32(i);
            }
            return values;
        }

        private long position(int index) {
            return at + (long) index * elementBytes;
        }
    }

    /** A record whose fields may be absent. */
    final class Table {

        private final long at;
        private final long vtable;
        private final int vtableBytes;
        private final int tableBytes;

        private Table(long at) {
            spend(1);
            require(at, OFFSET_BYTES);
            this.at = at;
            this.vtable = at - data.get(INT, at);
            require(vtable, VTABLE_HEADER);
            this.vtableBytes = uint16(vtable);
            this.tableBytes = uint16(vtable + SLOT_BYTES);
            if (vtableBytes < VTABLE_HEADER || vtableBytes % SLOT_BYTES != 0) {
                throw damaged("a table at byte " + at + " has no fields");
            }
            require(vtable, vtableBytes);
            require(at, tableBytes);
        }

        int int32(int slot, int otherwise) {
            long field = field(slot, Integer.BYTES);
            return field == 0 ? otherwise : data.get(INT, field);
        }

        long int64(int slot) {
            long field = field(slot, Long.BYTES);
            return field == 0 ? 0 : data.get(LONG, field);
        }

        int int8(int slot) {
            long field = field(slot, Byte.BYTES);
            return field == 0 ? 0 : data.get(ValueLayout.JAVA_BYTE, field);
        }

        int uint8(int slot) {
            return Byte.toUnsignedInt((byte) int8(slot));
        }

        boolean bool(int slot) {
            return int8(slot) != 0;
        }

        /** Absent as null. */
        @Nullable Table table(int slot) {
            long field = field(slot, OFFSET_BYTES);
            return field == 0 ? null : new Table(follow(field));
        }

        boolean has(int slot) {
            return field(slot, OFFSET_BYTES) != 0;
        }

        /** Absent as empty. */
        Vector vector(int slot, int elementBytes) {
            long field = field(slot, OFFSET_BYTES);
            if (field == 0) {
                return new Vector(0, 0, elementBytes);
            }
            spend(1);
            long start = follow(field);
            require(start, OFFSET_BYTES);
            long length = Integer.toUnsignedLong(data.get(INT, start));
            require(start + OFFSET_BYTES, length * elementBytes);
            return new Vector(start + OFFSET_BYTES, (int) length, elementBytes);
        }

        /** Offsets to tables. */
        Vector tables(int slot) {
            return vector(slot, OFFSET_BYTES);
        }

        /** Absent as empty; refused when too long, or when it could not be given back as it is. */
        String string(int slot) {
            Vector bytes = vector(slot, 1);
            if (bytes.length > MAX_NAME) {
                throw damaged("a name has " + bytes.length + " bytes");
            }
            spend(bytes.length);
            byte[] encoded = data.asSlice(bytes.at, bytes.length).toArray(ValueLayout.JAVA_BYTE);
            var text = new String(encoded, StandardCharsets.UTF_8);
            if (text.indexOf(0) >= 0
                    || !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), encoded)) {
                throw damaged("the name at byte " + bytes.at + " is not text");
            }
            return text;
        }

        /** Where a field is, 0 when it is absent. */
        private long field(int slot, int bytes) {
            int entry = VTABLE_HEADER + SLOT_BYTES * slot;
            if (entry + SLOT_BYTES > vtableBytes) {
                return 0;
            }
            int offset = uint16(vtable + entry);
            if (offset == 0) {
                return 0;
            }
            if (offset < OFFSET_BYTES || offset + bytes > tableBytes) {
                throw damaged("a field of the table at byte " + at + " lies outside it");
            }
            return at + offset;
        }

        private int uint16(long position) {
            return Short.toUnsignedInt(data.get(SHORT, position));
        }
    }
}
