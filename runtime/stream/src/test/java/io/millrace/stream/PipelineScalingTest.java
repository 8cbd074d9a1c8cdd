package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ScaleSpec;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogTopic;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.spi.Tracing;
import io.millrace.testkit.DeliveryOracle;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks come and go while records flow, in the machine's time but at a quick pace. */
@Timeout(120)
class PipelineScalingTest {

    private static final int PARTITIONS = 12;
    private static final int KEYS = 40;
    private static final Duration NEVER = Duration.ofHours(1);
    private static final ScaleSpec ZERO_TO_FOUR =
            new ScaleSpec(0, 4, 10, NEVER, Duration.ofMillis(100));

    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, PARTITIONS);
    private final FakeSink sink = new FakeSink();
    private final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    private final RecordingMeters meters = new RecordingMeters();
    private final RecordingEvents events = new RecordingEvents();
    private final DeliveryOracle oracle = new DeliveryOracle();
    private final Gate gate = new Gate();
    private final StreamRuntime runtime =
            new StreamRuntime(
                    log,
                    EchoModel.serving(),
                    functions,
                    List.of(sink),
                    meters,
                    time,
                    "node-1",
                    events,
                    Tracing.OFF,
                    new ScaleLoop.Pace(Duration.ofMillis(20), Duration.ofMillis(10)));
    private int sent;

    PipelineScalingTest() {
        log.ensureTopics(Set.of(Plans.INPUT, "other", Plans.DEAD));
        functions.define(gate::pass);
    }

    @AfterEach
    void close() {
        gate.open();
        runtime.close();
    }

    /** Holds the functions up while it is closed. */
    private static final class Gate {
        private final Phaser phaser = new Phaser(1);
        private final AtomicBoolean isOpen = new AtomicBoolean(true);

        FunctionResult pass(FunctionMessage message) {
            int phase = phaser.getPhase();
            if (!isOpen.get()) {
                phaser.awaitAdvance(phase);
            }
            return new FunctionResult.Sent(List.of(message.payload()));
        }

        void close() {
            isOpen.set(false);
        }

        void open() {
            isOpen.set(true);
            phaser.arrive();
        }
    }

    @Test
    void hasMoreTasksUnderLagAndNoneWhenNothingComes() {
        deploy(aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan());
        gate.close();
        send(500);
        awaitTasks(4);
        assertThat(fact("scale")).isEqualTo("0 to 4");
        assertThat(fact("last scaling")).contains("records wait, more than 10 for each of");
        assertThat(gauge("tasks")).isEqualTo(4);
        assertThat(gauge("lag")).isPositive();
        assertThat(gauge("oldest_seconds")).isPositive();
        gate.open();
        awaitOutputs();
        awaitTasks(0);
        awaitThat()
                .untilAsserted(() -> {
                    assertThat(functions.running()).isEmpty();
                    assertThat(sink.open()).isZero();
                });
        assertThat(gauge("lag")).isZero();
        assertThat(gauge("oldest_seconds")).isZero();
        send(1);
        awaitOutputs();
        assertKept(0);
        assertThat(events.reasons(Plans.KEY)).contains("ScaledUp", "ScaledDown");
        assertThat(scalings("up")).isGreaterThanOrEqualTo(3);
        assertThat(scalings("down")).isGreaterThanOrEqualTo(1);
    }

    @Test
    void keepsEachKeysOrderAndLosesNothingWhileTasksComeAndGo() {
        // Whoever comes back has its old name, so there are never two of the same number at once.
        List<Integer> twins = new CopyOnWriteArrayList<>();
        functions.starting(next ->
                functions.running().stream()
                        .map(FunctionLaunch::worker)
                        .filter(number -> number == next.worker())
                        .forEach(twins::add));
        deploy(
                aPipeline()
                        .function()
                        .to("out")
                        .scale(new ScaleSpec(0, 6, 5, NEVER, Duration.ofMillis(20)))
                        .plan());
        for (int round = 0; round < 6; round++) {
            gate.close();
            send(300);
            awaitThat()
                    .untilAsserted(() -> {
                        // A task that was about to leave may have taken all before: then none wait.
                        send(1);
                        assertThat(tasks()).as("%s", describe()).isGreaterThanOrEqualTo(3);
                    });
            send(300);
            gate.open();
            // A trickle: tasks leave while records still come, as each is awaited before the next.
            for (int i = 0; i < 60; i++) {
                send(3);
                awaitOutputs();
            }
            if (round % 2 == 0) {
                awaitTasks(0);
            }
        }
        awaitOutputs();
        assertKept(0);
        assertThat(scalings("up")).isGreaterThanOrEqualTo(3);
        assertThat(scalings("down")).isGreaterThanOrEqualTo(3);
        awaitTasks(0);
        awaitThat().untilAsserted(() -> assertThat(functions.running()).isEmpty());
        assertThat(twins).isEmpty();
    }

    @Test
    void aTaskThatComesBackWaitsForTheOneOfItsNameThatStillLeaves() {
        Set<String> working = ConcurrentHashMap.newKeySet();
        functions.define(message -> {
            working.add(Thread.currentThread().getName());
            return gate.pass(message);
        });
        deploy(aPipeline().function().to("out").tasks(3).plan());
        awaitThat()
                .untilAsserted(() -> {
                    send(KEYS);
                    awaitOutputs();
                    assertThat(working).hasSize(3);
                });
        working.clear();
        gate.close();
        send(200);
        awaitThat().untilAsserted(() -> assertThat(working).hasSize(3));
        deploy(aPipeline().function().to("out").tasks(1).plan());
        deploy(aPipeline().function().to("out").tasks(3).plan());
        awaitTasks(3);
        assertThat(functions.launches()).hasSize(3);
        gate.open();
        awaitOutputs();
        awaitThat().untilAsserted(() -> assertThat(functions.launches()).hasSize(5));
        awaitThat()
                .untilAsserted(() ->
                        assertThat(functions.running())
                                .extracting(FunctionLaunch::worker)
                                .containsExactlyInAnyOrder(0, 1, 2));
        send(200);
        awaitOutputs();
        assertKept(0);
    }

    @Test
    void wakesAgainAndAgain() {
        deploy(aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan());
        for (int i = 0; i < 10; i++) {
            awaitTasks(0);
            send(1 + i);
            awaitOutputs();
        }
        assertKept(0);
    }

    @Test
    void recordsThatComeWhileTheLastTaskLeavesAreSeen() {
        deploy(
                aPipeline()
                        .function()
                        .to("out")
                        .scale(new ScaleSpec(0, 1, 10, NEVER, Duration.ofMillis(10)))
                        .plan());
        for (int i = 0; i < 200; i++) {
            send(1);
            awaitOutputs();
        }
        assertKept(0);
    }

    @Test
    void doesNotWakeForWhatItWillNeverRead() {
        deploy(aPipeline().function().to("out").latest().scale(ZERO_TO_FOUR).plan());
        awaitTasks(0);
        long launches = functions.launches().size();
        append(Plans.INPUT, "k", "from before", Instant.parse("2025-01-01T00:00:00Z"));
        append("other", "k", "elsewhere", time.now());
        send(1);
        awaitOutputs();
        assertThat(sink.accepted()).hasSize(1);
        assertThat(functions.launches()).hasSize((int) launches + 1);
    }

    @Test
    void anotherScaleIsTakenOverByTheTasksThatRun() {
        deploy(aPipeline().function().to("out").tasks(1).plan());
        send(10);
        awaitOutputs();
        deploy(aPipeline().function().to("out").tasks(3).plan());
        awaitTasks(3);
        send(50);
        awaitOutputs();
        deploy(aPipeline().function().to("out").tasks(2).plan());
        awaitTasks(2);
        send(50);
        awaitOutputs();
        assertKept(0);
        assertThat(functions.launches()).hasSize(3);
        awaitThat()
                .untilAsserted(() ->
                        assertThat(functions.running())
                                .extracting(FunctionLaunch::worker)
                                .containsExactly(0, 1));
        assertThat(events.of(Plans.KEY))
                .extracting(EventLog.Event::message)
                .containsExactly(
                        "from 1 to 3 tasks: as declared: 3", "from 3 to 2 tasks: as declared: 2");
    }

    @Test
    void aPipelineThatSleepsIsAwakeWhenItIsChanged() {
        deploy(aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan());
        awaitTasks(0);
        deploy(aPipeline().function().to("out").tasks(2).plan());
        awaitTasks(2);
        deploy(aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan());
        awaitTasks(0);
        append("other", "k", "not yet read", time.now());
        deploy(
                aPipeline()
                        .function()
                        .to("out")
                        .from(Plans.INPUT, "other")
                        .scale(ZERO_TO_FOUR)
                        .plan());
        awaitThat().untilAsserted(() -> assertThat(sink.accepted()).hasSize(1));
    }

    @Test
    void aPipelineThatSleepsCanBeReplacedAndRemoved() {
        PipelinePlan plan = aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan();
        deploy(plan);
        send(5);
        awaitOutputs();
        awaitTasks(0);
        deploy(aPipeline().function().to("elsewhere").scale(ZERO_TO_FOUR).plan());
        send(5);
        awaitOutputs();
        awaitTasks(0);
        runtime.remove(Plans.KEY, true);
        awaitThat()
                .untilAsserted(
                        () -> assertThat(log.committed(TaskContext.groupOf(plan))).isEmpty());
        assertThat(gauge("tasks")).isNaN();
        assertKept(0);
    }

    @Test
    void asksTheLogWhenATaskIsAtWorkForSoLongThatItDoesNotKnow() {
        deploy(aPipeline().function().to("out").scale(ZERO_TO_FOUR).plan());
        gate.close();
        send(1);
        awaitThat()
                .untilAsserted(() ->
                        assertThat(meters.total("millrace_pipeline_received_total")).isEqualTo(1));
        send(500);
        // The first task has one record in hand and knows of no other.
        awaitTasks(4);
        gate.open();
        awaitOutputs();
        assertKept(0);
    }

    @Test
    void hasNoMoreTasksThanPartitionsAndSaysWhy() {
        String retries = LogTopic.ofRetries(Plans.PROJECT, Plans.KEY.name());
        log.ensureTopics(Set.of(retries));
        deploy(
                aPipeline()
                        .function()
                        .to("out")
                        .from(Plans.INPUT, retries)
                        .scale(new ScaleSpec(1, 30, 10, NEVER, Duration.ofMillis(100)))
                        .plan());
        gate.close();
        send(2_000);
        awaitTasks(PARTITIONS);
        awaitThat()
                .untilAsserted(() ->
                        assertThat(fact("not scaled"))
                                .contains(
                                        "more than 10 for each of 12 tasks",
                                        "cannot help, and there are 12"));
        assertThat(events.reasons(Plans.KEY)).endsWith("NotScaled");
        gate.open();
        awaitOutputs();
        awaitTasks(1);
        assertThat(fact("not scaled")).isEmpty();
        assertKept(0);
    }

    @Test
    void addsNoTasksForASinkThatIsAwayAndTellsOfIt() {
        var isAway = new AtomicBoolean(true);
        sink.failing(batch -> isAway.get() ? allOf(batch, "the broker is away") : List.of());
        deploy(aPipeline().to("out").scale(ZERO_TO_FOUR).plan());
        // Few at first: between a poll and the first refusal nobody knows that the sink is away.
        send(5);
        awaitThat().untilAsserted(() -> assertThat(events.reasons(Plans.KEY)).contains("SinkAway"));
        send(500);
        awaitThat()
                .untilAsserted(() -> assertThat(events.reasons(Plans.KEY)).contains("NotScaled"));
        assertThat(tasks()).isEqualTo(1);
        isAway.set(false);
        awaitOutputs();
        awaitThat().untilAsserted(() -> assertThat(events.reasons(Plans.KEY)).contains("SinkBack"));
        assertThat(events.of(Plans.KEY))
                .filteredOn(event -> event.reason().equals("SinkAway"))
                .hasSize(1)
                .allSatisfy(event -> assertThat(event.message()).contains("the broker is away"));
        assertKept(0);
    }

    @Test
    void countsWhatComesWhileAnOutputIsAwayHoweverManyTasksThereAre() {
        var isAway = new AtomicBoolean(true);
        sink.failing(batch -> isAway.get() ? allOf(batch, "the broker is away") : List.of());
        deploy(aPipeline().to("out").tasks(1).plan());
        send(1);
        awaitThat().untilAsserted(() -> assertThat(events.reasons(Plans.KEY)).contains("SinkAway"));
        send(40);
        // One of the 41 is in work.
        awaitThat().untilAsserted(() -> assertThat(gauge("lag")).isEqualTo(40));
        send(30);
        awaitThat().untilAsserted(() -> assertThat(gauge("lag")).isEqualTo(70));
        isAway.set(false);
        awaitOutputs();
        awaitThat().untilAsserted(() -> assertThat(gauge("lag")).isZero());
        assertKept(0);
    }

    @Test
    void countsWhatComesWhileItsFunctionIsNotReady() {
        functions.workersAre(new io.millrace.spi.FunctionWorker.WorkerState.Starting("loading"));
        deploy(aPipeline().function().to("out").tasks(1).plan());
        awaitThat().until(() -> state() instanceof PipelineState.Starting);
        send(40);
        awaitThat().untilAsserted(() -> assertThat(gauge("lag")).isEqualTo(40));
        functions.workersAre(new io.millrace.spi.FunctionWorker.WorkerState.Running(1));
        awaitOutputs();
        awaitThat().untilAsserted(() -> assertThat(gauge("lag")).isZero());
        assertKept(0);
    }

    @Test
    void endsTheTransactionsOfTasksThatDoNotComeBack() {
        PipelinePlan plan =
                aPipeline()
                        .exactlyOnce()
                        .toLog("results")
                        .scale(new ScaleSpec(1, 3, 1_000, NEVER, NEVER))
                        .plan();
        LogTransactor crashed = log.transactor(TaskContext.groupOf(plan) + ".node-1-2");
        crashed.begin();
        LogTransactor other = log.transactor(TaskContext.groupOf(plan) + ".node-2-2");
        other.begin();
        deploy(plan);
        awaitThat().until(() -> state() instanceof PipelineState.Running);
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(crashed::commit)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        other.commit();
    }

    @Test
    void endsThemWhenTheLogIsBackAndAnotherTaskComes() {
        var away = new AskingLog(log, _ -> false);
        away.failEndings(true);
        PipelinePlan plan = exactlyOnce(1);
        LogTransactor crashed = log.transactor(TaskContext.groupOf(plan) + ".node-2-2");
        crashed.begin();
        try (var late =
                new StreamRuntime(
                        away,
                        EchoModel.serving(),
                        functions,
                        List.of(sink),
                        meters,
                        time,
                        "node-2",
                        events,
                        Tracing.OFF)) {
            late.deploy(plan, () -> {});
            awaitThat()
                    .until(() ->
                            late.observe(Plans.KEY).orElseThrow() instanceof PipelineState.Running);
            assertThat(away.endings()).isEqualTo(1);
            away.failEndings(false);
            late.deploy(exactlyOnce(2), () -> {});
            awaitThat().untilAsserted(() -> assertThat(away.endings()).isEqualTo(2));
            awaitThat().untilAsserted(() -> assertThat(tasks()).isEqualTo(2));
        }
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(crashed::commit)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
    }

    private static PipelinePlan exactlyOnce(int tasks) {
        return aPipeline()
                .exactlyOnce()
                .toLog("results")
                .scale(new ScaleSpec(tasks, 3, 1_000, NEVER, NEVER))
                .plan();
    }

    @Test
    void tellsOfATaskThatIsBuiltAnew() {
        var isBroken = new AtomicBoolean(true);
        sink.failing(_ -> {
            if (isBroken.getAndSet(false)) {
                throw new IllegalStateException("a defect");
            }
            return List.of();
        });
        deploy(aPipeline().to("out").plan());
        send(1);
        awaitOutputs();
        awaitThat()
                .untilAsserted(() ->
                        assertThat(events.of(Plans.KEY))
                                .extracting(EventLog.Event::reason, EventLog.Event::message)
                                .containsExactly(
                                        org.assertj.core.groups.Tuple.tuple(
                                                "TaskFailed", "task 0: a defect"),
                                        org.assertj.core.groups.Tuple.tuple(
                                                "TaskBack", "no longer: task 0: a defect")));
    }

    @Test
    void aTaskThatJoinsDoesNotMakeThePipelineLookAsIfItStarted() {
        deploy(aPipeline().function().to("out").tasks(1).plan());
        send(1);
        awaitOutputs();
        awaitThat().until(() -> state() instanceof PipelineState.Running);
        functions.workersAre(new io.millrace.spi.FunctionWorker.WorkerState.Starting("loading"));
        // The worker of the first task is as slow as that of the second: it is asked each time.
        awaitThat().until(() -> state() instanceof PipelineState.Starting);
        functions.workersAre(new io.millrace.spi.FunctionWorker.WorkerState.Running(1));
        awaitThat().until(() -> state() instanceof PipelineState.Running);
        functions.starting(launch -> {
            if (launch.worker() > 0) {
                gate.close();
                gate.pass(new FunctionMessage(new byte[0], "", 0, Map.of()));
            }
        });
        deploy(aPipeline().function().to("out").tasks(2).plan());
        assertThat(state())
                .isInstanceOfSatisfying(
                        PipelineState.Running.class,
                        running -> assertThat(running.facts()).containsEntry("tasks", "2"));
    }

    @Test
    void aPipelineThatCannotBeLookedAtDoesNotKeepOthersAsleep() {
        var away = new AskingLog(log, topics -> topics.contains("other"));
        try (var shared =
                new StreamRuntime(
                        away,
                        EchoModel.serving(),
                        functions,
                        List.of(sink),
                        meters,
                        time,
                        "node-2",
                        events,
                        Tracing.OFF,
                        new ScaleLoop.Pace(Duration.ofMillis(20), Duration.ofMillis(10)))) {
            // The one works and is held up, so that the log is asked about it; the other sleeps.
            gate.close();
            append("other", "k", "in vain", time.now());
            shared.deploy(
                    aPipeline()
                            .named("held-up")
                            .from("other")
                            .function()
                            .to("out")
                            .scale(new ScaleSpec(1, 2, 1, NEVER, NEVER))
                            .plan(),
                    () -> {});
            shared.deploy(aPipeline().to("out").scale(ZERO_TO_FOUR).plan(), () -> {});
            awaitTasks(0);
            awaitThat().untilAsserted(() -> assertThat(away.refused()).isGreaterThan(1));
            for (int i = 0; i < 3; i++) {
                send(1);
                awaitThat()
                        .atMost(Duration.ofSeconds(5))
                        .untilAsserted(() -> assertThat(sink.accepted()).hasSize(sent));
                awaitTasks(0);
            }
            gate.open();
        }
    }

    private static List<ItemFailure> allOf(List<OutputRecord> batch, String reason) {
        return IntStream.range(0, batch.size())
                .mapToObj(i -> new ItemFailure(i, ErrorCode.UNAVAILABLE, reason))
                .toList();
    }

    private void deploy(PipelinePlan plan) {
        runtime.deploy(plan, () -> {});
    }

    private void send(int records) {
        for (int i = 0; i < records; i++) {
            String key = "k" + sent++ % KEYS;
            byte[] value = oracle.next(key, "");
            log.append(
                    new OutgoingRecord(
                            Plans.INPUT,
                            key.getBytes(StandardCharsets.UTF_8),
                            value,
                            List.of(),
                            time.epochMillis()),
                    failure -> {
                        if (failure == null) {
                            oracle.acknowledged(value);
                        }
                    });
        }
    }

    private void append(String topic, String key, String value, Instant at) {
        log.append(
                new OutgoingRecord(
                        topic,
                        key.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(),
                        at.toEpochMilli()),
                _ -> {});
    }

    private void assertKept(int duplicates) {
        sink.accepted().forEach(output -> oracle.output(output.value()));
        assertThat(oracle.problems(0, duplicates)).isEmpty();
        assertThat(oracle.outputs()).isEqualTo(sent);
    }

    private PipelineState state() {
        return runtime.observe(Plans.KEY).orElseThrow();
    }

    private String describe() {
        return state() + "\n" + events.of(Plans.KEY).reversed().stream().limit(5).toList();
    }

    private String fact(String name) {
        return state() instanceof PipelineState.Running(Map<String, String> facts)
                ? facts.getOrDefault(name, "")
                : "";
    }

    private int tasks() {
        return (int) gauge("tasks");
    }

    private double gauge(String name) {
        return meters.gaugeValue(
                "millrace_pipeline_" + name, "project", "shop", "pipeline", "sorter");
    }

    private long scalings(String direction) {
        return meters.countValue(
                "millrace_pipeline_scalings_total",
                "project",
                "shop",
                "pipeline",
                "sorter",
                "direction",
                direction);
    }

    private void awaitTasks(int count) {
        awaitThat().untilAsserted(() -> assertThat(tasks()).isEqualTo(count));
    }

    private void awaitOutputs() {
        awaitThat().untilAsserted(() -> assertThat(sink.accepted()).hasSize(sent));
    }

    private static ConditionFactory awaitThat() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(2));
    }
}
