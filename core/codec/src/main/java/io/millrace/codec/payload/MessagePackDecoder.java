package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Numbers in nested MessagePack arrays, alone or in fields of a map. */
final class MessagePackDecoder implements PayloadDecoder {

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final MessagePackScanner in = new MessagePackScanner();
    private final boolean[] found;
    private int field;
    private int valueStart;

    MessagePackDecoder(ItemLayout layout) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.found = new boolean[layout.fieldCount()];
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
        if (payload.length == 0) {
            throw MillraceException.invalid("the payload is empty, expected MessagePack");
        }
        in.start(payload);
        writer.startItem(batch, item);
        if (layout.fieldCount() == 0) {
            readValue(0);
        } else {
            readMap();
        }
        if (!in.isAtEnd()) {
            throw MillraceException.invalid(
                    "%d bytes follow the MessagePack value of %d bytes"
                            .formatted(payload.length - in.position(), in.position()));
        }
        writer.endItem();
    }

    private void readMap() {
        int code = in.next();
        long entries = in.mapLength(code);
        if (entries < 0) {
            throw MillraceException.invalid(
                    "expected a map with the field '%s', got %s"
                            .formatted(layout.fieldName(0), MessagePackScanner.kind(code)));
        }
        Arrays.fill(found, false);
        for (long i = 0; i < entries; i++) {
            int match = readKey();
            if (match < 0) {
                in.skip();
                continue;
            }
            if (found[match]) {
                throw MillraceException.invalid(
                        "the field '%s' is there twice".formatted(layout.fieldName(match)));
            }
            found[match] = true;
            readValue(match);
        }
        checkAllFound();
    }

    /** Which of the fields the next key names, or -1. */
    private int readKey() {
        int start = in.position();
        long length = in.textLength(in.next());
        if (length < 0) {
            in.position(start);
            in.skip();
            return -1;
        }
        int textStart = in.position();
        for (int i = 0; i < layout.fieldCount(); i++) {
            if (in.matches(layout.fieldBytes(i), length)) {
                return i;
            }
            in.position(textStart);
        }
        in.advance(length);
        return -1;
    }

    private void readValue(int index) {
        field = index;
        valueStart = in.position();
        writer.startField(index);
        boolean isBare = layout.takesBareNumber() && !in.isAtEnd() && in.arrayLength(in.next()) < 0;
        in.position(valueStart);
        readAxis(isBare ? layout.rank() : 0);
    }

    private void readAxis(int axis) {
        if (axis == layout.rank()) {
            readElement();
            return;
        }
        long length = in.arrayLength(in.next());
        int expected = layout.extent(axis);
        if (length != expected) {
            throw mismatch(axis, length);
        }
        for (int i = 0; i < expected; i++) {
            readAxis(axis + 1);
        }
    }

    private void readElement() {
        int code = in.next();
        if (code < 0x80) {
            writer.putLong(code);
            return;
        }
        if (code >= 0xe0) {
            writer.putLong((byte) code);
            return;
        }
        switch (code) {
            case 0xca -> writer.putDouble(in.float32());
            case 0xcb -> writer.putDouble(in.float64());
            case 0xcc -> writer.putLong(in.uint8());
            case 0xcd -> writer.putLong(in.uint16());
            case 0xce -> writer.putLong(in.uint32());
            case 0xcf -> writer.putUnsigned(in.int64());
            case 0xd0 -> writer.putLong(in.int8());
            case 0xd1 -> writer.putLong(in.int16());
            case 0xd2 -> writer.putLong(in.int32());
            case 0xd3 -> writer.putLong(in.int64());
            case 0xc2, 0xc3 -> {
                if (!writer.takesBooleans()) {
                    throw mismatch(layout.rank(), -1);
                }
                writer.putBoolean(code == 0xc3);
            }
            default -> throw mismatch(layout.rank(), -1);
        }
    }

    /** Tells a value of another shape from one that goes wrong somewhere inside. */
    private MillraceException mismatch(int axis, long length) {
        int failedAt = in.position() - 1;
        in.position(valueStart);
        var got = new StringBuilder();
        boolean isAsExpected = true;
        int depth = 0;
        int code = in.isAtEnd() ? 0xc1 : in.next();
        while (depth < ItemLayout.MAX_RANK) {
            long here = in.arrayLength(code);
            if (here < 0) {
                break;
            }
            isAsExpected &= depth < layout.rank() && here == layout.extent(depth);
            got.append(got.isEmpty() ? "" : "x").append(here);
            depth++;
            if (here == 0 || in.isAtEnd()) {
                break;
            }
            code = in.next();
        }
        isAsExpected &= depth == layout.rank();
        if (!isAsExpected) {
            return layout.wrongShape(
                    field, depth == 0 ? MessagePackScanner.kind(code) : got.toString());
        }
        String what =
                length >= 0
                        ? length + " values instead of " + layout.extent(axis)
                        : MessagePackScanner.kind(in.data()[failedAt] & 0xff);
        return layout.wrongAt(field, writer.written(), axis, what);
    }

    private void checkAllFound() {
        for (int i = 0; i < layout.fieldCount(); i++) {
            if (!found[i]) {
                throw MillraceException.invalid(
                        "the field '%s' is missing, expected %s there; the map has %s"
                                .formatted(layout.fieldName(i), layout.expected(), names()));
            }
        }
    }

    /** The first text keys of the map, for messages; the map was read to its end before. */
    private List<String> names() {
        int end = in.position();
        in.position(0);
        long entries = in.mapLength(in.next());
        var names = new ArrayList<String>();
        for (long i = 0; i < entries && names.size() < 5; i++) {
            int start = in.position();
            long length = in.textLength(in.next());
            if (length < 0) {
                in.position(start);
                in.skip();
            } else {
                int at = in.advance(length);
                names.add(FieldNames.shown(in.data(), at, (int) length));
            }
            in.skip();
        }
        in.position(end);
        return names;
    }
}
