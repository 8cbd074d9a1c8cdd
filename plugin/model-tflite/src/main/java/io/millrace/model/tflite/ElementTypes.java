package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** The element types of the file format, those of the runtime, and ours. */
final class ElementTypes {

    /** {@code TensorType} of the file's schema, by number. */
    private static final List<String> NAMES =
            List.of(
                    "float32",
                    "float16",
                    "int32",
                    "uint8",
                    "int64",
                    "string",
                    "bool",
                    "int16",
                    "complex64",
                    "int8",
                    "float64",
                    "complex128",
                    "uint64",
                    "resource",
                    "variant",
                    "uint32",
                    "uint16",
                    "int4",
                    "bfloat16");

    /** Bytes of an element, by number; 0 where a tensor has no flat memory. */
    private static final int[] BYTES = {4, 2, 4, 1, 8, 0, 1, 2, 8, 1, 8, 16, 8, 0, 0, 4, 2, 0, 2};

    /** {@code TensorType.STRING}. */
    static final int STRING = 5;

    private ElementTypes() {}

    static boolean isKnown(int type) {
        return type >= 0 && type < NAMES.size();
    }

    static String name(int type) {
        return isKnown(type) ? NAMES.get(type) : "type " + type;
    }

    /** Bytes of an element in the file; 0 when that cannot be said. */
    static int bytes(int type) {
        return BYTES[type];
    }

    /** Empty for types that no caller can send. */
    static Optional<DataType> fromFile(int type) {
        return isKnown(type) ? DataType.find(NAMES.get(type)) : Optional.empty();
    }

    /** Whether a number of {@code TfLiteType} means this; it counts otherwise than the file. */
    static boolean isRuntimeType(int number, DataType type) {
        int expected =
                switch (type) {
                    case FP32 -> 1;
                    case INT32 -> 2;
                    case UINT8 -> 3;
                    case INT64 -> 4;
                    case BYTES -> 5;
                    case BOOL -> 6;
                    case INT16 -> 7;
                    case INT8 -> 9;
                    case FP16 -> 10;
                    case FP64 -> 11;
                    case UINT64 -> 13;
                    case UINT32 -> 16;
                    case UINT16 -> 17;
                    case BF16 -> 19;
                };
        return number == expected;
    }

    /** An array of the type's own elements, so that later reads are aligned. */
    static MemorySegment heapMemory(DataType type, int elements) {
        return switch (type) {
            case BOOL, UINT8, INT8 -> MemorySegment.ofArray(new byte[elements]);
            case UINT16, INT16, FP16, BF16 -> MemorySegment.ofArray(new short[elements]);
            case UINT32, INT32 -> MemorySegment.ofArray(new int[elements]);
            case UINT64, INT64 -> MemorySegment.ofArray(new long[elements]);
            case FP32 -> MemorySegment.ofArray(new float[elements]);
            case FP64 -> MemorySegment.ofArray(new double[elements]);
            case BYTES -> throw MillraceException.internal("strings have no flat memory", null);
        };
    }
}
