package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.spi.Tracing;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamRuntimeTest {

    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 2);
    private final FakeSink sink = new FakeSink();
    private final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    private final FakeModelServing models = EchoModel.serving();
    private final RecordingMeters meters = new RecordingMeters();
    private final AtomicInteger changes = new AtomicInteger();
    private final StreamRuntime runtime =
            new StreamRuntime(
                    log,
                    models,
                    functions,
                    List.of(sink),
                    meters,
                    time,
                    "node-1",
                    EventLog.none(),
                    Tracing.OFF);

    StreamRuntimeTest() {
        log.ensureTopics(Set.of(Plans.INPUT, "other", Plans.DEAD));
    }

    @AfterEach
    void close() {
        runtime.close();
    }

    @Test
    void runsAPipelineAndSaysHowItDoes() {
        deploy(aPipeline().function().to("out").tasks(2).plan());
        for (int i = 0; i < 100; i++) {
            put(Plans.INPUT, "k" + i, "v" + i);
        }
        awaitOutputs(100);
        await().untilAsserted(() ->
                assertThat(runtime.observe(Plans.KEY))
                        .get()
                        .isInstanceOfSatisfying(
                                PipelineState.Running.class,
                                running ->
                                        assertThat(running.facts())
                                                .containsEntry("tasks", "2")
                                                .containsEntry("answered", "100")));
        assertThat(functions.launches()).hasSize(2);
        assertThat(changes).hasPositiveValue();
    }

    @Test
    void theSamePlanAgainChangesNothing() {
        deploy(aPipeline().function().to("out").plan());
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        deploy(aPipeline().function().to("out").plan());
        put(Plans.INPUT, "k", "b");
        awaitOutputs(2);
        assertThat(functions.launches()).hasSize(1);
    }

    @Test
    void otherTopicsAreTakenOverByTheSameTasks() {
        deploy(aPipeline().function().to("out").plan());
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        deploy(aPipeline().function().to("out").from(Plans.INPUT, "other").plan());
        put("other", "k", "b");
        awaitOutputs(2);
        assertThat(functions.launches()).hasSize(1);
    }

    @Test
    void anyOtherChangeReplacesTheTasksWithoutLossOrRepetition() {
        deploy(aPipeline().function().to("out").plan());
        for (int i = 0; i < 200; i++) {
            put(Plans.INPUT, "k" + i % 7, "v" + i);
            if (i % 50 == 49) {
                deploy(aPipeline().function().to("out-" + i).tasks(1 + i % 2).plan());
            }
        }
        awaitOutputs(200);
        assertThat(sink.accepted().stream().map(r -> TaskWorld.text(r.value())).distinct())
                .hasSize(200);
        put(Plans.INPUT, "k", "last");
        awaitOutputs(201);
        assertThat(sink.accepted().getLast().destination()).isEqualTo("out-199");
        await().untilAsserted(() -> assertThat(functions.running()).hasSize(2));
    }

    @Test
    void aRemovedPipelineFinishesWhatItReadAndForgetsItsPosition() {
        PipelinePlan plan = aPipeline().to("out").plan();
        deploy(plan);
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        runtime.remove(Plans.KEY, true);
        assertThat(runtime.observe(Plans.KEY)).isEmpty();
        await().untilAsserted(() -> assertThat(log.committed(TaskContext.groupOf(plan))).isEmpty());
        await().untilAsserted(() -> assertThat(sink.open()).isZero());
    }

    @Test
    void aPipelineThatIsRemovedAfterItWasStoppedForgetsItsPosition() {
        PipelinePlan plan = aPipeline().to("out").plan();
        deploy(plan);
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        runtime.remove(Plans.KEY, false);
        await().untilAsserted(() -> assertThat(sink.open()).isZero());
        assertThat(log.committed(TaskContext.groupOf(plan))).isNotEmpty();
        runtime.remove(Plans.KEY, true);
        await().untilAsserted(() -> assertThat(log.committed(TaskContext.groupOf(plan))).isEmpty());
    }

    @Test
    void closingEndsTheCallsOfAllBusyTasksSideBySide() {
        int tasks = 5;
        var busy = new CountDownLatch(tasks);
        var closed = new CountDownLatch(tasks);
        functions.define(message -> {
            busy.countDown();
            awaitLatch(closed);
            return new FunctionResult.Failed(ErrorCode.UNAVAILABLE, "closed");
        });
        // Each close ends only when all of them have begun.
        functions.closing(() -> {
            closed.countDown();
            awaitLatch(closed);
        });
        put(Plans.INPUT, "k", "v");
        for (int i = 0; i < tasks; i++) {
            deploy(aPipeline().named("busy-" + i).function().to("out").plan());
        }
        awaitLatch(busy);
        long before = time.nanoTime();
        runtime.close();
        assertThat(Duration.ofNanos(time.nanoTime() - before)).isLessThan(Duration.ofSeconds(6));
        assertThat(functions.running()).isEmpty();
        assertThat(log.records(Plans.DEAD)).isEmpty();
    }

    @Test
    void closingFinishesTheBatchUnderWay() throws InterruptedException {
        var isWorking = new CountDownLatch(1);
        var mayFinish = new CountDownLatch(1);
        functions.define(message -> {
            isWorking.countDown();
            awaitLatch(mayFinish);
            return new FunctionResult.Sent(List.of(message.payload()));
        });
        PipelinePlan plan = aPipeline().function().to("out").plan();
        deploy(plan);
        put(Plans.INPUT, "k", "a");
        awaitLatch(isWorking);
        Thread closer = Thread.ofPlatform().start(runtime::close);
        mayFinish.countDown();
        assertThat(closer.join(Duration.ofSeconds(10))).isTrue();
        assertThat(sink.accepted()).hasSize(1);
        assertThat(log.committed(TaskContext.groupOf(plan)).values()).contains(1L);
        assertThat(functions.running()).isEmpty();
        assertThatThrownBy(() -> deploy(plan)).isInstanceOf(MillraceException.class);
    }

    @Test
    void closingIsBoundedAndDropsWhatCannotBeFinished() {
        models.describing(() -> {
            throw EchoModel.notReady();
        });
        PipelinePlan plan = aPipeline().model().to("out").plan();
        deploy(plan);
        put(Plans.INPUT, "k", "{\"x\":[1,2]}");
        await().untilAsserted(() ->
                assertThat(runtime.observe(Plans.KEY))
                        .contains(
                                new PipelineState.Failing(
                                        "step 1 model/net: version 1 is being loaded")));
        long before = time.nanoTime();
        runtime.close();
        assertThat(Duration.ofNanos(time.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        assertThat(log.committed(TaskContext.groupOf(plan))).isEmpty();
        assertThat(log.records(Plans.DEAD)).isEmpty();
    }

    @Test
    void buildsATaskAnewAfterADefect() {
        var writes = new AtomicInteger();
        sink.failing(_ -> {
            if (writes.incrementAndGet() == 1) {
                throw new IllegalStateException("a defect");
            }
            return List.of();
        });
        deploy(aPipeline().to("out").plan());
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        assertThat(meters.total("millrace_pipeline_task_restarts_total")).isEqualTo(1);
        await().untilAsserted(() ->
                assertThat(runtime.observe(Plans.KEY))
                        .get()
                        .isInstanceOf(PipelineState.Running.class));
    }

    @Test
    void buildsATaskAnewAfterAnError() {
        var writes = new AtomicInteger();
        sink.failing(_ -> {
            if (writes.incrementAndGet() == 1) {
                throw new OutOfMemoryError("Physical memory usage is too high");
            }
            return List.of();
        });
        deploy(aPipeline().to("out").plan());
        put(Plans.INPUT, "k", "a");
        awaitOutputs(1);
        assertThat(meters.total("millrace_pipeline_task_restarts_total")).isEqualTo(1);
    }

    @Test
    void refusesAPlanWithAnUnknownTemplateAtOnce() {
        assertThatThrownBy(() -> deploy(aPipeline().to("{headr.colour}").plan()))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("{headr.colour}");
        assertThat(runtime.observe(Plans.KEY)).isEmpty();
    }

    @Test
    void waitsForTheFirstTopic() {
        deploy(aPipeline().to("out").from().plan());
        await().untilAsserted(() ->
                assertThat(runtime.observe(Plans.KEY))
                        .get()
                        .isInstanceOfSatisfying(
                                PipelineState.Running.class,
                                running ->
                                        assertThat(running.facts())
                                                .containsAllEntriesOf(Map.of("inputs", "0"))));
        put(Plans.INPUT, "k", "a");
        deploy(aPipeline().to("out").plan());
        awaitOutputs(1);
    }

    @Test
    void onlyAPipelineThatIsDeletedHasAnotherBudgetOfTopicsForAnswers() {
        PipelinePlan plan = aPipeline().to(replyWithOneTopic("declared")).plan();
        deploy(plan);
        ask("one");
        await().untilAsserted(() -> assertThat(log.records("one")).hasSize(1));
        deploy(aPipeline().to(replyWithOneTopic("renamed")).plan());
        ask("two");
        await().untilAsserted(() -> assertThat(log.records(Plans.DEAD)).hasSize(1));
        assertThat(log.records("two")).isEmpty();

        runtime.remove(Plans.KEY, true);
        await().untilAsserted(() -> assertThat(log.committed(TaskContext.groupOf(plan))).isEmpty());
        deploy(plan);
        // It reads all once more, so that the second one is the first that needs a topic.
        await().untilAsserted(() -> assertThat(log.records("two")).hasSize(1));
    }

    private static PipelineSpec.Output replyWithOneTopic(String declared) {
        return new PipelineSpec.KafkaOutput(declared, Optional.empty(), true, List.of(), 1);
    }

    private void ask(String topic) {
        log.append(
                new OutgoingRecord(
                        Plans.INPUT,
                        "k".getBytes(StandardCharsets.UTF_8),
                        "v".getBytes(StandardCharsets.UTF_8),
                        List.of(Header.of(HeaderNames.REPLY_TOPIC, topic)),
                        time.epochMillis()),
                _ -> {});
    }

    private void deploy(PipelinePlan plan) {
        runtime.deploy(plan, changes::incrementAndGet);
    }

    private void put(String topic, String key, String value) {
        log.append(
                new OutgoingRecord(
                        topic,
                        key.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(),
                        time.epochMillis()),
                _ -> {});
    }

    private void awaitOutputs(int count) {
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> assertThat(sink.accepted()).hasSize(count));
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
