package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint16;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/** TensorFlow's element types and ours. */
final class ElementTypes {

    private ElementTypes() {}

    /** Empty for types that no caller can send, such as resources and complex numbers. */
    static Optional<DataType> fromTensorFlow(org.tensorflow.proto.DataType type) {
        return switch (type) {
            case DT_BOOL -> Optional.of(DataType.BOOL);
            case DT_UINT8 -> Optional.of(DataType.UINT8);
            case DT_UINT16 -> Optional.of(DataType.UINT16);
            case DT_INT32 -> Optional.of(DataType.INT32);
            case DT_INT64 -> Optional.of(DataType.INT64);
            case DT_HALF -> Optional.of(DataType.FP16);
            case DT_BFLOAT16 -> Optional.of(DataType.BF16);
            case DT_FLOAT -> Optional.of(DataType.FP32);
            case DT_DOUBLE -> Optional.of(DataType.FP64);
            case DT_STRING -> Optional.of(DataType.BYTES);
            default -> Optional.empty();
        };
    }

    /** The class that makes tensors of a type. */
    static Class<? extends TType> tensorClass(DataType type) {
        return switch (type) {
            case BOOL -> TBool.class;
            case UINT8 -> TUint8.class;
            case UINT16 -> TUint16.class;
            case INT32 -> TInt32.class;
            case INT64 -> TInt64.class;
            case FP16 -> TFloat16.class;
            case BF16 -> TBfloat16.class;
            case FP32 -> TFloat32.class;
            case FP64 -> TFloat64.class;
            case BYTES -> TString.class;
            case INT8, INT16, UINT32, UINT64 ->
                    throw MillraceException.internal(
                            "TensorFlow for Java has no tensors of " + type, null);
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
