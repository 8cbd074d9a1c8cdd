package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** ONNX's element types, numbered as in {@code TensorProto.DataType}, and ours. */
final class ElementTypes {

    /** The number of strings. */
    static final int STRING = 8;

    private static final String[] NAMES = {
        "undefined",
        "float32",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "float64",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
        "float8e4m3fn",
        "float8e4m3fnuz",
        "float8e5m2",
        "float8e5m2fnuz",
        "uint4",
        "int4",
        "float4e2m1"
    };

    private ElementTypes() {}

    /** Empty for types that no caller can send, such as complex numbers. */
    static Optional<DataType> fromOnnx(int type) {
        return switch (type) {
            case 1 -> Optional.of(DataType.FP32);
            case 2 -> Optional.of(DataType.UINT8);
            case 3 -> Optional.of(DataType.INT8);
            case 4 -> Optional.of(DataType.UINT16);
            case 5 -> Optional.of(DataType.INT16);
            case 6 -> Optional.of(DataType.INT32);
            case 7 -> Optional.of(DataType.INT64);
            case STRING -> Optional.of(DataType.BYTES);
            case 9 -> Optional.of(DataType.BOOL);
            case 10 -> Optional.of(DataType.FP16);
            case 11 -> Optional.of(DataType.FP64);
            case 12 -> Optional.of(DataType.UINT32);
            case 13 -> Optional.of(DataType.UINT64);
            case 16 -> Optional.of(DataType.BF16);
            default -> Optional.empty();
        };
    }

    /** ONNX's number of a type. */
    static int toOnnx(DataType type) {
        return switch (type) {
            case FP32 -> 1;
            case UINT8 -> 2;
            case INT8 -> 3;
            case UINT16 -> 4;
            case INT16 -> 5;
            case INT32 -> 6;
            case INT64 -> 7;
            case BYTES -> STRING;
            case BOOL -> 9;
            case FP16 -> 10;
            case FP64 -> 11;
            case UINT32 -> 12;
            case UINT64 -> 13;
            case BF16 -> 16;
        };
    }

    /** The name that people know a type by. */
    static String name(int type) {
        return type >= 0 && type < NAMES.length ? NAMES[type] : "type " + type;
    }

    /** How many bits an element takes; 0 when there is no saying. */
    static int bits(int type) {
        return switch (type) {
            case 2, 3, 9, 17, 18, 19, 20 -> 8;
            case 4, 5, 10, 16 -> 16;
            case 1, 6, 12 -> 32;
            case 7, 11, 13, 14 -> 64;
            case 15 -> 128;
            case 21, 22, 23 -> 4;
            default -> 0;
        };
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
