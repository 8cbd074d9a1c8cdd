package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceName;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineReplays.Reference;
import io.millrace.spi.PipelineReplays.Report;
import io.millrace.spi.PipelineReplays.State;
import io.millrace.spi.Provenance;
import io.millrace.stream.replay.Replays;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplaysTest {

    private static final ResourceName NET = new ResourceName("net");

    @Test
    void countsEachWayInWhichAnswersDiffer() {
        try (var world = new InsightWorld(aPipeline().function().to("out").toLog("kept").plan())) {
            // The live pipeline answers nothing here: what it answered is made up below.
            world.functions.define(_ -> new FunctionResult.Sent(List.of()));
            world.log.ensureTopics(List.of("kept"));
            String[] animals = {"cat", "dog", "cow", "nothing", "nothing", "bad", "cat"};
            for (int i = 0; i < animals.length; i++) {
                world.put(i, animals[i]);
            }
            world.awaitDone();
            world.answered("kept", at(0), 0, "{\"label\":\"cat\",\"p\":0.90000001}");
            world.answered("kept", at(1), 1, "{\"label\":\"cat\",\"p\":0.4}");
            world.answered("kept", at(3), 3, "{\"label\":\"cow\",\"p\":0.9}");
            world.answered("kept", at(5), 5, "{\"label\":\"cow\",\"p\":0.9}");
            world.append(
                    Plans.DEAD,
                    6,
                    "cat",
                    List.of(Header.of(HeaderNames.DEAD_POSITION, at(6).toString())));

            world.functions.define(ReplaysTest::labelled);
            int kept = world.log.records("kept").size();
            int dead = world.log.records(Plans.DEAD).size();

            PipelineReplays.Job job = run(world, request(0, 100));

            assertThat(job.state()).as(job.message()).isEqualTo(State.DONE);
            assertThat(job.done()).isEqualTo(7);
            Report report = job.report();
            assertThat(report.reference()).isEqualTo(Reference.KEPT);
            assertThat(report.source()).contains("kept");
            assertThat(world.sink.accepted()).as("nothing reaches the outputs").isEmpty();
            assertThat(world.log.records("kept")).hasSize(kept);
            assertThat(world.log.records(Plans.DEAD)).hasSize(dead);
            assertThat(report.same()).isEqualTo(1);
            assertThat(report.different()).isEqualTo(1);
            assertThat(report.onlyNow()).isEqualTo(1);
            assertThat(report.onlyThen()).isEqualTo(1);
            assertThat(report.neither()).isEqualTo(1);
            assertThat(report.failedNow()).isEqualTo(1);
            assertThat(report.failedThen()).isEqualTo(1);
            assertThat(report.agreement()).hasValue(1.0 / 6);
            assertThat(report.labels())
                    .containsExactly(
                            new PipelineReplays.LabelCount("cat", "cat", 1),
                            new PipelineReplays.LabelCount("cat", "dog", 1));
            assertThat(report.numbers()).isEqualTo(2);
            assertThat(report.meanDifference().orElseThrow()).isBetween(0.24, 0.26);
            assertThat(report.examples().getFirst())
                    .isEqualTo(
                            new PipelineReplays.Example(
                                    at(1),
                                    List.of("{\"label\":\"cat\",\"p\":0.4}"),
                                    List.of("{\"label\":\"dog\",\"p\":0.9}")));
            assertThat(report.examples())
                    .anySatisfy(example ->
                            assertThat(example.now())
                                    .singleElement()
                                    .asString()
                                    .startsWith("failed: step 1 function/classify"));
        }
    }

    @Test
    void comparesWithWhatThePipelineItselfHasKept() {
        try (var world = new InsightWorld(aPipeline().function().toLog("kept").plan())) {
            world.functions.define(ReplaysTest::labelled);
            for (int i = 0; i < 20; i++) {
                world.put(i, i % 2 == 0 ? "cat" : "dog");
            }
            world.put(20, "bad");
            world.awaitDone();

            Report same = run(world, request(0, 100)).report();
            assertThat(same.reference()).isEqualTo(Reference.KEPT);
            assertThat(same.same()).isEqualTo(20);
            assertThat(same.neither()).as("failed then and now").isEqualTo(1);
            assertThat(same.agreement()).hasValue(1);
            assertThat(same.examples()).isEmpty();

            world.functions.define(
                    _ -> new FunctionResult.Sent(List.of(utf8("{\"label\":\"cat\"}"))));
            Report other = run(world, request(0, 100)).report();
            assertThat(other.different()).isEqualTo(20);
            assertThat(other.failedThen()).isEqualTo(1);
            assertThat(other.labels())
                    .containsExactly(
                            new PipelineReplays.LabelCount("cat", "cat", 10),
                            new PipelineReplays.LabelCount("dog", "cat", 10));
        }
    }

    private static FunctionResult labelled(FunctionMessage message) {
        String text = new String(message.payload(), StandardCharsets.UTF_8);
        return switch (text) {
            case "nothing" -> new FunctionResult.Sent(List.of());
            case "bad" -> new FunctionResult.Failed(ErrorCode.USER_CODE, "a bad one");
            default ->
                    new FunctionResult.Sent(
                            List.of(utf8("{\"label\":\"%s\",\"p\":0.9}".formatted(text))));
        };
    }

    @Test
    void comparesWithTheDeclaredVersionsWhenNoAnswersWereKept() {
        try (var world = new InsightWorld(aPipeline().model().to("out").plan())) {
            world.put(0, "{\"x\":[1,2]}");
            world.awaitDone();
            int before = world.models.calls().size();

            PipelineReplays.Job job =
                    run(
                            world,
                            new PipelineReplays.Request(
                                    time(0), time(10), Map.of(NET, 1), Optional.empty(), 100, 5));

            assertThat(job.state()).as(job.message()).isEqualTo(State.DONE);
            assertThat(job.report().reference()).isEqualTo(Reference.SERVING);
            assertThat(job.report().source()).contains("no output 'stream: {}'");
            assertThat(job.report().same()).isEqualTo(1);
            assertThat(job.report().agreement()).hasValue(1);
            assertThat(world.models.calls().subList(before, world.models.calls().size()))
                    .extracting(call -> call.version().toString())
                    .containsExactly("1", "serving");
        }
    }

    @Test
    void takesOnlyTheTimeAndTheNumberThatWereAskedFor() {
        try (var world = new InsightWorld(aPipeline().to("out").plan())) {
            for (int i = 0; i < 10; i++) {
                world.put(i, "n" + i);
            }
            assertThat(run(world, request(2, 5)).report().records()).isEqualTo(3);
            var limited =
                    new PipelineReplays.Request(
                            time(0), time(100), Map.of(), Optional.empty(), 4, 5);
            assertThat(run(world, limited).done()).isEqualTo(4);
            PipelineReplays.Job nothing = run(world, request(50, 60));
            assertThat(nothing.state()).isEqualTo(State.DONE);
            assertThat(nothing.message()).isEqualTo("no records in that time");
        }
    }

    @Test
    void keepsTheNewAnswersInABranch() {
        try (var world = new InsightWorld(aPipeline().function().to("out").plan())) {
            world.functions.define(ReplaysTest::labelled);
            LogPosition position = world.put(0, "cat");
            world.awaitDone();
            var branch = new ResourceName("try-1");

            PipelineReplays.Job job =
                    run(
                            world,
                            new PipelineReplays.Request(
                                    time(0), time(9), Map.of(), Optional.of(branch), 100, 5));

            assertThat(job.state()).as(job.message()).isEqualTo(State.DONE);
            String topic = LogTopic.ofReplay(Plans.PROJECT, Plans.KEY.name(), branch);
            assertThat(job.message()).contains(topic);
            assertThat(world.log.records(topic))
                    .singleElement()
                    .satisfies(record -> {
                        assertThat(record.value())
                                .asString()
                                .isEqualTo("{\"label\":\"cat\",\"p\":0.9}");
                        Provenance provenance =
                                Optional.ofNullable(
                                                Header.find(
                                                        record.headers(), HeaderNames.PROVENANCE))
                                        .flatMap(Provenance::parse)
                                        .orElseThrow();
                        assertThat(provenance.position()).isEqualTo(position.toString());
                        assertThat(provenance.steps()).containsExactly("function/classify");
                    });
        }
    }

    @Test
    void endsWhenCancelledAndRunsOnlySoManyAtOnce() throws InterruptedException {
        try (var world = new InsightWorld(aPipeline().function().to("out").plan())) {
            var entered = new CountDownLatch(2);
            var go = new CountDownLatch(1);
            world.put(0, "cat");
            world.awaitDone();
            world.functions.define(message -> {
                entered.countDown();
                await(go);
                return new FunctionResult.Sent(List.of(message.payload()));
            });
            String first = world.replays.start(Plans.KEY, request(0, 9)).id();
            String second = world.replays.start(Plans.KEY, request(0, 9)).id();
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(() -> world.replays.start(Plans.KEY, request(0, 9)))
                    .hasMessageContaining("2 replays run already");

            world.replays.cancel(Plans.KEY, first);
            go.countDown();

            assertThat(awaitEnd(world, first).state()).isEqualTo(State.CANCELLED);
            assertThat(awaitEnd(world, second).state()).isEqualTo(State.DONE);
            assertThat(world.replays.of(Plans.KEY)).hasSize(2);
            assertThat(world.functions.running()).as("only the live worker is left").hasSize(1);
            assertThatThrownBy(() -> world.replays.job(Plans.KEY, "r9"))
                    .hasMessageContaining("no replay 'r9'");
        }
    }

    @Test
    void oneThatCannotBeginDoesNotCountAsRunning() {
        try (var world = new InsightWorld(aPipeline().to("out").plan());
                var replays =
                        new Replays(
                                world.runtime.insight(),
                                () -> "r",
                                _ -> {
                                    throw new IllegalStateException("the disk is broken");
                                })) {
            for (int i = 0; i < 4; i++) {
                assertThatThrownBy(() -> replays.start(Plans.KEY, request(0, 9)))
                        .hasMessage("the disk is broken");
            }
            assertThat(replays.of(Plans.KEY)).isEmpty();
        }
    }

    @Test
    void saysAtOnceThatTheModelDoesNotFitTheStep() {
        try (var world = new InsightWorld(aPipeline().model().to("out").plan())) {
            world.put(0, "{\"x\":[1,2]}");
            world.awaitDone();
            EchoModel.putWithTwoInputs(world.models);

            // The patience of a replay is a minute, that of this test is ten seconds.
            PipelineReplays.Job job = run(world, request(0, 9));

            assertThat(job.state()).isEqualTo(State.FAILED);
            assertThat(job.message()).contains("step 1 model/net", "takes 2 inputs");
        }
    }

    @Test
    void refusesWhatCanNeverBe() {
        try (var world = new InsightWorld(aPipeline().function().model().to("out").plan())) {
            assertThatThrownBy(() -> world.replays.start(Plans.KEY, request(5, 5)))
                    .hasMessageContaining("is empty");
            assertThatThrownBy(() -> world.replays.start(Plans.KEY, with("net", 7)))
                    .hasMessageContaining("no version 7");
            assertThatThrownBy(() -> world.replays.start(Plans.KEY, with("other", 1)))
                    .hasMessageContaining("no model step of")
                    .hasMessageContaining("model/other");
            assertThat(world.replays.of(Plans.KEY)).isEmpty();
        }
    }

    private static PipelineReplays.Request with(String model, int version) {
        return new PipelineReplays.Request(
                time(0),
                time(9),
                Map.of(new ResourceName(model), version),
                Optional.empty(),
                100,
                5);
    }

    private static PipelineReplays.Request request(int from, int to) {
        return new PipelineReplays.Request(
                time(from), time(to), Map.of(), Optional.empty(), 1_000, 10);
    }

    private static PipelineReplays.Job run(InsightWorld world, PipelineReplays.Request request) {
        return awaitEnd(world, world.replays.start(Plans.KEY, request).id());
    }

    private static PipelineReplays.Job awaitEnd(InsightWorld world, String id) {
        return Awaitility.await()
                .until(() -> world.replays.job(Plans.KEY, id), job -> job.state() != State.RUNNING);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static LogPosition at(int offset) {
        return LogPosition.parse(Plans.INPUT + "/0/" + offset);
    }

    private static Instant time(int second) {
        return Instant.ofEpochMilli(InsightWorld.NOON + second * 1_000L);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
