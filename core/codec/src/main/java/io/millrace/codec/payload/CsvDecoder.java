package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** One line of comma-separated numbers. */
final class CsvDecoder implements PayloadDecoder {

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final CsvColumns in = new CsvColumns();
    private final TextNumber number = new TextNumber();

    /** For each column its place among the named ones, or -1; empty when all are taken in order. */
    private final int[] targets;

    CsvDecoder(ItemLayout layout, List<String> columns) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.targets = targets(columns);
        int named = columns.size();
        if (named > 0 && named != layout.elements()) {
            throw MillraceException.invalid(
                    "decode names %d columns, but an item is %s numbers"
                            .formatted(named, ItemLayout.times(layout.itemShape().toArray())));
        }
    }

    private static int[] targets(List<String> columns) {
        int most = -1;
        for (String column : columns) {
            most = Math.max(most, column(column));
        }
        int[] targets = new int[most + 1];
        Arrays.fill(targets, -1);
        for (int i = 0; i < columns.size(); i++) {
            targets[column(columns.get(i))] = i;
        }
        return targets;
    }

    /** The number of a column. */
    static int column(String text) {
        if (!text.matches("0|[1-9][0-9]{0,5}")) {
            throw MillraceException.invalid(
                    "fields of csv are numbers of columns, from 0; got '%s'".formatted(text));
        }
        return Integer.parseInt(text);
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
        int found = 0;
        while (in.advance()) {
            int column = in.index();
            if (targets.length == 0) {
                if (column == layout.elements()) {
                    throw wrongCount(CsvColumns.count(payload));
                }
                read();
                found++;
            } else if (column < targets.length && targets[column] >= 0) {
                writer.startField(targets[column]);
                read();
                found++;
            }
        }
        if (found != layout.elements()) {
            throw wrongCount(in.index() + 1);
        }
        writer.endItem();
    }

    private MillraceException wrongCount(int columns) {
        return MillraceException.invalid(
                "payload: expected %s%d columns, got %d"
                        .formatted(
                                targets.length == 0 ? "" : "at least ",
                                targets.length == 0 ? layout.elements() : targets.length,
                                columns));
    }

    private void read() {
        if (!number.read(in.data(), in.startOfText(), in.lengthOfText())) {
            throw MillraceException.invalid(
                    "column %d: expected a number, got %s%s"
                            .formatted(
                                    in.index(),
                                    FieldNames.shown(
                                            in.data(), in.startOfText(), in.lengthOfText()),
                                    number.isNotFinite() ? ", which is no finite number" : ""));
        }
        writer.putDouble(number.value());
    }
}
