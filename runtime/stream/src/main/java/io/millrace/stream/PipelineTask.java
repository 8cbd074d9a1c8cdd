package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.stream.dead.Origin;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a pipeline's consumer group: a loop that somebody else's thread steps.
 *
 * <pre>{@code
 * poll ─▶ stage ─▶ stage ─▶ outlets ─▶ dead letters ─▶ commit
 *           │        │         │ acknowledged   │ acknowledged
 *           └────────┴─────────┴── failed ──────┘
 * }</pre>
 *
 * A batch, which is a slice of what a poll gave, is committed only after each of its records is
 * acknowledged as an output, kept as a dead letter, made into nothing by a step, or counted as
 * dropped. Whatever ends the task before that makes the next owner of the partition read the whole
 * batch again. Where exactly once is declared, outputs, dead letters and commit are one transaction
 * instead: see {@link TransactedDelivery}.
 *
 * <p>Hot path.
 */
final class PipelineTask implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PipelineTask.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration IDLE = Duration.ofMillis(50);
    private static final long LAG_EVERY_NANOS = 1_000_000_000;
    private static final PipelineState RUNNING = new PipelineState.Running(Map.of());

    private final TaskContext context;
    private final TaskControl control;
    private final PipelineMeters meters;
    private final PipelineSpec.ErrorPolicy policy;
    private final TaskParts parts;
    private final LogConsumer consumer;
    private final StageChain stages;
    private final BatchTap tap;
    private final List<StageMeters> stageMeters;
    private final List<Outlet> outlets;
    private final List<StageMeters> outletMeters;
    private final @Nullable TransactedDelivery transacted;
    private final OutputHeaders headers;
    private final SliceAnswers answers;
    private final Gathering gathering;
    private final SliceTraces traces;
    private final DeadLetters deadLetters;
    private final Attempts attempts;
    private final OutsideRecords outside;
    private final Outcomes outcomes;
    private final Batch batch = new Batch();
    private final Verdicts verdicts = new Verdicts();
    private final SliceSize slices;
    private final boolean fetches;
    private final Backoff logWaits = new Backoff(IDLE, Duration.ofSeconds(5));
    private Set<String> subscribed = Set.of();
    private long lagAt;
    private long mostBytes;

    private PipelineTask(
            TaskContext context,
            PipelinePlan plan,
            TaskControl control,
            PipelineMeters meters,
            TaskParts parts) {
        this.context = context;
        this.control = control;
        this.meters = meters;
        this.outside = new OutsideRecords(meters.forgedHeaders());
        this.policy = plan.spec().onError();
        this.outcomes = new Outcomes(meters, policy.deadLetter());
        this.parts = parts;
        this.consumer = parts.consumer();
        this.attempts = new Attempts(policy, control, meters);
        this.stages = new StageChain(parts.stages(), attempts, verdicts);
        this.tap = new BatchTap(context.taps().of(plan.pipeline()), stages.stages());
        this.outlets = List.copyOf(parts.outlets());
        this.stageMeters = parts.stages().stream().map(s -> meters.stage(s.label())).toList();
        this.headers = parts.headers();
        this.answers = parts.answers();
        this.gathering = new Gathering(outlets);
        this.deadLetters = parts.deadLetters();
        this.transacted = transacted(context, plan, control, meters, parts);
        List<String> outputs =
                transacted == null
                        ? outlets.stream().map(Outlet::label).toList()
                        : List.of(TransactedDelivery.LABEL);
        this.outletMeters = outputs.stream().map(meters::stage).toList();
        this.traces =
                new SliceTraces(
                        context.tracing(),
                        context.time(),
                        plan.pipeline(),
                        parts.stages().stream().map(Stage::label).toList(),
                        outputs);
        headers.carry(traces);
        this.slices = transacted == null ? SliceSize.ofWrites() : SliceSize.ofTransactions();
        this.fetches = TaskAssembly.hasObjects(plan);
        this.lagAt = context.time().nanoTime() - LAG_EVERY_NANOS;
    }

    private static @Nullable TransactedDelivery transacted(
            TaskContext context,
            PipelinePlan plan,
            TaskControl control,
            PipelineMeters meters,
            TaskParts parts) {
        LogTransactor transactor = parts.transactor();
        return transactor == null
                ? null
                : new TransactedDelivery(
                        transactor,
                        new TaskAssembly(context, plan, meters)
                                .transactedOutputs(parts.headers(), parts.answers()),
                        parts.deadLetters(),
                        plan.spec().onError().deadLetter(),
                        control,
                        meters,
                        context.parking());
    }

    /**
     * Opens the consumer, the workers and the sinks of one task.
     *
     * @param index which task of the pipeline, from 0
     */
    static PipelineTask open(
            TaskContext context,
            PipelinePlan plan,
            int index,
            TaskControl control,
            PipelineMeters meters) {
        TaskParts parts = TaskParts.open(context, plan, index, control);
        try {
            var assembly = new TaskAssembly(context, plan, meters);
            assembly.addStages(control, index, parts.stages());
            if (parts.transactor() == null) {
                assembly.addOutlets(control, parts.headers(), parts.answers(), parts.outlets());
            }
            var task = new PipelineTask(context, plan, control, meters, parts);
            control.reading(parts.consumer());
            control.onAbort(() -> closeWorkers(task.stages.stages()));
            return task;
        } catch (Throwable e) {
            try {
                parts.close();
            } catch (MillraceException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Ends a call to a function that nobody waits for any more. */
    private static void closeWorkers(List<Stage> stages) {
        for (Stage stage : stages) {
            if (stage instanceof FunctionStage function) {
                function.close();
            } else if (stage instanceof FetchStage fetch) {
                fetch.cancel();
            }
        }
    }

    /**
     * Polls once and takes what came all the way, in slices.
     *
     * @return how many records were finished and committed
     * @throws BatchAbandoned when the task has to stop before the batch can be finished
     */
    int doWork() {
        storeWhatIsDue();
        takeOverInputs();
        if (subscribed.isEmpty()) {
            control.report(RUNNING);
            control.pause(IDLE);
            return 0;
        }
        var notReady = stages.notReady();
        if (notReady.isPresent()) {
            control.report(new PipelineState.Starting(notReady.get()));
            control.pause(IDLE);
            return 0;
        }
        List<LogRecord> polled = poll();
        gathering.forget(consumer.handedOver());
        int finished = finish(polled);
        measureLag();
        return finished;
    }

    private void takeOverInputs() {
        Set<String> wanted = control.inputs().topics();
        if (!wanted.equals(subscribed)) {
            consumer.subscribe(wanted);
            subscribed = wanted;
        }
    }

    private List<LogRecord> poll() {
        try {
            List<LogRecord> records =
                    outside.cleaned(Origin.restored(consumer.poll(POLL, slices.records())));
            logWaits.reset();
            control.report(RUNNING);
            return records;
        } catch (MillraceException e) {
            if (!Stage.isPassing(e.code())) {
                throw e;
            }
            control.report(new PipelineState.Failing("reading: " + e.text()));
            control.pause(logWaits.next());
            return List.of();
        }
    }

    /** Slice by slice; the rest of what was polled is left to the next owner at a stop. */
    private int finish(List<LogRecord> polled) {
        if (polled.isEmpty()) {
            return 0;
        }
        TaskLoad load = control.load();
        load.begin(polled, context.time().nanoTime());
        int from = 0;
        while (from < polled.size() && (from == 0 || !control.isStopping())) {
            int to = Math.min(polled.size(), from + slices.records());
            if (fetches) {
                to = FetchBudget.end(polled, from, to);
            }
            long begun = context.time().nanoTime();
            mostBytes = 0;
            load.work(to - from);
            process(polled.subList(from, to));
            load.worked();
            slices.finished(to - from, mostBytes, context.time().nanoTime() - begun);
            from = to;
        }
        load.end(context.time().nanoTime());
        return from;
    }

    private void process(List<LogRecord> records) {
        meters.received().add(records.size());
        long waited = epochNanos() - ReceivedTime.nanos(records.getFirst());
        meters.queued().record(Math.max(0, waited));
        batch.start(records);
        tap.read(batch);
        long clock = context.time().nanoTime();
        traces.start(records, clock);
        for (int i = 0; i < stages.size(); i++) {
            StageMeters numbers = stageMeters.get(i);
            numbers.came(batch.liveCount());
            stages.run(i, batch);
            numbers.out().add(batch.size());
            tap.passed(batch, i);
            mostBytes = Math.max(mostBytes, batch.payloadBytes());
            clock = recordSince(clock, numbers);
        }
        headers.start(batch.size(), context.time().epochMillis());
        answers.start(batch.size());
        if (transacted == null) {
            for (int i = 0; i < outlets.size(); i++) {
                write(outlets.get(i), outletMeters.get(i));
                clock = recordSince(clock, outletMeters.get(i));
            }
            long acknowledgedAt = epochNanos();
            settleFailures();
            commitOrHold(nextOf(records));
            outcomes.finished(batch, acknowledgedAt, outlets.size());
            outcomes.failed(batch);
        } else {
            outletMeters.getFirst().came(batch.liveCount());
            transacted.deliver(batch, verdicts, attempts, consumer, nextOf(records));
            outletMeters.getFirst().out().add(batch.liveCount());
            recordSince(clock, outletMeters.getFirst());
            outcomes.finished(batch, epochNanos(), transacted.outputs());
            if (policy.deadLetter()) {
                outcomes.failed(batch);
            }
        }
        tap.answered(batch);
        traces.finish(batch, context.time().nanoTime());
        control.report(RUNNING);
        batch.clear();
        verdicts.clear();
        headers.clear();
        answers.clear();
    }

    private long recordSince(long before, StageMeters stage) {
        long now = context.time().nanoTime();
        stage.time().record(now - before);
        traces.passed(now);
        return now;
    }

    private void write(Outlet outlet, StageMeters numbers) {
        verdicts.start(batch.size());
        attempts.start(batch);
        numbers.came(attempts.count());
        outlet.prepare(batch, attempts.pending(), attempts.count(), verdicts);
        while (attempts.count() > 0) {
            outlet.attempt(batch, attempts.pending(), attempts.count(), verdicts);
            attempts.settle(batch, verdicts, outlet.label());
        }
        numbers.out().add(batch.liveCount());
        outlet.clear();
    }

    private void settleFailures() {
        int failed = batch.failedCount();
        if (failed > 0 && policy.deadLetter()) {
            deadLetters.keep(batch);
        }
    }

    /** For each partition where reading goes on after some records of it. */
    private static Map<LogPartition, Long> nextOf(List<LogRecord> records) {
        var next = new HashMap<LogPartition, Long>();
        LogPartition partition = null;
        for (int i = records.size() - 1; i >= 0; i--) {
            LogRecord record = records.get(i);
            if (!record.partition().equals(partition)) {
                partition = record.partition();
                next.merge(partition, record.offset() + 1, Math::max);
            }
        }
        return next;
    }

    private void commitOrHold(Map<LogPartition, Long> next) {
        if (gathering.isNever()) {
            commit(next);
            return;
        }
        gathering.passed(next);
        storeWhatIsDue();
        if (gathering.isDone()) {
            commit(gathering.take());
        }
    }

    /** However long that takes: nothing else is read meanwhile, and nothing is lost. */
    private void storeWhatIsDue() {
        while (gathering.isDue()) {
            try {
                gathering.store();
                logWaits.reset();
                commit(gathering.take());
            } catch (MillraceException e) {
                control.report(new PipelineState.Failing("storing a batch: " + e.text()));
                control.pause(logWaits.next());
            }
        }
    }

    /**
     * Before a task ends that nobody hurries: stores what its outputs hold, so that it need not be
     * made again. What cannot be stored now comes again.
     */
    void storeBeforeItEnds() {
        if (!gathering.isHolding()) {
            return;
        }
        try {
            gathering.store();
            commit(gathering.take());
        } catch (MillraceException e) {
            log.info("What the outputs of a task held is made again: {}", e.text());
        }
    }

    /** No poll comes between, so the partitions are still this task's while it tries again. */
    private void commit(Map<LogPartition, Long> next) {
        while (true) {
            try {
                consumer.commit(next);
                logWaits.reset();
                return;
            } catch (MillraceException e) {
                if (!Stage.isPassing(e.code())) {
                    throw e;
                }
                control.report(new PipelineState.Failing("committing: " + e.text()));
                control.pause(logWaits.next());
            }
        }
    }

    private long epochNanos() {
        Instant now = context.time().now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    private void measureLag() {
        long now = context.time().nanoTime();
        if (now - lagAt >= LAG_EVERY_NANOS) {
            lagAt = now;
            control.lag(consumer.lag());
        }
    }

    /** Leaves the group; what was not committed is read again by the next owner. */
    @Override
    public void close() {
        control.reading(null);
        try {
            if (transacted != null) {
                transacted.close();
            }
        } finally {
            parts.close();
        }
    }
}
