package io.millrace.drift;

import io.millrace.api.MonitorSpec.Distance;
import io.millrace.spi.DriftReport.Facts;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** The sketch of one feature over some records. Grows to a few kilobytes, however many come. */
sealed interface Column permits NumberColumn, ClassColumn {

    /** Adds the value of one record. */
    void add(double value);

    /** How many records were added. */
    long count();

    /** What the values look like. */
    Facts facts();

    /** How far a window is from this reference, which is of the same kind. */
    double distance(Column window, Distance measure);

    /** How far chance alone takes a window from this reference. */
    double byChance(Column window, Distance measure);

    /** The share of a window beyond all that this reference has. */
    double outside(Column window);

    /** Writes all of it. */
    void write(DataOutput out) throws IOException;

    /** An empty column for values of a kind. */
    static Column of(Feature.Kind kind) {
        return switch (kind) {
            case NUMBER -> new NumberColumn();
            case CLASS -> new ClassColumn();
        };
    }

    /** Reads what {@link #write} wrote. */
    static Column read(Feature.Kind kind, DataInput in) throws IOException {
        return switch (kind) {
            case NUMBER -> NumberColumn.read(in);
            case CLASS -> ClassColumn.read(in);
        };
    }
}
