package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import io.millrace.process.Folders;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the labelled ranges of a dataset as records come, and hands them over in pieces. A record
 * that cannot be decoded is counted and left out: a stream does not end with it. One thread uses
 * it.
 */
public final class SampleStream implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SampleStream.class);
    private static final int MOST_LOGGED = 5;
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final long NO_END = Long.MAX_VALUE;

    private final DatasetSpec spec;
    private final Path folder;
    private final TimeSource time;
    private final Meters.Count leftOutCount;
    private final LogReader reader;
    private final TreeMap<LogPartition, Long> next = new TreeMap<>();
    private boolean isReading;
    private @Nullable SampleDecoder decoder;
    private long lastCame;
    private long leftOut;
    private long pieces;
    private boolean isClosed;

    private SampleStream(
            DatasetSpec spec,
            Path folder,
            TimeSource time,
            Meters.Count leftOutCount,
            LogReader reader) {
        this.spec = spec;
        this.folder = folder;
        this.time = time;
        this.leftOutCount = leftOutCount;
        this.reader = reader;
        this.lastCame = time.nanoTime();
    }

    /**
     * Follows the labelled samples of a dataset.
     *
     * @param folder for the pieces, made when it is needed; nobody else writes there
     * @param mostRecords the most of one piece
     * @param position that of the last piece that was used; empty for the beginning of the ranges
     * @throws MillraceException {@code UNSUPPORTED} when labels are text: numbers of classes that
     *     are not known yet would be others after a restart
     */
    public static SampleStream follow(
            StreamLog log,
            DatasetSpec spec,
            Path folder,
            TimeSource time,
            Meters meters,
            int mostRecords,
            String position) {
        if (spec.label().decode().type().equals(Optional.of(DataType.BYTES))) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "labels of a live stream: expected numbers, got text, whose classes are not known beforehand");
        }
        return new SampleStream(
                        spec,
                        folder,
                        time,
                        meters.count(
                                "millrace_training_samples_left_out_total",
                                "Records that could not be decoded and were left out of samples for training."),
                        log.reader(mostRecords))
                .from(position);
    }

    private SampleStream from(String position) {
        next.putAll(StreamPosition.parse(position));
        return this;
    }

    /**
     * Waits for the next piece, and removes the one before.
     *
     * @return empty when nothing came for so long
     * @throws MillraceException when the log cannot be read, or the first record that came cannot
     *     be decoded: what samples are like is then not known
     */
    public Optional<SampleChunk> next(Duration patience) throws InterruptedException {
        long deadline = time.nanoTime() + patience.toNanos();
        do {
            List<LogRecord> records = poll(deadline);
            if (Thread.interrupted()) {
                throw new InterruptedException("the stream is not wanted any more");
            }
            if (!records.isEmpty()) {
                lastCame = time.nanoTime();
                Optional<SampleChunk> piece = write(records);
                if (piece.isPresent()) {
                    return piece;
                }
            }
        } while (deadline - time.nanoTime() > 0 && !isAtEnd());
        return Optional.empty();
    }

    private List<LogRecord> poll(long deadline) {
        Duration left = Duration.ofNanos(Math.max(0, deadline - time.nanoTime()));
        if (!isReading && !begin()) {
            time.pause(left.compareTo(BETWEEN_LOOKS) < 0 ? left : BETWEEN_LOOKS);
            return List.of();
        }
        return reader.poll(left.compareTo(BETWEEN_LOOKS) < 0 ? left : BETWEEN_LOOKS);
    }

    /** Goes to where it shall read; false while a topic is not there yet. */
    private boolean begin() {
        List<TopicRange> ranges = spec.ranges();
        Set<String> topics = new LinkedHashSet<>();
        ranges.forEach(range -> topics.add(range.topic()));
        Map<LogPartition, OffsetRange> there = reader.ranges(topics);
        for (String topic : topics) {
            if (there.keySet().stream().noneMatch(each -> each.topic().equals(topic))) {
                return false;
            }
        }
        var parts = new TreeMap<LogPartition, OffsetRange>();
        for (TopicRange range : ranges) {
            there.forEach((partition, now) -> {
                boolean isMeant =
                        partition.topic().equals(range.topic())
                                && (range.partition().isEmpty()
                                        || range.partition().getAsInt() == partition.index());
                if (isMeant) {
                    long from = Math.max(range.start(), now.from());
                    long start = next.getOrDefault(partition, from);
                    next.put(partition, start);
                    long end = range.end().orElse(NO_END);
                    parts.put(partition, new OffsetRange(Math.min(start, end), end));
                }
            });
        }
        reader.seek(parts);
        isReading = true;
        return true;
    }

    private Optional<SampleChunk> write(List<LogRecord> records) {
        Path piece = folder.resolve("piece-" + pieces);
        try {
            if (pieces > 0) {
                Folders.delete(folder.resolve("piece-" + (pieces - 1)));
            }
            Folders.delete(piece);
            Files.createDirectories(piece);
            long samples = writeInto(piece, records);
            if (samples == 0) {
                Folders.delete(piece);
                return Optional.empty();
            }
            pieces++;
            return Optional.of(new SampleChunk(piece, samples, StreamPosition.format(next)));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INTERNAL,
                    "a piece of the stream cannot be written to %s: %s"
                            .formatted(piece, e.getMessage()),
                    e);
        }
    }

    private long writeInto(Path piece, List<LogRecord> records) throws IOException {
        SampleDecoder known = decoder == null ? learn(records) : decoder;
        if (known == null) {
            return 0;
        }
        try (ArrayPair pair =
                ArrayPair.labelled(known, piece.resolve(SampleSet.X), piece.resolve(SampleSet.Y))) {
            for (LogRecord record : records) {
                try {
                    pair.add(record);
                } catch (MillraceException e) {
                    leaveOut(record, e);
                }
                next.put(record.partition(), record.offset() + 1);
            }
            pair.finish();
            return pair.rows();
        }
    }

    /** The first record that can be decoded says what all are like. */
    private @Nullable SampleDecoder learn(List<LogRecord> records) {
        for (LogRecord record : records) {
            try {
                decoder = SampleDecoder.of(spec, record);
                return decoder;
            } catch (MillraceException e) {
                // It is told again, with the others, once there is one that can be decoded.
                LOG.debug("{} says nothing about samples", LogPosition.of(record), e);
            }
        }
        for (LogRecord record : records) {
            leaveOut(record, MillraceException.invalid("it is not as the dataset says"));
            next.put(record.partition(), record.offset() + 1);
        }
        return null;
    }

    private void leaveOut(LogRecord record, MillraceException cause) {
        leftOut++;
        leftOutCount.increment();
        if (leftOut <= MOST_LOGGED) {
            LOG.warn("left out: the record {}: {}", LogPosition.of(record), cause.text());
        }
    }

    /** As declared, with what the first sample showed; empty before it. */
    public Optional<DatasetSpec> dataset() {
        return Optional.ofNullable(decoder).map(known -> known.completed(spec));
    }

    /** For how long nothing has come. */
    public Duration idle() {
        return Duration.ofNanos(time.nanoTime() - lastCame);
    }

    /** How many records could not be decoded. */
    public long leftOut() {
        return leftOut;
    }

    /** Whether all ranges have an end and it was reached. */
    public boolean isAtEnd() {
        return isReading && reader.isAtEnd();
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        reader.close();
        try {
            if (pieces > 0) {
                Folders.delete(folder.resolve("piece-" + (pieces - 1)));
            }
        } catch (IOException e) {
            LOG.warn("the last piece of a stream in {} could not be removed", folder, e);
        }
    }
}
