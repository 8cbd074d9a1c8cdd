package io.millrace.api.tensor;

import java.util.Locale;
import java.util.Optional;

/** What a tensor's elements are; the names are those of the Open Inference Protocol. */
public enum DataType {
    BOOL("BOOL", 1, "bool"),
    UINT8("UINT8", 1, "uint8"),
    UINT16("UINT16", 2, "uint16"),
    UINT32("UINT32", 4, "uint32"),
    UINT64("UINT64", 8, "uint64"),
    INT8("INT8", 1, "int8"),
    INT16("INT16", 2, "int16"),
    INT32("INT32", 4, "int32"),
    INT64("INT64", 8, "int64"),
    FP16("FP16", 2, "float16"),
    BF16("BF16", 2, "bfloat16"),
    FP32("FP32", 4, "float32"),
    FP64("FP64", 8, "float64"),
    /** Byte strings of any length: such a tensor has no flat memory. */
    BYTES("BYTES", 0, "string");

    private final String protocolName;
    private final int bytes;
    private final String plainName;

    DataType(String protocolName, int bytes, String plainName) {
        this.protocolName = protocolName;
        this.bytes = bytes;
        this.plainName = plainName;
    }

    /** The name in the Open Inference Protocol, such as {@code FP32}. */
    public String protocolName() {
        return protocolName;
    }

    /** The name that users write, such as {@code float32}. */
    public String plainName() {
        return plainName;
    }

    /** Bytes of one element; 0 for {@link #BYTES}. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are numbers with a fraction. */
    public boolean isFloat() {
        return this == FP16 || this == BF16 || this == FP32 || this == FP64;
    }

    /** Finds a type by either name, in any letter case. */
    public static Optional<DataType> find(String text) {
        String wanted = text.toLowerCase(Locale.ROOT);
        for (DataType type : values()) {
            if (type.plainName.equals(wanted)
                    || type.protocolName.toLowerCase(Locale.ROOT).equals(wanted)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
