package io.millrace.stream.trace;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineTraces;
import io.millrace.stream.DryRun;
import io.millrace.stream.PipelineInsight;
import io.millrace.stream.dead.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Traces of records by what the log holds. */
public final class Traces implements PipelineTraces {

    static final Duration POLL = Duration.ofMillis(200);

    private static final int MAX_RECORDS = 1_000;
    private static final Duration FIND_INPUT = Duration.ofSeconds(10);
    private static final Duration TRY = Duration.ofSeconds(20);

    private final PipelineInsight insight;
    private final Consumer<ResourceKey> forget;

    /**
     * Traces of pipelines.
     *
     * @param insight of the runtime that runs them
     * @param forget called with the key under which functions are tried, so that what they print
     *     there is not kept
     */
    public Traces(PipelineInsight insight, Consumer<ResourceKey> forget) {
        this.insight = insight;
        this.forget = forget;
    }

    @Override
    public Trace trace(ResourceKey pipeline, LogPosition position, boolean isTried) {
        PipelinePlan plan = insight.plan(pipeline);
        requireInput(plan, position.partition().topic());
        LogRecord input;
        Found found;
        State state;
        var remarks = new ArrayList<String>();
        try (LogReader reader = insight.log().reader(MAX_RECORDS)) {
            input = find(reader, position);
            Optional<Long> committed = committed(reader, plan, position);
            boolean isFinished = committed.isPresent() && position.offset() < committed.get();
            List<PipelineInsight.Destination> destinations = insight.destinations(plan, input);
            found = new OutputSearch(reader, insight.time(), plan, input).find(destinations);
            remarks.addAll(found.remarks());
            state = state(found, isFinished, committed);
            if (found.isAnsweredLater()) {
                remarks.add(
                        "it was the dead letter %s before it was tried again"
                                .formatted(found.dead().orElseThrow().letter()));
            }
            if (!(state instanceof Dead)) {
                remark(destinations, isFinished, remarks);
            }
        }
        return new Trace(
                input, state, found.outputs(), remarks, isTried ? tried(plan, input) : List.of());
    }

    private static State state(Found found, boolean isFinished, Optional<Long> committed) {
        if (found.dead().isPresent() && !found.isAnsweredLater()) {
            return found.dead().get();
        }
        return isFinished || found.isAnsweredLater() ? new Answered() : new Pending(committed);
    }

    /**
     * What the log has of a record.
     *
     * @param outputs that were made of it
     * @param dead as which it is kept when it was given up
     * @param remarks about the search
     */
    record Found(List<Output> outputs, Optional<Dead> dead, List<String> remarks) {

        /** Whether it was tried again after it had died, and answered then. */
        boolean isAnsweredLater() {
            return dead.isPresent()
                    && outputs.stream()
                            .anyMatch(each -> each.answeredMillis() > dead.get().atMillis());
        }
    }

    private static void requireInput(PipelinePlan plan, String topic) {
        String retries = LogTopic.ofRetries(plan.pipeline().project(), plan.pipeline().name());
        List<String> inputs =
                plan.inputs().stream().map(PipelinePlan.Input::logTopic).sorted().toList();
        if (!inputs.contains(topic) && !topic.equals(retries)) {
            throw MillraceException.invalid(
                    "pipeline/%s does not read the topic '%s'; it reads %s"
                            .formatted(
                                    plan.pipeline().name(),
                                    topic,
                                    inputs.isEmpty() ? "none yet" : String.join(", ", inputs)));
        }
    }

    private static String missing(LogPosition position, @Nullable OffsetRange range) {
        if (range == null) {
            return "the log has no partition " + position.partition();
        }
        return "the log has no record %s; "
                .formatted(position)
                .concat(
                        range.from() == range.to()
                                ? "that partition holds no records"
                                : "it holds the offsets from %d to %d"
                                        .formatted(range.from(), range.to() - 1));
    }

    private LogRecord find(LogReader reader, LogPosition position) {
        LogPartition partition = position.partition();
        OffsetRange range = reader.ranges(Set.of(partition.topic())).get(partition);
        if (range == null || position.offset() >= range.to() || position.offset() < range.from()) {
            throw MillraceException.notFound(missing(position, range));
        }
        reader.seek(Map.of(partition, new OffsetRange(position.offset(), position.offset() + 1)));
        long end = insight.time().nanoTime() + FIND_INPUT.toNanos();
        while (!reader.isAtEnd() && insight.time().nanoTime() < end) {
            for (LogRecord record : reader.poll(POLL)) {
                if (LogPosition.of(record).equals(position)) {
                    return record;
                }
            }
        }
        throw MillraceException.notFound(
                "there is no record at %s: it may belong to a transaction that was not committed"
                        .formatted(position));
    }

    private Optional<Long> committed(LogReader reader, PipelinePlan plan, LogPosition position) {
        return Optional.ofNullable(
                reader.committed(insight.group(plan), Set.of(position.partition().topic()))
                        .get(position.partition()));
    }

    private static void remark(
            List<PipelineInsight.Destination> destinations,
            boolean isFinished,
            List<String> remarks) {
        for (PipelineInsight.Destination destination : destinations) {
            if (destination.text().isEmpty()) {
                remarks.add(
                        "the record lacks what the %s output needs for its destination"
                                .formatted(destination.label()));
            } else if (!destination.isInLog()) {
                remarks.add(
                        "%s %s: %s"
                                .formatted(
                                        destination.label(),
                                        destination.text(),
                                        isFinished
                                                ? "accepted what the steps made of it; no copy is kept here"
                                                : "nothing is known yet"));
            }
        }
    }

    private List<Passed> tried(PipelinePlan plan, LogRecord input) {
        forget.accept(PipelineInsight.apart(plan.pipeline()));
        try (DryRun run = insight.dryRun(plan, TRY)) {
            return run.steps(Origin.restored(List.of(input)).getFirst());
        } finally {
            insight.forgetDryRuns(plan.pipeline());
        }
    }
}
