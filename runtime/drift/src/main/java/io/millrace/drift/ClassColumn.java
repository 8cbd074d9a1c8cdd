package io.millrace.drift;

import io.millrace.api.MillraceException;
import io.millrace.api.MonitorSpec.Distance;
import io.millrace.spi.DriftReport.Facts;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.TreeSet;
import org.apache.datasketches.common.SketchesException;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.FrequentLongsSketch;

/** Classes: how often each. Exact up to some hundred classes, then the frequent ones. */
final class ClassColumn implements Column {

    /** Three quarters of this many classes are counted exactly. */
    private static final int MOST_CLASSES = 1 << 10;

    private final FrequentLongsSketch sketch;
    private long notFinite;

    ClassColumn() {
        this(new FrequentLongsSketch(MOST_CLASSES));
    }

    private ClassColumn(FrequentLongsSketch sketch) {
        this.sketch = sketch;
    }

    @Override
    public void add(double value) {
        if (Double.isFinite(value)) {
            sketch.update((long) value);
        } else {
            notFinite++;
        }
    }

    @Override
    public long count() {
        return sketch.getStreamLength() + notFinite;
    }

    @Override
    public Facts facts() {
        long min = 0;
        long max = 0;
        FrequentLongsSketch.Row[] rows = rows();
        for (int i = 0; i < rows.length; i++) {
            min = i == 0 ? rows[i].getItem() : Math.min(min, rows[i].getItem());
            max = i == 0 ? rows[i].getItem() : Math.max(max, rows[i].getItem());
        }
        return new Facts(sketch.getStreamLength(), 0, 0, min, max, notFinite);
    }

    private FrequentLongsSketch.Row[] rows() {
        return sketch.getFrequentItems(ErrorType.NO_FALSE_NEGATIVES);
    }

    private Set<Long> classes() {
        var classes = new TreeSet<Long>();
        for (FrequentLongsSketch.Row row : rows()) {
            classes.add(row.getItem());
        }
        return classes;
    }

    @Override
    public double distance(Column window, Distance measure) {
        var other = (ClassColumn) window;
        Set<Long> classes = classes();
        classes.addAll(other.classes());
        double[] reference = Distances.shares(counts(classes));
        double[] shares = Distances.shares(other.counts(classes));
        return switch (measure) {
            case PSI -> Distances.psi(reference, shares);
            // Classes have no order for a distribution function to follow.
            case KS -> Distances.totalVariation(reference, shares);
        };
    }

    private double[] counts(Set<Long> classes) {
        var counts = new double[classes.size() + 2];
        double rest = sketch.getStreamLength();
        int at = 0;
        for (long item : classes) {
            counts[at] = sketch.getEstimate(item);
            rest -= counts[at];
            at++;
        }
        counts[at] = Math.max(0, rest);
        counts[at + 1] = notFinite;
        return counts;
    }

    @Override
    public double byChance(Column window, Distance measure) {
        int bins = classes().size() + 2;
        return switch (measure) {
            case PSI -> Distances.psiByChance(bins, count(), window.count());
            // From the same chi-squared, by the inequality of Cauchy and Schwarz.
            case KS -> Math.sqrt(Distances.psiByChance(bins, count(), window.count())) / 2;
        };
    }

    @Override
    public double outside(Column window) {
        var other = (ClassColumn) window;
        long length = other.sketch.getStreamLength();
        Set<Long> known = classes();
        long unknown = 0;
        for (FrequentLongsSketch.Row row : other.rows()) {
            if (!known.contains(row.getItem())) {
                unknown += row.getEstimate();
            }
        }
        return length == 0 ? 0 : Math.min(1, (double) unknown / length);
    }

    @Override
    public void write(DataOutput out) throws IOException {
        byte[] bytes = sketch.toByteArray();
        out.writeInt(bytes.length);
        out.write(bytes);
        out.writeLong(notFinite);
    }

    static ClassColumn read(DataInput in) throws IOException {
        try {
            MemorySegment bytes = MemorySegment.ofArray(NumberColumn.bytes(in));
            var column = new ClassColumn(FrequentLongsSketch.getInstance(bytes));
            column.notFinite = in.readLong();
            return column;
        } catch (SketchesException e) {
            throw MillraceException.internal("a sketch cannot be read", e);
        }
    }
}
