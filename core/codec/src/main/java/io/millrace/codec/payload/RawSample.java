package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.util.List;
import java.util.Optional;

/**
 * The type and shape of raw samples. Senders that write values of Python say types that are wider
 * than what they write, so where type, shape and length disagree, the length decides the width.
 */
final class RawSample {

    private RawSample() {}

    static SampleFormat of(DecodeSpec decode, byte[] first, String name) {
        DataType declared = ItemLayout.rawType(decode);
        if (first.length == 0) {
            throw MillraceException.invalid(
                    "%s: expected numbers of type %s, got 0 bytes"
                            .formatted(name, declared.plainName()));
        }
        long elements = elements(decode.shape());
        DataType type =
                decode.shape().isEmpty()
                        ? ofVector(declared, first.length, name)
                        : ofShape(declared, decode.shape(), elements, first.length, name);
        return SampleFormat.sample(
                SampleFormat.with(decode, List.of(), Optional.of(type)),
                name,
                type,
                List.of(first.length / type.bytes()));
    }

    private static long elements(List<Integer> shape) {
        long elements = 1;
        for (int extent : shape) {
            elements = Math.multiplyExact(elements, (long) extent);
        }
        return elements;
    }

    /** Without a shape only a scalar tells its width. */
    private static DataType ofVector(DataType declared, int bytes, String name) {
        if (bytes % declared.bytes() == 0) {
            return declared;
        }
        Optional<DataType> other =
                bytes < declared.bytes() ? ofWidth(declared, bytes) : Optional.empty();
        return other.orElseThrow(() ->
                MillraceException.invalid(
                        "%s: expected numbers of type %s, of %d bytes each, got %d bytes"
                                .formatted(name, declared.plainName(), declared.bytes(), bytes)));
    }

    private static DataType ofShape(
            DataType declared, List<Integer> shape, long elements, int bytes, String name) {
        if (bytes == elements * declared.bytes()) {
            return declared;
        }
        Optional<DataType> other =
                elements > 0 && bytes % elements == 0
                        ? ofWidth(declared, (int) (bytes / elements))
                        : Optional.empty();
        return other.orElseThrow(() ->
                MillraceException.invalid(
                        "%s: expected %s of shape %s, which is %d bytes, got %d bytes"
                                .formatted(
                                        name,
                                        declared.plainName(),
                                        shape,
                                        elements * declared.bytes(),
                                        bytes)));
    }

    /** The type of the same kind that takes so many bytes; one byte is a small whole number. */
    private static Optional<DataType> ofWidth(DataType declared, int bytes) {
        boolean hasSign =
                switch (declared) {
                    case INT8, INT16, INT32, INT64 -> true;
                    default -> false;
                };
        DataType found =
                switch (bytes) {
                    case 1 -> declared == DataType.BOOL ? DataType.BOOL : DataType.UINT8;
                    case 2 ->
                            declared.isFloat()
                                    ? DataType.FP16
                                    : hasSign ? DataType.INT16 : DataType.UINT16;
                    case 4 ->
                            declared.isFloat()
                                    ? DataType.FP32
                                    : hasSign ? DataType.INT32 : DataType.UINT32;
                    case 8 ->
                            declared.isFloat()
                                    ? DataType.FP64
                                    : hasSign ? DataType.INT64 : DataType.UINT64;
                    default -> DataType.BYTES;
                };
        return found == DataType.BYTES ? Optional.empty() : Optional.of(found);
    }
}
