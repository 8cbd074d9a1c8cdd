package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A NumPy array with its header. The headers of one sender are alike: only a new one is read. */
final class NpyDecoder implements PayloadDecoder {

    private final ItemLayout layout;
    private byte[] header = new byte[0];
    private byte[] values = new byte[0];
    private @Nullable RawDecoder numbers;

    NpyDecoder(ItemLayout layout) {
        this.layout = layout;
    }

    @Override
    public DataType type() {
        return layout.type();
    }

    @Override
    public Shape itemShape() {
        return layout.itemShape();
    }

    @Override
    public int itemBytes() {
        return layout.itemBytes();
    }

    @Override
    public void decode(byte[] payload, byte[] batch, int item) {
        RawDecoder decoder = numbers;
        boolean isKnown =
                decoder != null
                        && payload.length >= header.length
                        && Arrays.equals(payload, 0, header.length, header, 0, header.length);
        if (decoder == null || !isKnown) {
            decoder = read(payload);
        }
        int bytes = payload.length - header.length;
        if (values.length != bytes) {
            values = new byte[bytes];
        }
        System.arraycopy(payload, header.length, values, 0, bytes);
        decoder.decode(values, batch, item);
    }

    private RawDecoder read(byte[] payload) {
        NpyHeader read = NpyHeader.parse(payload);
        if (read.shape().elements() != layout.elements()) {
            throw MillraceException.invalid(
                    "payload: expected an array of %s, got one of shape %s"
                            .formatted(layout.count(), read.shape()));
        }
        var decoder = new RawDecoder(layout, read.type());
        header = Arrays.copyOf(payload, read.length());
        numbers = decoder;
        return decoder;
    }
}
