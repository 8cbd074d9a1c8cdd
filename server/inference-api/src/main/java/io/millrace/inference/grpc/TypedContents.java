package io.millrace.inference.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.inference.grpc.proto.InferTensorContents;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Tensors as lists of numbers. FP16 and BF16 have no list. */
final class TypedContents {

    private static final long UINT16_MAX = (1L << 16) - 1;

    private TypedContents() {}

    /** Whether a type can travel this way. */
    static boolean isPossible(DataType type) {
        return type != DataType.FP16 && type != DataType.BF16;
    }

    static Tensor read(
            String name, DataType type, Shape shape, long elements, InferTensorContents contents) {
        int given = count(name, type, contents);
        if (given != elements) {
            throw MillraceException.invalid(
                    "input '%s': %s%s takes %d values in %s, received %d"
                            .formatted(
                                    name,
                                    type.protocolName(),
                                    shape,
                                    elements,
                                    field(type),
                                    given));
        }
        if (type == DataType.BYTES) {
            byte[][] values = new byte[given][];
            Arrays.setAll(values, i -> contents.getBytesContents(i).toByteArray());
            return new Tensor.Bytes(shape, Arrays.asList(values));
        }
        return new Tensor.Numeric(type, shape, numbers(name, type, given, contents));
    }

    private static int count(String name, DataType type, InferTensorContents contents) {
        return switch (type) {
            case BOOL -> contents.getBoolContentsCount();
            case INT8, INT16, INT32 -> contents.getIntContentsCount();
            case INT64 -> contents.getInt64ContentsCount();
            case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
            case UINT64 -> contents.getUint64ContentsCount();
            case FP32 -> contents.getFp32ContentsCount();
            case FP64 -> contents.getFp64ContentsCount();
            case BYTES -> contents.getBytesContentsCount();
            case FP16, BF16 ->
                    throw MillraceException.invalid(
                            "input '%s': %s goes only as raw_input_contents"
                                    .formatted(name, type.protocolName()));
        };
    }

    private static String field(DataType type) {
        return switch (type) {
            case BOOL -> "bool_contents";
            case INT8, INT16, INT32 -> "int_contents";
            case INT64 -> "int64_contents";
            case UINT8, UINT16, UINT32 -> "uint_contents";
            case UINT64 -> "uint64_contents";
            case FP32 -> "fp32_contents";
            case FP64 -> "fp64_contents";
            case BYTES -> "bytes_contents";
            case FP16, BF16 -> "raw_input_contents";
        };
    }

    private static MemorySegment numbers(
            String name, DataType type, int count, InferTensorContents contents) {
        return switch (type) {
            case BOOL -> {
                byte[] values = new byte[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getBoolContents(i) ? (byte) 1 : 0;
                }
                yield MemorySegment.ofArray(values);
            }
            case INT8 -> {
                byte[] values = new byte[count];
                for (int i = 0; i < count; i++) {
                    int value = contents.getIntContents(i);
                    check(name, type, value, value == (byte) value);
                    values[i] = (byte) value;
                }
                yield MemorySegment.ofArray(values);
            }
            case UINT8 -> {
                byte[] values = new byte[count];
                for (int i = 0; i < count; i++) {
                    long value = Integer.toUnsignedLong(contents.getUintContents(i));
                    check(name, type, value, value <= 255);
                    values[i] = (byte) value;
                }
                yield MemorySegment.ofArray(values);
            }
            case INT16 -> {
                short[] values = new short[count];
                for (int i = 0; i < count; i++) {
                    int value = contents.getIntContents(i);
                    check(name, type, value, value == (short) value);
                    values[i] = (short) value;
                }
                yield MemorySegment.ofArray(values);
            }
            case UINT16 -> {
                short[] values = new short[count];
                for (int i = 0; i < count; i++) {
                    long value = Integer.toUnsignedLong(contents.getUintContents(i));
                    check(name, type, value, value <= UINT16_MAX);
                    values[i] = (short) value;
                }
                yield MemorySegment.ofArray(values);
            }
            case INT32 -> {
                int[] values = new int[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getIntContents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case UINT32 -> {
                int[] values = new int[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getUintContents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case INT64 -> {
                long[] values = new long[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getInt64Contents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case UINT64 -> {
                long[] values = new long[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getUint64Contents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case FP32 -> {
                float[] values = new float[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getFp32Contents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case FP64 -> {
                double[] values = new double[count];
                for (int i = 0; i < count; i++) {
                    values[i] = contents.getFp64Contents(i);
                }
                yield MemorySegment.ofArray(values);
            }
            case FP16, BF16, BYTES ->
                    throw MillraceException.internal(type + " is no list of numbers", null);
        };
    }

    private static void check(String name, DataType type, long value, boolean fits) {
        if (!fits) {
            throw MillraceException.invalid(
                    "input '%s': %d does not fit into %s"
                            .formatted(name, value, type.protocolName()));
        }
    }

    static InferTensorContents write(Tensor tensor) {
        var out = InferTensorContents.newBuilder();
        switch (tensor) {
            case Tensor.Bytes bytes -> {
                for (byte[] value : bytes.values()) {
                    out.addBytesContents(UnsafeByteOperations.unsafeWrap(value));
                }
            }
            case Tensor.Numeric numeric -> write(numeric, out);
        }
        return out.build();
    }

    private static void write(Tensor.Numeric tensor, InferTensorContents.Builder out) {
        DataType type = tensor.type();
        MemorySegment data = tensor.data();
        for (long at = 0; at < data.byteSize(); at += type.bytes()) {
            switch (type) {
                case BOOL -> out.addBoolContents(data.get(ValueLayout.JAVA_BYTE, at) != 0);
                case INT8 -> out.addIntContents(data.get(ValueLayout.JAVA_BYTE, at));
                case UINT8 -> out.addUintContents(data.get(ValueLayout.JAVA_BYTE, at) & 0xff);
                case INT16 -> out.addIntContents(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
                case UINT16 ->
                        out.addUintContents(
                                Short.toUnsignedInt(
                                        data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
                case INT32 -> out.addIntContents(data.get(ValueLayout.JAVA_INT_UNALIGNED, at));
                case UINT32 -> out.addUintContents(data.get(ValueLayout.JAVA_INT_UNALIGNED, at));
                case INT64 -> out.addInt64Contents(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
                case UINT64 -> out.addUint64Contents(data.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
                case FP32 -> out.addFp32Contents(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
                case FP64 -> out.addFp64Contents(data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at));
                case FP16, BF16, BYTES ->
                        throw MillraceException.internal(type + " is no list of numbers", null);
            }
        }
    }
}
