package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.codec.payload.ReadingCodec;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes windows of the last readings of each series.
 *
 * <p>What it remembers of a partition is good for exactly one next offset. A record at another one
 * (the first after a start, after another task had the partition, or one that is tried again) has
 * the memory read from the log first: from where it ends, or, when it is ahead or there is none,
 * from the lookback before that record. So every record is answered as if all before it had just
 * come by, however often it is tried; until the log has been read it waits. Between two neighbours
 * of a batch there is nothing in the log, though offsets may be missing there: the end of a
 * transaction takes one.
 */
final class WindowStage implements Stage {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final int POLLS_WITHOUT_RECORDS = 25;
    private static final int MAX_RECORDS = 2_000;

    private final String label;
    private final WindowStep step;
    private final StreamLog log;
    private final TaskControl control;
    private final PipelineMeters meters;
    private final ReadingCodec codec;
    private final SeriesWindows windows;
    private final long gap;
    private final Map<LogPartition, Position> positions = new HashMap<>();
    private final Set<LogPartition> waiting = new HashSet<>();
    private @Nullable LogReader reader;

    WindowStage(
            String label,
            WindowStep step,
            StreamLog log,
            TaskControl control,
            PipelineMeters meters) {
        this.label = label;
        this.step = step;
        this.log = log;
        this.control = control;
        this.meters = meters;
        this.codec = new ReadingCodec(step);
        this.windows = new SeriesWindows(step.size(), meters.forgottenSeries());
        this.gap = step.gap().isPresent() ? step.gap().get().toNanos() : Long.MAX_VALUE;
    }

    /** The offset for which the memory of a partition is good. */
    private static final class Position {
        private long next;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        waiting.clear();
        for (int i = 0; i < count; i++) {
            int item = pending[i];
            LogRecord record = batch.recordOf(item);
            if (i > 0 && pending[i - 1] == item - 1) {
                passHole(batch.recordOf(item - 1), record);
            }
            if (LogTopic.isRetries(record.partition().topic())) {
                answerRetry(record, batch.payload(item), item, verdicts);
                continue;
            }
            if (waiting.contains(record.partition())) {
                verdicts.mustWait(item, ErrorCode.UNAVAILABLE, "the window is filled first");
                continue;
            }
            try {
                remember(record);
            } catch (MillraceException e) {
                waiting.add(record.partition());
                forget(record.partition());
                verdicts.mustWait(item, e.code(), e.text());
                continue;
            }
            answer(record, batch.payload(item), item, verdicts);
        }
    }

    private void answer(LogRecord record, byte[] payload, int item, Verdicts verdicts) {
        try {
            codec.decode(payload);
            String series = codec.series();
            SeriesWindow window = windows.of(record.partition(), SeriesName.of(record, series));
            answer(window, series, time(record.offset()), item, verdicts);
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
        }
    }

    private void answer(
            SeriesWindow window, String series, long time, int item, Verdicts verdicts) {
        if (!window.put(time, codec.value())) {
            meters.lateReadings().increment();
            verdicts.sent(item, List.of());
        } else if (window.isComplete(gap)) {
            verdicts.sent(item, codec.encode(series, window.values()));
        } else {
            verdicts.sent(item, List.of());
        }
    }

    /** A reading that is tried again has the window that it had where it was read first. */
    private void answerRetry(LogRecord record, byte[] payload, int item, Verdicts verdicts) {
        ReadingOrigin origin;
        String series;
        try {
            origin = ReadingOrigin.of(record);
            codec.decode(payload);
            series = codec.series();
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
            return;
        }
        String name = SeriesName.of(record, series);
        var window = new SeriesWindow(step.size());
        try {
            LogReader open = reader();
            long from = since(open, origin.partition(), origin.offset(), origin.timestampMillis());
            read(
                    open,
                    origin.partition(),
                    new OffsetRange(from, origin.offset()),
                    before -> putOwn(before, name, window));
        } catch (MillraceException e) {
            verdicts.mustWait(item, e.code(), e.text());
            return;
        }
        try {
            codec.decode(payload);
            answer(window, series, time(origin.offset()), item, verdicts);
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
        }
    }

    private void putOwn(LogRecord record, String name, SeriesWindow window) {
        if (isReading(record) && SeriesName.of(record, codec.series()).equals(name)) {
            var _ = window.put(time(record.offset()), codec.value());
        }
    }

    /** Without a declared time, readings are in the order of the log. */
    private long time(long offset) {
        return step.time().isPresent() ? codec.nanos() : offset;
    }

    /** Moves the memory of a partition over offsets between two neighbours. */
    private void passHole(LogRecord before, LogRecord record) {
        if (before.offset() + 1 == record.offset()
                || !before.partition().equals(record.partition())) {
            return;
        }
        Position position = positions.get(record.partition());
        if (position != null && position.next == before.offset() + 1) {
            position.next = record.offset();
        }
    }

    /** Has the memory of the record's partition end right before the record, and moves on. */
    private void remember(LogRecord record) {
        Position position = positions.get(record.partition());
        if (position == null || position.next != record.offset()) {
            catchUp(record, position == null ? -1 : position.next);
            position = new Position();
            positions.put(record.partition(), position);
        }
        position.next = record.offset() + 1;
    }

    /**
     * Reads what lies between the memory and a record.
     *
     * @param next for which offset the memory is good, -1 when there is none
     */
    private void catchUp(LogRecord record, long next) {
        LogPartition partition = record.partition();
        boolean isAhead = next > record.offset();
        if (next < 0 || isAhead) {
            forget(partition);
        }
        if (record.offset() == 0) {
            return;
        }
        LogReader open = reader();
        long from = since(open, partition, record.offset(), record.timestampMillis());
        if (next >= 0 && !isAhead) {
            if (next < from) {
                forget(partition); // too long ago, as for a start
            }
            from = Math.max(next, from);
        }
        read(open, partition, new OffsetRange(from, record.offset()), this::put);
    }

    /** The offset where the lookback of a record begins. */
    private long since(LogReader open, LogPartition partition, long offset, long millis) {
        if (step.lookback().isZero()) {
            return offset;
        }
        Long first =
                open.offsetsAt(List.of(partition.topic()), millis - step.lookback().toMillis())
                        .get(partition);
        return first == null ? offset : Math.min(first, offset);
    }

    private void read(
            LogReader open, LogPartition partition, OffsetRange part, Consumer<LogRecord> sink) {
        if (part.length() == 0) {
            return;
        }
        open.seek(Map.of(partition, part));
        int empty = 0;
        while (!open.isAtEnd()) {
            control.pause(Duration.ZERO); // ends here when the task has to
            List<LogRecord> records = open.poll(POLL);
            empty = records.isEmpty() ? empty + 1 : 0;
            if (empty > POLLS_WITHOUT_RECORDS) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the log does not give the readings of %s from %d to %d"
                                .formatted(partition, part.from(), part.to()));
            }
            records.forEach(sink);
        }
    }

    private void put(LogRecord record) {
        if (isReading(record)) {
            var _ =
                    windows.of(record.partition(), SeriesName.of(record, codec.series()))
                            .put(time(record.offset()), codec.value());
        }
    }

    /** What is none has failed when its turn was. */
    private boolean isReading(LogRecord record) {
        try {
            codec.decode(record.value());
            return true;
        } catch (MillraceException _) {
            return false;
        }
    }

    private void forget(LogPartition partition) {
        positions.remove(partition);
        windows.forget(partition);
    }

    private LogReader reader() {
        LogReader known = reader;
        if (known == null) {
            known = log.reader(MAX_RECORDS);
            reader = known;
        }
        return known;
    }

    @Override
    public Optional<String> notReady() {
        return Optional.empty();
    }

    @Override
    public void close() {
        LogReader open = reader;
        reader = null;
        if (open != null) {
            open.close();
        }
    }
}
