package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import org.jspecify.annotations.Nullable;

/** Little-endian numbers of one type, row-major, nothing else. */
final class RawDecoder implements PayloadDecoder {

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final DataType source;
    private final boolean isCopy;
    private final @Nullable RawFloats floats;

    RawDecoder(ItemLayout layout, DataType source) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.source = source;
        this.isCopy =
                source == layout.type()
                        && layout.scale() == 1.0
                        && !source.isFloat()
                        && source != DataType.BOOL;
        this.floats = RawFloats.of(source, layout.type(), layout.scale());
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
        int elements = layout.elements();
        long expected = (long) elements * source.bytes();
        if (payload.length != expected) {
            throw MillraceException.invalid(
                    "payload: expected %s of %s, which is %d bytes, got %d bytes"
                            .formatted(
                                    layout.count(), source.plainName(), expected, payload.length));
        }
        if (isCopy) {
            System.arraycopy(payload, 0, batch, item * layout.itemBytes(), payload.length);
            return;
        }
        if (floats != null && floats.convert(payload, batch, item * layout.itemBytes())) {
            return;
        }
        writer.startItem(batch, item);
        int bytes = source.bytes();
        for (int i = 0, at = 0; i < elements; i++, at += bytes) {
            put(payload, at);
        }
        writer.endItem();
    }

    private void put(byte[] payload, int at) {
        switch (source) {
            case BOOL, UINT8 -> writer.putLong(payload[at] & 0xff);
            case INT8 -> writer.putLong(payload[at]);
            case UINT16 -> writer.putLong(int16(payload, at) & 0xffff);
            case INT16 -> writer.putLong(int16(payload, at));
            case UINT32 -> writer.putLong(int32(payload, at) & 0xffff_ffffL);
            case INT32 -> writer.putLong(int32(payload, at));
            case UINT64 -> writer.putUnsigned((long) ElementWriter.INT64.get(payload, at));
            case INT64 -> writer.putLong((long) ElementWriter.INT64.get(payload, at));
            case FP16 -> writer.putDouble(Float.float16ToFloat(int16(payload, at)));
            case BF16 -> writer.putDouble(Float.intBitsToFloat(int16(payload, at) << 16));
            case FP32 -> writer.putDouble((float) ElementWriter.FP32.get(payload, at));
            case FP64 -> writer.putDouble((double) ElementWriter.FP64.get(payload, at));
            case BYTES -> throw MillraceException.internal("text has no raw form", null);
        }
    }

    private static short int16(byte[] payload, int at) {
        return (short) ElementWriter.INT16.get(payload, at);
    }

    private static int int32(byte[] payload, int at) {
        return (int) ElementWriter.INT32.get(payload, at);
    }
}
