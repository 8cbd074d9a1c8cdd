package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** One input of an Open Inference request while it is read; its keys come in any order. */
final class ReceivedInput {

    /** No binary data is declared. */
    static final long NOT_BINARY = -1;

    private final int index;
    private @Nullable String name;
    private @Nullable DataType type;
    private @Nullable Shape shape;
    private @Nullable Tensor tensor;
    private long binarySize = NOT_BINARY;
    private boolean isBase64;

    ReceivedInput(int index) {
        this.index = index;
    }

    /** As error messages call it. */
    String label() {
        return name == null ? "input " + index : "input '" + name + "'";
    }

    /** Whether all is there that must be known ahead of the data. */
    boolean hasHead() {
        return name != null && type != null && shape != null;
    }

    void name(String value) {
        once(name, "name");
        name = value;
    }

    void type(String value) {
        once(type, "datatype");
        for (DataType known : DataType.values()) {
            if (known.protocolName().equals(value)) {
                type = known;
                return;
            }
        }
        throw MillraceException.invalid(
                "%s: unknown datatype '%s'; expected one of BOOL, UINT8 … UINT64, INT8 … INT64, FP16, BF16, FP32, FP64, BYTES"
                        .formatted(label(), value));
    }

    void shape(Shape value) {
        once(shape, "shape");
        shape = value;
    }

    void tensor(Tensor value) {
        once(tensor, "data");
        tensor = value;
    }

    void binarySize(long value) {
        if (binarySize != NOT_BINARY) {
            once(this, "binary_data_size");
        }
        binarySize = value;
    }

    void base64() {
        isBase64 = true;
    }

    private void once(@Nullable Object before, String key) {
        if (before != null) {
            throw MillraceException.invalid(label() + " has '" + key + "' twice");
        }
    }

    String name() {
        return needed(name, "name");
    }

    DataType type() {
        return needed(type, "datatype");
    }

    Shape shape() {
        return needed(shape, "shape");
    }

    long binarySize() {
        return binarySize;
    }

    boolean isBinary() {
        return binarySize != NOT_BINARY;
    }

    boolean hasData() {
        return tensor != null;
    }

    /** The values, once data or binary data have been read. */
    Tensor tensor() {
        Tensor read = needed(tensor, "data");
        return isBase64 && read instanceof Tensor.Bytes bytes ? decoded(bytes) : read;
    }

    /** How many elements the shape declares; a product that cannot be counted is the caller's. */
    long elements() {
        try {
            return shape().elements();
        } catch (MillraceException e) {
            throw new MillraceException(ErrorCode.INVALID, label() + ": " + e.text(), e);
        }
    }

    private <T> T needed(@Nullable T value, String key) {
        if (value == null) {
            throw MillraceException.invalid(label() + " lacks '" + key + "'");
        }
        return value;
    }

    private Tensor decoded(Tensor.Bytes text) {
        var values = new ArrayList<byte[]>(text.values().size());
        try {
            for (byte[] value : text.values()) {
                values.add(Base64.getDecoder().decode(value));
            }
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    label() + " has content_type base64 but is not base64: " + e.getMessage(),
                    e);
        }
        return new Tensor.Bytes(text.shape(), values);
    }
}
