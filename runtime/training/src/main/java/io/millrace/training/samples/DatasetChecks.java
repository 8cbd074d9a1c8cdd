package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.DatasetHost;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the ranges of datasets and at their first records. */
public final class DatasetChecks implements DatasetHost {

    private static final Logger LOG = LoggerFactory.getLogger(DatasetChecks.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(3);
    private static final State NOTHING_YET = new State(0, 0, "", "", "");

    private final StreamLog log;
    private final Samples samples;
    private final TimeSource time;
    private final Executor executor;
    private final Map<ResourceKey, Look> looks = new ConcurrentHashMap<>();

    /** The last look at one dataset. Guarded by itself. */
    private static final class Look {
        private @Nullable DatasetSpec spec;
        private @Nullable State state;
        private long lookedAt;
        private boolean isUnderWay;
        private boolean isRemoved;
    }

    /**
     * Looks on the threads of an executor.
     *
     * @param samples that are released when a dataset is removed
     * @param executor for work that waits for the log
     */
    public DatasetChecks(StreamLog log, Samples samples, TimeSource time, Executor executor) {
        this.log = log;
        this.samples = samples;
        this.time = time;
        this.executor = executor;
    }

    /** Who a dataset is among the owners of samples. */
    public static String owner(ResourceKey dataset) {
        return "dataset/" + dataset;
    }

    @Override
    public void check(ResourceKey dataset, DatasetSpec spec, Runnable changed) {
        Look look = looks.computeIfAbsent(dataset, _ -> new Look());
        synchronized (look) {
            boolean isFresh =
                    spec.equals(look.spec)
                            && look.state != null
                            && time.nanoTime() - look.lookedAt < BETWEEN_LOOKS.toNanos();
            if (look.isUnderWay || isFresh) {
                return;
            }
            look.isUnderWay = true;
            look.spec = spec;
        }
        try {
            executor.execute(() -> look(dataset, spec, look, changed));
        } catch (RejectedExecutionException e) {
            synchronized (look) {
                look.isUnderWay = false;
            }
            LOG.debug("{} is not looked at: the server stops", dataset, e);
        }
    }

    private void look(ResourceKey dataset, DatasetSpec spec, Look look, Runnable changed) {
        State found = look(dataset, spec);
        boolean isNew;
        synchronized (look) {
            isNew = !look.isRemoved && !found.equals(look.state);
            look.state = found;
            look.lookedAt = time.nanoTime();
            look.isUnderWay = false;
        }
        if (isNew) {
            changed.run();
        }
    }

    private State look(ResourceKey dataset, DatasetSpec spec) {
        try {
            return look(spec);
        } catch (DatasetFault e) {
            return fault(e.reason(), e.text());
        } catch (MillraceException e) {
            return fault(e.code().isTransient() ? "LogUnavailable" : "Invalid", e.text());
        } catch (RuntimeException e) {
            // The supervisor of this work: without an answer the dataset would wait for ever.
            LOG.error("{} could not be looked at", dataset, e);
            return fault("Internal", "the look failed: " + e);
        }
    }

    private static State fault(String reason, String message) {
        return new State(0, 0, "", reason, message);
    }

    private State look(DatasetSpec spec) {
        try (LogReader reader = log.reader(1)) {
            var ranges = new LogRanges(reader, time);
            if (isAwaited(spec, reader)) {
                return NOTHING_YET;
            }
            List<Part> labelled = ranges.partsLeft(spec.ranges());
            List<Part> unlabelled = ranges.partsLeft(spec.unlabelled());
            long records = total(labelled);
            if (records == 0 && spec.isClosed()) {
                throw DatasetFault.empty();
            }
            return new State(records, total(unlabelled), sample(spec, ranges, labelled), "", "");
        }
    }

    /** A topic of a live stream may be made by its first record. */
    private static boolean isAwaited(DatasetSpec spec, LogReader reader) {
        List<String> topics = spec.ranges().stream().map(TopicRange::topic).distinct().toList();
        return !spec.isClosed() && reader.ranges(topics).isEmpty();
    }

    private static long total(List<Part> parts) {
        return parts.stream().mapToLong(Part::length).sum();
    }

    /** What the first record is like; a record that cannot be decoded is a fault. */
    private static String sample(DatasetSpec spec, LogRanges ranges, List<Part> parts) {
        var first = new First();
        for (Part part : parts) {
            if (first.record == null && part.length() > 0) {
                ranges.read(part, first::take);
            }
        }
        LogRecord record = first.record;
        if (record == null) {
            if (spec.isClosed()) {
                throw DatasetFault.empty();
            }
            return "";
        }
        try {
            SampleDecoder decoder = SampleDecoder.of(spec, record);
            return "input " + words(decoder.input()) + ", label " + labelWords(decoder);
        } catch (MillraceException e) {
            throw DatasetFault.undecodable(
                    "the first record, %s/%d".formatted(record.partition(), record.offset()), e);
        }
    }

    private static String labelWords(SampleDecoder decoder) {
        return decoder.hasTextLabels() ? "text" : words(decoder.label());
    }

    /** Such as {@code uint8 28x28}. */
    private static String words(TensorSpec tensor) {
        var text = new StringBuilder(tensor.type().plainName());
        for (int axis = 1; axis < tensor.shape().rank(); axis++) {
            text.append(axis == 1 ? ' ' : 'x').append(tensor.shape().extent(axis));
        }
        return text.toString();
    }

    private static final class First {
        private @Nullable LogRecord record;

        boolean take(LogRecord next) {
            record = next;
            return false;
        }
    }

    @Override
    public Optional<State> observe(ResourceKey dataset) {
        Look look = looks.get(dataset);
        if (look == null) {
            return Optional.empty();
        }
        synchronized (look) {
            return Optional.ofNullable(look.state);
        }
    }

    @Override
    public void remove(ResourceKey dataset) {
        Look look = looks.remove(dataset);
        if (look != null) {
            synchronized (look) {
                look.isRemoved = true;
            }
        }
        samples.release(owner(dataset));
    }
}
