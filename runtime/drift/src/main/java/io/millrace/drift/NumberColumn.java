package io.millrace.drift;

import io.millrace.api.MillraceException;
import io.millrace.api.MonitorSpec.Distance;
import io.millrace.spi.DriftReport.Facts;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.apache.datasketches.common.SketchesException;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;

/** Numbers: their quantiles, mean, variance and range. */
final class NumberColumn implements Column {

    /** Ranks are right to 0.7 percent; of up to some hundred values to the last one. */
    private static final int ACCURACY = 400;

    /** The inner edges of ten bins of equal weight. */
    private static final double[] TENTHS = {.1, .2, .3, .4, .5, .6, .7, .8, .9};

    private static final int MOST_BYTES = 1 << 20;

    private final KllDoublesSketch sketch;
    private double mean;
    private double squares;
    private long notFinite;

    NumberColumn() {
        this(KllDoublesSketch.newHeapInstance(ACCURACY));
    }

    private NumberColumn(KllDoublesSketch sketch) {
        this.sketch = sketch;
    }

    @Override
    public void add(double value) {
        if (!Double.isFinite(value)) {
            notFinite++;
            return;
        }
        sketch.update(value);
        double from = value - mean;
        mean += from / sketch.getN();
        squares += from * (value - mean);
    }

    @Override
    public long count() {
        return sketch.getN() + notFinite;
    }

    @Override
    public Facts facts() {
        long finite = sketch.getN();
        return finite == 0
                ? new Facts(0, 0, 0, 0, 0, notFinite)
                : new Facts(
                        finite,
                        mean,
                        finite < 2 ? 0 : squares / (finite - 1),
                        sketch.getMinItem(),
                        sketch.getMaxItem(),
                        notFinite);
    }

    @Override
    public double distance(Column window, Distance measure) {
        var other = (NumberColumn) window;
        return switch (measure) {
            case PSI -> {
                double[] edges = edges();
                yield Distances.psi(
                        Distances.shares(counts(edges)), Distances.shares(other.counts(edges)));
            }
            case KS -> ks(other);
        };
    }

    private double ks(NumberColumn other) {
        double broken = Math.abs(other.notFiniteShare() - notFiniteShare());
        if (sketch.isEmpty() || other.sketch.isEmpty()) {
            return broken;
        }
        // At every value that either has kept; the library's own walk counts equal values one by
        // one.
        double[] points =
                DoubleStream.concat(
                                Arrays.stream(sketch.getSortedView().getQuantiles()),
                                Arrays.stream(other.sketch.getSortedView().getQuantiles()))
                        .distinct()
                        .toArray();
        double[] ranks = sketch.getRanks(points, QuantileSearchCriteria.INCLUSIVE);
        double[] others = other.sketch.getRanks(points, QuantileSearchCriteria.INCLUSIVE);
        double largest = broken;
        for (int i = 0; i < points.length; i++) {
            largest = Math.max(largest, Math.abs(ranks[i] - others[i]));
        }
        return largest;
    }

    private double notFiniteShare() {
        return count() == 0 ? 0 : (double) notFinite / count();
    }

    /**
     * The upper edges of the bins: below all of the reference, its tenths, up to its largest. Equal
     * ones, as of a feature that is mostly zero, are one.
     */
    private double[] edges() {
        if (sketch.isEmpty()) {
            return new double[0];
        }
        double[] tenths = sketch.getQuantiles(TENTHS, QuantileSearchCriteria.INCLUSIVE);
        double[] edges = Arrays.copyOf(tenths, tenths.length + 2);
        edges[tenths.length] = Math.nextDown(sketch.getMinItem());
        edges[tenths.length + 1] = sketch.getMaxItem();
        return Arrays.stream(edges).sorted().distinct().toArray();
    }

    /** How many values are in each bin, above the last edge, and no finite numbers. */
    private double[] counts(double[] edges) {
        var counts = new double[edges.length + 2];
        counts[edges.length + 1] = notFinite;
        if (sketch.isEmpty()) {
            return counts;
        }
        if (edges.length == 0) {
            counts[0] = sketch.getN();
            return counts;
        }
        double[] shares = sketch.getPMF(edges, QuantileSearchCriteria.INCLUSIVE);
        for (int i = 0; i < shares.length; i++) {
            counts[i] = shares[i] * sketch.getN();
        }
        return counts;
    }

    @Override
    public double byChance(Column window, Distance measure) {
        return switch (measure) {
            case PSI -> Distances.psiByChance(edges().length + 2, count(), window.count());
            case KS ->
                    Distances.ksByChance(count(), window.count())
                            + error()
                            + ((NumberColumn) window).error();
        };
    }

    /** By how much ranks of the sketch may be wrong. */
    private double error() {
        return sketch.isEstimationMode() ? sketch.getNormalizedRankError(false) : 0;
    }

    @Override
    public double outside(Column window) {
        var other = (NumberColumn) window;
        if (sketch.isEmpty() || other.sketch.isEmpty()) {
            return 0;
        }
        double below = other.sketch.getRank(sketch.getMinItem(), QuantileSearchCriteria.EXCLUSIVE);
        double upTo = other.sketch.getRank(sketch.getMaxItem(), QuantileSearchCriteria.INCLUSIVE);
        return below + 1 - upTo;
    }

    @Override
    public void write(DataOutput out) throws IOException {
        byte[] bytes = sketch.toByteArray();
        out.writeInt(bytes.length);
        out.write(bytes);
        out.writeDouble(mean);
        out.writeDouble(squares);
        out.writeLong(notFinite);
    }

    static NumberColumn read(DataInput in) throws IOException {
        try {
            MemorySegment bytes = MemorySegment.ofArray(bytes(in));
            var column = new NumberColumn(KllDoublesSketch.heapify(bytes));
            column.mean = in.readDouble();
            column.squares = in.readDouble();
            column.notFinite = in.readLong();
            return column;
        } catch (SketchesException e) {
            throw MillraceException.internal("a sketch cannot be read", e);
        }
    }

    static byte[] bytes(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MOST_BYTES) {
            throw new IOException("a sketch of " + length + " bytes");
        }
        var bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
