package io.millrace.stream.trace;

import io.millrace.api.ErrorCode;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import io.millrace.spi.Provenance;
import io.millrace.stream.PipelineInsight;
import io.millrace.stream.dead.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for what was made of one record, in the topics where that may be. Outputs and dead letters
 * have the timestamp of their record, so the search begins there; it ends soon after something was
 * found, or when it has taken too long.
 */
final class OutputSearch {

    private static final Duration LONGEST = Duration.ofSeconds(8);
    private static final long MOST_RECORDS = 2_000_000;
    private static final long MORE_AFTER_FOUND = 5_000;

    private final LogReader reader;
    private final TimeSource time;
    private final long fromMillis;
    private final String pipeline;
    private final String position;
    private final String deadLetters;
    private final List<PipelineTraces.Output> outputs = new ArrayList<>();
    private Optional<PipelineTraces.Dead> dead = Optional.empty();

    OutputSearch(LogReader reader, TimeSource time, PipelinePlan plan, LogRecord input) {
        this.reader = reader;
        this.time = time;
        this.pipeline = plan.pipeline().project() + "/" + plan.pipeline().name();
        // What was made of a retry says where the record was read first, and has its timestamp.
        this.position = Origin.position(input);
        this.fromMillis = Origin.timestampMillis(input);
        this.deadLetters =
                LogTopic.ofDeadLetters(plan.pipeline().project(), plan.pipeline().name());
    }

    Traces.Found find(List<PipelineInsight.Destination> destinations) {
        var remarks = new ArrayList<String>();
        var topics = new LinkedHashSet<String>(Set.of(deadLetters));
        for (PipelineInsight.Destination destination : destinations) {
            if (destination.isInLog() && !destination.text().isEmpty()) {
                topics.add(destination.text());
            }
        }
        reader.seek(parts(topics));
        long end = time.nanoTime() + LONGEST.toNanos();
        long read = 0;
        long until = MOST_RECORDS;
        while (!reader.isAtEnd() && read < until) {
            for (LogRecord record : reader.poll(Traces.POLL)) {
                read++;
                if (isMatch(record)) {
                    until = Math.min(until, read + MORE_AFTER_FOUND);
                }
            }
            if (time.nanoTime() - end >= 0) {
                remarks.add(
                        "the search was given up after %d records and %d s"
                                .formatted(read, LONGEST.toSeconds()));
                break;
            }
        }
        return new Traces.Found(List.copyOf(outputs), dead, remarks);
    }

    private Map<LogPartition, OffsetRange> parts(Set<String> topics) {
        var parts = new HashMap<LogPartition, OffsetRange>();
        Map<LogPartition, Long> starts = reader.offsetsAt(topics, fromMillis);
        reader.ranges(topics)
                .forEach((partition, range) -> {
                    long start =
                            Math.max(range.from(), starts.getOrDefault(partition, range.from()));
                    parts.put(partition, new OffsetRange(start, Math.max(start, range.to())));
                });
        return parts;
    }

    private boolean isMatch(LogRecord record) {
        if (record.partition().topic().equals(deadLetters)) {
            return isDead(record);
        }
        String text = Header.find(record.headers(), HeaderNames.PROVENANCE);
        Optional<Provenance> provenance = text == null ? Optional.empty() : Provenance.parse(text);
        if (provenance.isEmpty()
                || !provenance.get().position().equals(position)
                || !provenance.get().pipeline().equals(pipeline)) {
            return false;
        }
        outputs.add(
                new PipelineTraces.Output(
                        LogPosition.of(record),
                        record.value(),
                        provenance.get().answeredMillis(),
                        provenance.get().steps()));
        return true;
    }

    private boolean isDead(LogRecord record) {
        if (!position.equals(Header.find(record.headers(), HeaderNames.DEAD_POSITION))) {
            return false;
        }
        dead =
                Optional.of(
                        new PipelineTraces.Dead(
                                LogPosition.of(record),
                                DeadHeaders.failure(record),
                                DeadHeaders.number(record, HeaderNames.DEAD_AT)));
        return true;
    }

    /** What a dead letter says of itself. */
    private static final class DeadHeaders {

        private DeadHeaders() {}

        static PipelineTaps.Failure failure(LogRecord letter) {
            return new PipelineTaps.Failure(
                    text(letter, HeaderNames.DEAD_STAGE),
                    code(text(letter, HeaderNames.DEAD_CODE)),
                    text(letter, HeaderNames.DEAD_REASON),
                    (int) number(letter, HeaderNames.DEAD_ATTEMPTS));
        }

        static long number(LogRecord letter, String header) {
            try {
                return Long.parseLong(text(letter, header));
            } catch (NumberFormatException _) {
                return 0;
            }
        }

        private static String text(LogRecord letter, String header) {
            String text = Header.find(letter.headers(), header);
            return text == null ? "" : text;
        }

        private static ErrorCode code(String name) {
            for (ErrorCode code : ErrorCode.values()) {
                if (code.name().equals(name)) {
                    return code;
                }
            }
            return ErrorCode.INTERNAL;
        }
    }
}
