package io.millrace.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The sketches of all features over some records. Whoever holds it guards it. */
final class Sketches {

    private final List<Column> columns;
    private long records;

    private Sketches(List<Column> columns, long records) {
        this.columns = columns;
        this.records = records;
    }

    /** Of nothing yet. */
    static Sketches empty(List<Feature> features) {
        var columns = new ArrayList<Column>();
        features.forEach(feature -> columns.add(Column.of(feature.kind())));
        return new Sketches(columns, 0);
    }

    /** How many records were added. */
    long records() {
        return records;
    }

    Column column(int feature) {
        return columns.get(feature);
    }

    /** Adds the numbers of one record. */
    void add(double[] values) {
        for (int i = 0; i < columns.size(); i++) {
            columns.get(i).add(values[i]);
        }
        records++;
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(records);
        for (Column column : columns) {
            column.write(out);
        }
    }

    static Sketches read(List<Feature> features, DataInput in) throws IOException {
        long records = in.readLong();
        var columns = new ArrayList<Column>();
        for (Feature feature : features) {
            columns.add(Column.read(feature.kind(), in));
        }
        return new Sketches(columns, records);
    }
}
