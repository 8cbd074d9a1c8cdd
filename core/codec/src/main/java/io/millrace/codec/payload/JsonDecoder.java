package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Numbers in nested JSON arrays, alone or in fields of an object. */
final class JsonDecoder implements PayloadDecoder {

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final JsonScanner in = new JsonScanner();
    private final boolean[] found;
    private final TextNumber text = new TextNumber();
    private int field;
    private int expectedNext;
    private int valueStart;

    JsonDecoder(ItemLayout layout) {
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
        in.start(payload);
        writer.startItem(batch, item);
        if (in.peek() < 0) {
            throw MillraceException.invalid("the payload is empty, expected JSON");
        }
        if (layout.fieldCount() == 0) {
            readValue(0);
        } else {
            readObject();
        }
        if (in.peek() >= 0) {
            throw MillraceException.invalid(
                    "%d bytes follow the JSON value of %d bytes"
                            .formatted(payload.length - in.position(), in.position()));
        }
        writer.endItem();
    }

    private void readObject() {
        if (in.peek() != '{') {
            throw MillraceException.invalid(
                    "expected an object with the field '%s', got %s"
                            .formatted(layout.fieldName(0), in.kind()));
        }
        in.expect('{');
        Arrays.fill(found, false);
        expectedNext = 0;
        if (!in.take('}')) {
            do {
                in.readText();
                int match = matchKey();
                in.expect(':');
                if (match < 0) {
                    in.skip();
                } else {
                    readFound(match);
                }
            } while (in.take(','));
            in.expect('}');
        }
        checkAllFound();
    }

    private void readFound(int match) {
        if (found[match]) {
            throw MillraceException.invalid(
                    "the field '%s' is there twice".formatted(layout.fieldName(match)));
        }
        found[match] = true;
        readValue(match);
    }

    /** Most senders write the fields in the order in which they are listed. */
    private int matchKey() {
        int count = layout.fieldCount();
        for (int i = 0, at = expectedNext; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
            if (in.textIs(layout.fieldBytes(at))) {
                expectedNext = at + 1 == count ? 0 : at + 1;
                return at;
            }
        }
        return -1;
    }

    private void readValue(int index) {
        field = index;
        in.peek();
        valueStart = in.position();
        writer.startField(index);
        boolean isBare = layout.takesBareNumber() && in.peek() != '[';
        readAxis(isBare ? layout.rank() : 0);
    }

    private void readAxis(int axis) {
        if (axis == layout.rank()) {
            readElement();
            return;
        }
        if (!in.take('[')) {
            throw mismatch(axis, in.kind());
        }
        int expected = layout.extent(axis);
        for (int i = 0; i < expected; i++) {
            if (i > 0 && !in.take(',')) {
                throw tooFew(axis, i);
            }
            if (i == 0 && in.peek() == ']') {
                throw tooFew(axis, 0);
            }
            readAxis(axis + 1);
        }
        if (in.peek() == ',' || (expected == 0 && in.peek() != ']')) {
            int last = Math.max(0, writer.written() - 1);
            throw mismatch(axis, last, "more than " + expected + " values");
        }
        in.expect(']');
    }

    private void readElement() {
        if (in.isNumberNext()) {
            in.readNumber();
            if (in.isWhole()) {
                writer.putLong(in.whole());
            } else {
                writer.putDouble(in.fraction());
            }
            return;
        }
        int next = in.peek();
        if (next == '"' && layout.takesText()) {
            in.readText();
            readTextNumber();
            return;
        }
        if (!writer.takesBooleans() || (next != 't' && next != 'f')) {
            throw mismatch(layout.rank(), in.kind());
        }
        in.skipWord(next == 't' ? "true" : "false");
        writer.putBoolean(next == 't');
    }

    private void readTextNumber() {
        if (!text.read(in.data(), in.textStart(), in.textLength())) {
            throw layout.wrongAt(
                    field,
                    writer.written(),
                    layout.rank(),
                    "the text "
                            + FieldNames.shown(in.data(), in.textStart(), in.textLength())
                            + (text.isNotFinite() ? ", which is no finite number," : ""));
        }
        writer.putDouble(text.value());
    }

    private MillraceException tooFew(int axis, int count) {
        if (in.peek() != ']') {
            return in.unexpected("',' or ']'");
        }
        return mismatch(axis, count + " values instead of " + layout.extent(axis));
    }

    /** Tells a value of another shape from one that goes wrong somewhere inside. */
    private MillraceException mismatch(int axis, String what) {
        return mismatch(axis, writer.written(), what);
    }

    private MillraceException mismatch(int axis, int written, String what) {
        in.position(valueStart);
        var got = new StringBuilder();
        boolean isAsExpected = true;
        int depth = 0;
        while (depth < ItemLayout.MAX_RANK && in.peek() == '[') {
            int inside = in.position() + 1;
            int here = countElements();
            isAsExpected &= depth < layout.rank() && here == layout.extent(depth);
            got.append(got.isEmpty() ? "" : "x").append(here);
            depth++;
            in.position(inside);
            if (here == 0) {
                break;
            }
        }
        isAsExpected &= depth == layout.rank();
        return isAsExpected
                ? layout.wrongAt(field, written, axis, what)
                : layout.wrongShape(field, depth == 0 ? in.kind() : got.toString());
    }

    private int countElements() {
        in.expect('[');
        if (in.take(']')) {
            return 0;
        }
        int count = 0;
        do {
            in.skip();
            count++;
        } while (in.take(','));
        in.expect(']');
        return count;
    }

    private void checkAllFound() {
        for (int i = 0; i < layout.fieldCount(); i++) {
            if (!found[i]) {
                throw MillraceException.invalid(
                        "the field '%s' is missing, expected %s there; the object has %s"
                                .formatted(layout.fieldName(i), layout.expected(), names()));
            }
        }
    }

    /** The first keys of the object, for messages; it was read to its end before. */
    private List<String> names() {
        in.position(0);
        in.expect('{');
        var names = new ArrayList<String>();
        while (names.size() < 5 && in.peek() == '"') {
            in.readText();
            names.add(FieldNames.shown(in.data(), in.textStart(), in.textLength()));
            in.expect(':');
            in.skip();
            in.take(',');
        }
        return names;
    }
}
