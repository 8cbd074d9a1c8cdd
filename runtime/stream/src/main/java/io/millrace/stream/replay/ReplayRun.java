package io.millrace.stream.replay;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineReplays.Reference;
import io.millrace.spi.PipelineReplays.State;
import io.millrace.stream.DryRun;
import io.millrace.stream.PipelineInsight;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replay, worked off by one thread.
 *
 * <pre>{@code
 * inputs of that time ─▶ steps, versions as asked for ─▶ now  ─┐
 *                                                             ├─▶ comparison
 * answers kept in the log, or the steps as declared   ─▶ then ─┘
 * }</pre>
 */
final class ReplayRun {

    private static final Logger logger = LoggerFactory.getLogger(ReplayRun.class);
    private static final int BATCH = 64;
    private static final int MAX_POLL = 1_024;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PipelineInsight insight;
    private final String id;
    private final PipelinePlan plan;
    private final PipelinePlan changed;
    private final PipelineReplays.Request request;
    private final Instant startedAt;
    private final Courtesy courtesy;
    private final List<DryRun> runs = new ArrayList<>();
    private volatile State state = State.RUNNING;
    private volatile String message = "starting";
    private volatile Comparison comparison = new Comparison(Reference.KEPT, "", 0);
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private volatile boolean isCancelled;

    /**
     * Not yet running.
     *
     * @param plan as the pipeline runs
     * @param changed with the versions that were asked for
     */
    ReplayRun(
            PipelineInsight insight,
            String id,
            PipelinePlan plan,
            PipelinePlan changed,
            PipelineReplays.Request request) {
        this.insight = insight;
        this.id = id;
        this.plan = plan;
        this.changed = changed;
        this.request = request;
        this.startedAt = insight.time().now();
        this.courtesy = new Courtesy(insight.time(), insight::lag);
    }

    ResourceKey pipeline() {
        return plan.pipeline();
    }

    String id() {
        return id;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    PipelineReplays.Job job() {
        return new PipelineReplays.Job(
                id,
                plan.pipeline(),
                request,
                state,
                message,
                done.get(),
                total.get(),
                startedAt,
                comparison.report());
    }

    /** Makes it end soon. */
    void cancel() {
        isCancelled = true;
        List<DryRun> open;
        synchronized (runs) {
            open = List.copyOf(runs);
        }
        open.forEach(DryRun::cancel);
    }

    /** Does all the work; the one place that takes anything, since nobody waits for the thread. */
    void run() {
        try (LogReader reader = insight.log().reader(MAX_POLL)) {
            replay(reader);
            end(isCancelled ? State.CANCELLED : State.DONE, isCancelled ? "cancelled" : ended());
        } catch (Throwable e) {
            if (isCancelled) {
                end(State.CANCELLED, "cancelled");
            } else {
                logger.warn("replay {} of {} failed", id, plan.pipeline(), e);
                end(
                        State.FAILED,
                        e instanceof MillraceException known ? known.text() : e.toString());
            }
        } finally {
            insight.forgetDryRuns(plan.pipeline());
        }
    }

    private void end(State how, String why) {
        message = why;
        state = how;
    }

    private String ended() {
        String kept =
                branchTopic()
                        .map(topic -> "; the new answers are in the topic " + topic)
                        .orElse("");
        return done.get() == 0 ? "no records in that time" : "finished" + kept;
    }

    private Optional<String> branchTopic() {
        return request.branch()
                .map(branch ->
                        LogTopic.ofReplay(
                                plan.pipeline().project(), plan.pipeline().name(), branch));
    }

    private void replay(LogReader reader) {
        Map<LogPartition, OffsetRange> inputs = inputs(reader);
        total.set(inputs.values().stream().mapToLong(OffsetRange::length).sum());
        if (total.get() == 0) {
            return;
        }
        message = "reading the answers of that time";
        KeptAnswers kept = kept(reader, inputs);
        boolean isKept = !kept.isEmpty();
        comparison = isKept ? withKept() : withServing();
        Branch branch =
                branchTopic()
                        .map(topic -> new Branch(insight.log(), topic, plan.pipeline()))
                        .orElse(null);
        if (branch != null) {
            branch.open();
        }
        message = "replaying";
        try (DryRun now = open(changed);
                DryRun then = isKept ? null : open(plan)) {
            reader.seek(inputs);
            while (!reader.isAtEnd() && !isCancelled) {
                for (List<LogRecord> batch : batches(reader.poll(POLL))) {
                    courtesy.giveWay(() -> isCancelled);
                    if (isCancelled) {
                        return;
                    }
                    replay(batch, now, then, kept, branch);
                }
            }
        }
    }

    private void replay(
            List<LogRecord> batch,
            DryRun now,
            @Nullable DryRun then,
            KeptAnswers kept,
            @Nullable Branch branch) {
        List<DryRun.Outcome> outcomes = now.run(batch);
        List<DryRun.Outcome> before = then == null ? List.of() : then.run(batch);
        for (int i = 0; i < batch.size(); i++) {
            LogPosition position = LogPosition.of(batch.get(i));
            Comparison.Side old =
                    then == null
                            ? sideOf(kept, position)
                            : Comparison.Side.of(before.get(i).payloads(), before.get(i).failure());
            comparison.add(
                    position,
                    old,
                    Comparison.Side.of(outcomes.get(i).payloads(), outcomes.get(i).failure()));
        }
        if (branch != null) {
            branch.append(batch, outcomes, insight.time().epochMillis());
        }
        done.addAndGet(batch.size());
    }

    /** A dead letter that was tried again later may have been answered after all. */
    private static Comparison.Side sideOf(KeptAnswers kept, LogPosition position) {
        List<byte[]> payloads = kept.take(position);
        return new Comparison.Side(
                payloads,
                payloads.isEmpty() && kept.hasFailed(position)
                        ? Optional.of("it became a dead letter")
                        : Optional.empty());
    }

    private DryRun open(PipelinePlan which) {
        DryRun run = insight.dryRun(which, PATIENCE);
        synchronized (runs) {
            runs.add(run);
        }
        if (isCancelled) {
            run.cancel();
        }
        return run;
    }

    /**
     * In order, and only those of the time that was asked for: timestamps may be out of order. None
     * is left out within a batch.
     */
    private List<List<LogRecord>> batches(List<LogRecord> polled) {
        var batches = new ArrayList<List<LogRecord>>();
        int first = 0;
        int leftOut = 0;
        for (int i = 0; i < polled.size(); i++) {
            if (!isOfTheTime(polled.get(i))) {
                addBatch(polled, first, i, batches);
                first = i + 1;
                leftOut++;
            } else if (i + 1 - first == BATCH) {
                addBatch(polled, first, i + 1, batches);
                first = i + 1;
            }
        }
        addBatch(polled, first, polled.size(), batches);
        total.addAndGet(-leftOut);
        return batches;
    }

    private static void addBatch(
            List<LogRecord> polled, int from, int to, List<List<LogRecord>> batches) {
        if (from < to) {
            batches.add(polled.subList(from, to));
        }
    }

    private boolean isOfTheTime(LogRecord record) {
        long millis = record.timestampMillis();
        return millis >= request.from().toEpochMilli() && millis < request.to().toEpochMilli();
    }

    private Map<LogPartition, OffsetRange> inputs(LogReader reader) {
        var topics = new TreeSet<String>();
        plan.inputs().stream()
                .filter(input -> !input.isRetries())
                .forEach(input -> topics.add(input.logTopic()));
        Map<LogPartition, Long> starts = reader.offsetsAt(topics, request.from().toEpochMilli());
        Map<LogPartition, Long> ends = reader.offsetsAt(topics, request.to().toEpochMilli());
        var ranges = new HashMap<LogPartition, OffsetRange>();
        reader.ranges(topics)
                .forEach((partition, all) -> {
                    long from = Math.max(all.from(), starts.getOrDefault(partition, all.from()));
                    long to = Math.min(all.to(), ends.getOrDefault(partition, all.to()));
                    if (from < to) {
                        ranges.put(partition, new OffsetRange(from, to));
                    }
                });
        return limited(ranges);
    }

    /** The first records of each partition, each with its share of the limit. */
    private Map<LogPartition, OffsetRange> limited(Map<LogPartition, OffsetRange> ranges) {
        long all = ranges.values().stream().mapToLong(OffsetRange::length).sum();
        if (all <= request.limit()) {
            return ranges;
        }
        var limited = new HashMap<LogPartition, OffsetRange>();
        long left = request.limit();
        long rest = all;
        for (LogPartition partition : new TreeSet<>(ranges.keySet())) {
            OffsetRange range = ranges.get(partition);
            if (range != null) {
                long share = Math.ceilDiv(left * range.length(), rest);
                left -= share;
                rest -= range.length();
                limited.put(partition, new OffsetRange(range.from(), range.from() + share));
            }
        }
        return limited;
    }

    private KeptAnswers kept(LogReader reader, Map<LogPartition, OffsetRange> inputs) {
        ResourceKey key = plan.pipeline();
        var kept = new KeptAnswers(inputs, key.project() + "/" + key.name());
        Optional<String> topic = insight.keptAnswers(plan);
        if (topic.isPresent()) {
            for (String source :
                    Set.of(topic.get(), LogTopic.ofDeadLetters(key.project(), key.name()))) {
                kept.read(reader, source, request.from().toEpochMilli(), () -> isCancelled);
            }
        }
        return kept;
    }

    private Comparison withKept() {
        String topic = insight.keptAnswers(plan).orElse("");
        return new Comparison(
                Reference.KEPT,
                "the answers given then, as the topic %s keeps them".formatted(topic),
                request.examples());
    }

    private Comparison withServing() {
        String why =
                insight.keptAnswers(plan)
                        .map(topic -> "the topic %s has none of that time".formatted(topic))
                        .orElse("the pipeline has no output 'stream: {}' that keeps them");
        return new Comparison(
                Reference.SERVING,
                "the answers of the declared versions now, since those given then are not kept (%s)"
                        .formatted(why),
                request.examples());
    }

    /** For a request that can never be worked off. */
    static void check(PipelineReplays.Request request) {
        if (!request.from().isBefore(request.to())) {
            throw MillraceException.invalid(
                    "the time from %s to %s is empty".formatted(request.from(), request.to()));
        }
        if (request.limit() < 1) {
            throw new MillraceException(ErrorCode.INVALID, "the limit must be at least 1");
        }
    }
}
