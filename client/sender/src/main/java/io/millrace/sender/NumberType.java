package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The types of numbers in samples, with the names that the protocol uses. */
public enum NumberType {
    BOOL(1, "boolean"),
    INT8(1, "int"),
    INT16(2, "int"),
    INT32(4, "int"),
    INT64(8, "long"),
    UINT8(1, "int"),
    UINT16(2, "int"),
    UINT32(4, "long"),
    UINT64(8, ""),
    FLOAT16(2, "float"),
    FLOAT32(4, "float"),
    FLOAT64(8, "double");

    private final int bytes;
    private final String avro;

    NumberType(int bytes, String avro) {
        this.bytes = bytes;
        this.avro = avro;
    }

    /** As in {@code data_type}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** How many bytes a number takes. */
    public int bytes() {
        return bytes;
    }

    /** The Avro type that holds all its numbers; empty when there is none. */
    Optional<String> avro() {
        return Optional.of(avro).filter(name -> !name.isEmpty());
    }

    /**
     * Finds a type by its label.
     *
     * @throws MillraceException {@code INVALID} when there is none
     */
    public static NumberType find(String label) {
        return Arrays.stream(values())
                .filter(type -> type.label().equals(label))
                .findFirst()
                .orElseThrow(() ->
                        MillraceException.invalid(
                                "\"%s\" is no type of numbers: expected one of %s"
                                        .formatted(
                                                label,
                                                String.join(
                                                        ", ",
                                                        Arrays.stream(values())
                                                                .map(NumberType::label)
                                                                .toList()))));
    }

    /** Reads the next number; those beyond 2^53 lose digits. */
    double read(ByteBuffer from) {
        return switch (this) {
            case BOOL, UINT8 -> Byte.toUnsignedInt(from.get());
            case INT8 -> from.get();
            case INT16 -> from.getShort();
            case UINT16 -> Short.toUnsignedInt(from.getShort());
            case INT32 -> from.getInt();
            case UINT32 -> Integer.toUnsignedLong(from.getInt());
            case INT64, UINT64 -> from.getLong();
            case FLOAT16 -> Float.float16ToFloat(from.getShort());
            case FLOAT32 -> from.getFloat();
            case FLOAT64 -> from.getDouble();
        };
    }

    /**
     * Writes a number.
     *
     * @throws MillraceException {@code INVALID} when the type does not hold it
     */
    void write(ByteBuffer to, double number) {
        switch (this) {
            case BOOL -> to.put((byte) whole(number, 0, 1));
            case INT8 -> to.put((byte) whole(number, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> to.put((byte) whole(number, 0, 0xff));
            case INT16 -> to.putShort((short) whole(number, Short.MIN_VALUE, Short.MAX_VALUE));
            case UINT16 -> to.putShort((short) whole(number, 0, 0xffff));
            case INT32 -> to.putInt((int) whole(number, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case UINT32 -> to.putInt((int) whole(number, 0, 0xffff_ffffL));
            case INT64 -> to.putLong(whole(number, Long.MIN_VALUE, Long.MAX_VALUE));
            case UINT64 -> to.putLong(whole(number, 0, Long.MAX_VALUE));
            case FLOAT16 -> to.putShort(Float.floatToFloat16((float) number));
            case FLOAT32 -> to.putFloat((float) number);
            case FLOAT64 -> to.putDouble(number);
        }
    }

    private long whole(double number, long least, long most) {
        if (number != Math.rint(number) || number < least || number > most) {
            throw MillraceException.invalid(
                    "%s is no %s: expected a whole number from %d to %d"
                            .formatted(number, label(), least, most));
        }
        return (long) number;
    }
}
