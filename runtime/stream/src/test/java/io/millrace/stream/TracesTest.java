package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelineTraces;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TracesTest {

    @Test
    void followsARecordThroughEachStepWithoutWritingAnything() {
        try (var world =
                new InsightWorld(aPipeline().function().model().to("out/{topic}").plan())) {
            world.functions.define(message ->
                    new FunctionResult.Sent(List.of(utf8("{\"x\":[1,2]}"), utf8("{\"x\":[3,4]}"))));
            LogPosition position = world.put(0, "a");
            world.awaitDone();
            int written = world.sink.accepted().size();
            long committed = committed(world);

            PipelineTraces.Trace trace = world.traces.trace(Plans.KEY, position, true);

            assertThat(trace.input().value()).asString().isEqualTo("a");
            assertThat(Header.find(trace.input().headers(), "millrace.topic")).isEqualTo("cam/1");
            assertThat(trace.state()).isInstanceOf(PipelineTraces.Answered.class);
            assertThat(trace.outputs()).isEmpty();
            assertThat(trace.remarks())
                    .singleElement()
                    .asString()
                    .startsWith("mqtt out/cam/1: accepted what");
            assertThat(trace.steps())
                    .extracting(PipelineTraces.Passed::step)
                    .containsExactly("step 1 function/classify", "step 2 model/net");
            assertThat(trace.steps().getFirst().payloads()).hasSize(2);
            assertThat(trace.steps().getLast().payloads())
                    .extracting(TracesTest::text)
                    .allMatch(text -> text.startsWith("{\"index\":1,\"confidence\":"))
                    .hasSize(2);
            assertThat(trace.steps()).allMatch(step -> !step.took().isNegative());

            assertThat(world.sink.accepted()).hasSize(written);
            assertThat(committed(world)).isEqualTo(committed);
            assertThat(world.functions.running()).as("only the live worker is left").hasSize(1);
            assertThat(world.functions.launches().getLast().pipeline().name().value())
                    .isEqualTo("sorter.replay");
            assertThat(world.forgotten).isNotEmpty();
        }
    }

    private static long committed(InsightWorld world) {
        return world.log.committed("millrace.shop.sorter.u1").values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    @Test
    void findsTheOutputsThatTheLogKeeps() {
        try (var world = new InsightWorld(aPipeline().toLog("results").plan())) {
            LogPosition first = world.put(0, "a");
            LogPosition position = world.put(1, "b");
            world.awaitDone();
            world.answered("results", first, 0, "A");
            world.answered("results", position, 1, "B");

            PipelineTraces.Trace trace = world.traces.trace(Plans.KEY, position, false);

            assertThat(trace.outputs())
                    .filteredOn(output -> text(output.payload()).equals("B"))
                    .singleElement()
                    .satisfies(output -> {
                        assertThat(output.steps()).containsExactly("model/net@1");
                        assertThat(output.position().partition().topic()).isEqualTo("results");
                    });
            assertThat(trace.outputs()).noneMatch(output -> text(output.payload()).equals("A"));
            assertThat(trace.steps()).isEmpty();
            assertThat(trace.remarks()).isEmpty();
        }
    }

    @Test
    void saysWhyARecordIsDead() {
        try (var world = new InsightWorld(aPipeline().model().to("out").plan())) {
            LogPosition position = world.put(0, "no json");
            world.awaitDone();

            PipelineTraces.Trace trace = world.traces.trace(Plans.KEY, position, true);

            assertThat(trace.state())
                    .isInstanceOfSatisfying(
                            PipelineTraces.Dead.class,
                            dead -> {
                                assertThat(dead.letter().partition().topic()).isEqualTo(Plans.DEAD);
                                assertThat(dead.failure().stage()).isEqualTo("step 1 model/net");
                                assertThat(dead.failure().code()).isEqualTo(ErrorCode.INVALID);
                                assertThat(dead.failure().attempts()).isEqualTo(1);
                            });
            assertThat(trace.steps())
                    .singleElement()
                    .satisfies(step -> {
                        assertThat(step.payloads()).isEmpty();
                        assertThat(step.failure()).isPresent();
                    });
            assertThat(world.log.records(Plans.DEAD)).as("nothing is written").hasSize(1);
        }
    }

    @Test
    void followsADeadLetterThatWasTriedAgainFromBothItsPlaces() {
        String retries = LogTopic.ofRetries(Plans.PROJECT, Plans.KEY.name());
        try (var world =
                new InsightWorld(
                        aPipeline().from(Plans.INPUT, retries).model().toLog("results").plan())) {
            LogPosition first = world.put(0, "no json");
            world.awaitDone();
            Awaitility.await().until(() -> world.log.records(Plans.DEAD).size() == 1);
            long died = world.log.records(Plans.DEAD).getFirst().timestampMillis();
            Awaitility.await().until(() -> TimeSource.system().epochMillis() > died);
            world.log.ensureTopics(List.of(retries));
            world.append(
                    retries,
                    60,
                    "{\"x\":[1,2]}",
                    List.of(
                            Header.of(HeaderNames.ORIGIN_TOPIC, Plans.INPUT),
                            Header.of(HeaderNames.ORIGIN_POSITION, first.toString()),
                            Header.of(HeaderNames.ORIGIN_TIME, Long.toString(InsightWorld.NOON))));
            Awaitility.await().until(() -> world.log.records("results").size() == 1);
            Awaitility.await().until(() -> committed(world) == 2);

            for (String position : List.of(first.toString(), retries + "/0/0")) {
                var trace = world.traces.trace(Plans.KEY, LogPosition.parse(position), false);
                assertThat(trace.outputs()).as(position).hasSize(1);
                assertThat(trace.state()).isInstanceOf(PipelineTraces.Answered.class);
                assertThat(trace.remarks()).anyMatch(each -> each.contains(Plans.DEAD + "/0/0"));
            }
        }
    }

    @Test
    void knowsWhatIsStillPending() throws InterruptedException {
        try (var world = new InsightWorld(aPipeline().to("out").plan())) {
            LogPosition done = world.put(0, "a");
            world.awaitDone();
            var stuck = new CountDownLatch(1);
            var go = new CountDownLatch(1);
            world.sink.afterwards(_ -> {
                stuck.countDown();
                await(go);
            });
            LogPosition position = world.put(1, "b");
            assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();

            assertThat(world.traces.trace(Plans.KEY, position, false).state())
                    .isEqualTo(new PipelineTraces.Pending(Optional.of(1L)));
            assertThat(world.traces.trace(Plans.KEY, done, false).state())
                    .isEqualTo(new PipelineTraces.Answered());
            go.countDown();
            world.awaitDone();
        }
    }

    @Test
    void refusesWhatIsNotThere() {
        try (var world = new InsightWorld(aPipeline().to("out").plan())) {
            assertThatThrownBy(() -> world.traces.trace(Plans.KEY, at(Plans.INPUT + "/0/0"), false))
                    .hasMessageContaining("that partition holds no records");
            world.put(0, "a");
            assertThatThrownBy(() -> world.traces.trace(Plans.KEY, at(Plans.INPUT + "/0/9"), false))
                    .hasMessageContaining("it holds the offsets from 0 to 0");
            assertThatThrownBy(() -> world.traces.trace(Plans.KEY, at("other/0/0"), false))
                    .hasMessageContaining(
                            "does not read the topic 'other'; it reads " + Plans.INPUT);
            assertThatThrownBy(() ->
                            world.traces.trace(
                                    aPipeline().named("else").to("x").plan().pipeline(),
                                    at(Plans.INPUT + "/0/0"),
                                    false))
                    .hasMessageContaining("pipeline/else does not run");
        }
    }

    @Test
    void readsPositionsAndProvenance() {
        assertThat(at("a.b/2/17").toString()).isEqualTo("a.b/2/17");
        assertThat(at("shop/sorter a.b/2/17 1767225600000 model/net@1")).isEqualTo(at("a.b/2/17"));
        assertThatThrownBy(() -> at("a.b/2")).hasMessageContaining("TOPIC/PARTITION/OFFSET");
        assertThatThrownBy(() -> at("a.b/-2/1")).hasMessageContaining("TOPIC/PARTITION/OFFSET");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static LogPosition at(String text) {
        return LogPosition.parse(text);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
