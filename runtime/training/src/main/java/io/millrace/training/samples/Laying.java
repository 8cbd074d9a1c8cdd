package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.TopicRange;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lays the records of one dataset down as arrays in a folder. One thread uses it, once. */
final class Laying implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Laying.class);
    private static final int MOST_LOGGED = 5;
    private static final int BETWEEN_LOOKS = 1 << 14;

    private final DatasetSpec spec;
    private final Path folder;
    private final boolean leavesOut;
    private final LayingProgress progress;
    private final long expected;
    private @Nullable SampleDecoder decoder;
    private @Nullable ArrayPair labelled;
    private @Nullable ArrayPair unlabelled;
    private final List<DividedRows.Span> divided = new ArrayList<>();
    private long leftOut;
    private long seen;

    Laying(
            DatasetSpec spec,
            Path folder,
            boolean leavesOut,
            LayingProgress progress,
            long expected) {
        this.spec = spec;
        this.folder = folder;
        this.leavesOut = leavesOut;
        this.progress = progress;
        this.expected = expected;
    }

    /** Reads all parts, labelled ones first: they say what samples are like. */
    void read(LogRanges log, List<Part> withLabel, List<Part> without) throws IOException {
        try {
            for (Part part : withLabel) {
                long before = labelled();
                log.read(part, this::takeLabelled);
                if (isDivided(part)) {
                    divided.add(new DividedRows.Span(before, labelled()));
                }
            }
            for (Part part : without) {
                log.read(part, this::takeUnlabelled);
            }
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        finish();
    }

    private boolean isDivided(Part part) {
        List<TopicRange> held = spec.split().heldBackFrom();
        return held.isEmpty() || held.containsAll(LogRanges.ranges(List.of(part)));
    }

    private boolean takeLabelled(LogRecord record) {
        try {
            begin(record).add(record);
        } catch (MillraceException e) {
            leaveOut(record, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return goOn();
    }

    private ArrayPair begin(LogRecord first) throws IOException {
        ArrayPair pair = labelled;
        if (pair == null) {
            SampleDecoder found = SampleDecoder.of(spec, first);
            decoder = found;
            pair =
                    ArrayPair.labelled(
                            found, folder.resolve(SampleSet.X), folder.resolve(SampleSet.Y));
            labelled = pair;
        }
        return pair;
    }

    private boolean takeUnlabelled(LogRecord record) {
        try {
            ArrayPair array = unlabelled;
            if (array == null) {
                array = ArrayPair.unlabelled(decoder(), folder.resolve(SampleSet.UNLABELLED));
                unlabelled = array;
            }
            array.add(record);
        } catch (MillraceException e) {
            leaveOut(record, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return goOn();
    }

    private void leaveOut(LogRecord record, MillraceException cause) {
        DatasetFault fault =
                DatasetFault.undecodable(
                        "the record " + LogPosition.of(record) + " (topic/partition/offset)",
                        cause);
        if (!leavesOut) {
            throw fault;
        }
        leftOut++;
        if (leftOut <= MOST_LOGGED) {
            LOG.warn("left out: {}", fault.text());
        }
    }

    private boolean goOn() {
        seen++;
        if ((seen & (BETWEEN_LOOKS - 1)) == 0) {
            progress.laid(seen, expected);
        }
        return true;
    }

    private void finish() throws IOException {
        ArrayPair pair = labelled;
        if (pair == null) {
            throw DatasetFault.empty();
        }
        pair.finish();
        ArrayPair array = unlabelled;
        if (array != null) {
            array.finish();
        }
        if (unlabelled() == 0) {
            Files.deleteIfExists(folder.resolve(SampleSet.UNLABELLED));
        }
        progress.laid(seen, expected);
    }

    /** How samples are decoded; known once there was one. */
    SampleDecoder decoder() {
        SampleDecoder known = decoder;
        if (known == null) {
            throw DatasetFault.empty();
        }
        return known;
    }

    long labelled() {
        return labelled == null ? 0 : labelled.rows();
    }

    /** Of which rows some are held back. */
    DividedRows divided() {
        return new DividedRows(divided, labelled());
    }

    long unlabelled() {
        return unlabelled == null ? 0 : unlabelled.rows();
    }

    long leftOut() {
        return leftOut;
    }

    @Override
    public void close() throws IOException {
        ArrayPair pair = labelled;
        ArrayPair array = unlabelled;
        try {
            if (pair != null) {
                pair.close();
            }
        } finally {
            if (array != null) {
                array.close();
            }
        }
    }
}
