package io.millrace.stream.replay;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.Provenance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What the log keeps of the answers to some records: read once, then asked record by record.
 *
 * <p>An output that was written twice after a fault is one answer.
 */
final class KeptAnswers {

    private static final Duration POLL = Duration.ofMillis(200);

    /** Clocks of senders differ: an answer may stand before one of an earlier record. */
    private static final long SLACK_MILLIS = 60_000;

    private static final long MAX_BYTES = 256L << 20;

    private final Map<LogPartition, OffsetRange> inputs;
    private final String pipeline;
    private final Map<LogPosition, List<byte[]>> answers = new HashMap<>();
    private final Map<LogPosition, Long> madeAt = new HashMap<>();
    private final Set<LogPosition> failed = new HashSet<>();
    private long bytes;

    /**
     * None so far.
     *
     * @param inputs of which records answers are wanted
     * @param pipeline that gave them, as {@code project/name}
     */
    KeptAnswers(Map<LogPartition, OffsetRange> inputs, String pipeline) {
        this.inputs = Map.copyOf(inputs);
        this.pipeline = pipeline;
    }

    /** Reads all of a topic from some time on. */
    void read(LogReader reader, String topic, long fromMillis, BooleanSupplier isEnded) {
        Map<LogPartition, Long> starts =
                reader.offsetsAt(Set.of(topic), Math.max(0, fromMillis - SLACK_MILLIS));
        var parts = new HashMap<LogPartition, OffsetRange>();
        reader.ranges(Set.of(topic))
                .forEach((partition, range) -> {
                    long start =
                            Math.max(range.from(), starts.getOrDefault(partition, range.from()));
                    parts.put(partition, new OffsetRange(start, Math.max(start, range.to())));
                });
        reader.seek(parts);
        while (!reader.isAtEnd() && !isEnded.getAsBoolean()) {
            reader.poll(POLL).forEach(this::add);
        }
    }

    private void add(LogRecord record) {
        String dead = Header.find(record.headers(), HeaderNames.DEAD_POSITION);
        if (dead != null) {
            LogPosition position = LogPosition.parse(dead);
            if (isWanted(position)) {
                failed.add(position);
            }
            return;
        }
        String text = Header.find(record.headers(), HeaderNames.PROVENANCE);
        if (text != null) {
            Provenance.parse(text)
                    .filter(provenance -> provenance.pipeline().equals(pipeline))
                    .ifPresent(provenance -> add(provenance, record.value()));
        }
    }

    private void add(Provenance provenance, byte[] payload) {
        LogPosition position = LogPosition.parse(provenance.position());
        if (!isWanted(position)) {
            return;
        }
        Long known = madeAt.put(position, provenance.answeredMillis());
        if (known != null && known != provenance.answeredMillis()) {
            // The batch was repeated after a fault: what it gave the last time counts.
            answers.remove(position);
        }
        answers.computeIfAbsent(position, _ -> new ArrayList<>(1)).add(payload);
        bytes += payload.length;
        if (bytes > MAX_BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "the answers of that time take more than %d MiB; choose a shorter time or --limit"
                            .formatted(MAX_BYTES >> 20));
        }
    }

    private boolean isWanted(LogPosition position) {
        OffsetRange range = inputs.get(position.partition());
        return range != null && position.offset() >= range.from() && position.offset() < range.to();
    }

    /** Whether there is any answer or failure at all. */
    boolean isEmpty() {
        return answers.isEmpty() && failed.isEmpty();
    }

    /** What was answered to a record; forgets it. */
    List<byte[]> take(LogPosition position) {
        List<byte[]> taken = answers.remove(position);
        return taken == null ? List.of() : taken;
    }

    /** Whether a record was given up. */
    boolean hasFailed(LogPosition position) {
        return failed.contains(position);
    }
}
