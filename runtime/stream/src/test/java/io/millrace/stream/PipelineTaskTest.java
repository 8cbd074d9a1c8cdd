package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.testkit.LogFaults;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PipelineTaskTest {

    @Test
    void passesABatchThroughAndCommitsIt() {
        try (var world = new TaskWorld(aPipeline().to("out/{header.line}/{topic}").plan())) {
            world.put("a", "b", "c");
            assertThat(world.task().doWork()).isEqualTo(3);
            assertThat(world.outputs()).containsExactly("a", "b", "c");
            OutputRecord first = world.sink.accepted().getFirst();
            assertThat(first.destination()).isEqualTo("out/7/cam/1");
            assertThat(first.key()).asString().isEqualTo("key");
            assertThat(Header.find(first.headers(), "line")).isEqualTo("7");
            assertThat(world.sink.writes()).isEqualTo(1);
            assertThat(world.committed()).isEqualTo(3);
            assertThat(world.meters.answered().value()).isEqualTo(3);
            assertThat(world.control.state()).isInstanceOf(PipelineState.Running.class);
        }
    }

    @Test
    void callsAFunctionWithTheWholeBatchAndWhatItMayKnow() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            var seen = new ArrayList<FunctionMessage>();
            world.functions.define(message -> {
                seen.add(message);
                return sent("1:" + text(message), "2:" + text(message));
            });
            world.put("a", "b").task().doWork();
            assertThat(world.outputs()).containsExactly("1:a", "2:a", "1:b", "2:b");
            assertThat(world.functions.batchSizes()).containsExactly(2);
            assertThat(seen.getFirst().topic()).isEqualTo("cam/1");
            assertThat(seen.getFirst().receivedNanos()).isEqualTo(1_767_225_600_000_000_001L);
            assertThat(seen.getFirst().selectors()).isEqualTo(Map.of("site", "a"));
            assertThat(world.functions.launches())
                    .singleElement()
                    .satisfies(launch -> {
                        assertThat(launch.input()).isEqualTo("input");
                        assertThat(launch.output()).isEqualTo("out");
                        assertThat(launch.args()).isEqualTo(Map.of("limit", "5"));
                    });
        }
    }

    @Test
    void whatAFunctionMakesOfAFullPollIsWrittenBeforeItFillsTheMemory() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            byte[] picture = new byte[1 << 20];
            world.functions.define(_ -> new FunctionResult.Sent(List.of(picture)));
            var bytes = new ArrayList<Long>();
            var committed = new ArrayList<Long>();
            world.sink.afterwards(batch -> {
                bytes.add(batch.stream().mapToLong(output -> output.value().length).sum());
                committed.add(world.committed());
            });
            world.put(numbered(1_000));
            assertThat(world.task().doWork()).isEqualTo(1_000);
            assertThat(bytes).allMatch(written -> written <= 16 << 20);
            assertThat(committed.get(1)).isPositive();
            assertThat(world.committed()).isEqualTo(1_000);
        }
    }

    @Test
    void smallResultsAreWrittenManyAtATime() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.put(numbered(2_000));
            assertThat(world.task().doWork()).isEqualTo(2_000);
            assertThat(world.outputs()).hasSize(2_000);
            assertThat(world.sink.writes()).isLessThan(20);
        }
    }

    @Test
    void aSlowFunctionAnswersSoonAndAStopKeepsWhatItDid() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            var calls = new AtomicInteger();
            world.functions.define(message -> {
                world.time.pause(Duration.ofMillis(500));
                if (calls.incrementAndGet() == 50) {
                    world.control.stop();
                }
                return sent(text(message));
            });
            var first = new ArrayList<Duration>();
            world.sink.afterwards(_ -> first.add(Duration.ofNanos(world.time.nanoTime())));
            world.put(numbered(2_000));
            int done = world.task().doWork();
            assertThat(first.getFirst()).isLessThan(Duration.ofSeconds(5));
            assertThat(done).isBetween(50, 55);
            assertThat(world.committed()).isEqualTo(done);
        }
    }

    private static String[] numbered(int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(Integer::toString)
                .toArray(String[]::new);
    }

    @Test
    void countsRecordsThatAFunctionMadeNothingOf() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.functions.define(
                    message -> text(message).equals("b") ? sent() : sent(text(message)));
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "c");
            assertThat(world.meters.filtered().value()).isEqualTo(1);
            assertThat(world.meters.answered().value()).isEqualTo(2);
            assertThat(world.committed()).isEqualTo(3);
        }
    }

    @Test
    void triesOnlyWhatFailedAgainWithDoublingWaitsAndKeepsTheOrder() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            var calls = new AtomicInteger();
            world.functions.define(message ->
                    text(message).equals("b") && calls.incrementAndGet() < 3
                            ? failed(ErrorCode.USER_CODE, "KeyError")
                            : sent(text(message)));
            long before = world.time.nanoTime();
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b", "c");
            assertThat(world.functions.batchSizes()).containsExactly(3, 1, 1);
            assertThat(Duration.ofNanos(world.time.nanoTime() - before))
                    .isEqualTo(Duration.ofMillis(600));
            assertThat(world.deadLetters()).isEmpty();
            assertThat(world.meters.retries().value()).isEqualTo(2);
        }
    }

    @Test
    void keepsWhatFailsForGoodAsADeadLetterWithItsReason() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.functions.define(message ->
                    text(message).equals("b")
                            ? failed(ErrorCode.USER_CODE, "KeyError: 'image'")
                            : sent(text(message)));
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "c");
            assertThat(world.deadLetters()).hasSize(1);
            LogRecord letter = world.deadLetters().getFirst();
            assertThat(TaskWorld.text(letter.value())).isEqualTo("b");
            assertThat(letter.key()).asString().isEqualTo("key");
            assertThat(header(letter, "line")).isEqualTo("7");
            assertThat(header(letter, HeaderNames.TOPIC)).isEqualTo("cam/1");
            assertThat(header(letter, HeaderNames.DEAD_REASON)).isEqualTo("KeyError: 'image'");
            assertThat(header(letter, HeaderNames.DEAD_CODE)).isEqualTo("USER_CODE");
            assertThat(header(letter, HeaderNames.DEAD_STAGE))
                    .isEqualTo("step 1 function/classify");
            assertThat(header(letter, HeaderNames.DEAD_ATTEMPTS)).isEqualTo("3");
            assertThat(header(letter, HeaderNames.DEAD_POSITION)).isEqualTo(Plans.INPUT + "/0/1");
            assertThat(header(letter, HeaderNames.DEAD_AT)).startsWith("17672256");
            assertThat(world.committed()).isEqualTo(3);
            assertThat(world.meters.deadLetters().value()).isEqualTo(1);
            assertThat(world.recording.total("millrace_pipeline_failures_total")).isEqualTo(1);
        }
    }

    @Test
    void givesUpAtOnceWhatCannotPass() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            world.put("{\"x\":[1,2]}", "no json", "{\"x\":[2,1,3]}", "{\"x\":[2,1]}")
                    .task()
                    .doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            "{\"index\":1,\"confidence\":2.0}", "{\"index\":0,\"confidence\":2.0}");
            assertThat(EchoModel.callSizes(world.models)).containsExactly(2);
            assertThat(world.deadLetters())
                    .extracting(letter -> header(letter, HeaderNames.DEAD_REASON))
                    .satisfiesExactly(
                            reason -> assertThat(reason).contains("expected an object"),
                            reason ->
                                    assertThat(reason)
                                            .isEqualTo("field 'x': expected 2 numbers, got 3"));
            assertThat(world.deadLetters())
                    .allMatch(letter -> "1".equals(header(letter, HeaderNames.DEAD_ATTEMPTS)));
            assertThat(world.time.nanoTime()).isZero();
        }
    }

    @Test
    void findsTheOneItemThatAModelExplodesOn() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            for (int i = 0; i < 40; i++) {
                world.put(i == 23 ? "{\"n\":23,\"x\":[666,0]}" : "{\"n\":" + i + ",\"x\":[1,0]}");
            }
            world.task().doWork();
            assertThat(world.outputs()).hasSize(39);
            assertThat(world.outputs().get(23)).startsWith("{\"n\":24,");
            assertThat(world.deadLetters())
                    .singleElement()
                    .satisfies(letter ->
                            assertThat(header(letter, HeaderNames.DEAD_REASON))
                                    .contains("explodes"));
            assertThat(EchoModel.callSizes(world.models).size()).isLessThan(20);
        }
    }

    @Test
    void waitsForAModelAsLongAsItTakesAndSaysSo() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var refusals = new AtomicInteger();
            var states = new ArrayList<PipelineState>();
            world.models.describing(() -> {
                states.add(world.control.state());
                if (refusals.incrementAndGet() < 30) {
                    throw EchoModel.notReady();
                }
            });
            var overloads = new AtomicInteger();
            world.models.before(_ -> {
                if (overloads.incrementAndGet() < 5) {
                    throw new MillraceException(ErrorCode.OVERLOADED, "queue full");
                }
            });
            world.put("{\"x\":[1,2]}").task().doWork();
            assertThat(world.outputs()).hasSize(1);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(states.get(5))
                    .isEqualTo(
                            new PipelineState.Failing(
                                    "step 1 model/net: version 1 is being loaded"));
            assertThat(world.control.state()).isInstanceOf(PipelineState.Running.class);
        }
    }

    @Test
    void aModelThatIsTooSlowForAllAtOnceIsAskedForFewerAndCostsNoRecord() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var calls = new AtomicInteger();
            world.models.before(call -> {
                int items = EchoModel.items(call);
                if (items > 10 || calls.incrementAndGet() < 400) {
                    throw new MillraceException(ErrorCode.TIMEOUT, "not done in 30 s");
                }
            });
            for (int i = 0; i < 60; i++) {
                world.put("{\"n\":" + i + ",\"x\":[1,0]}");
            }
            world.task().doWork();
            assertThat(world.outputs()).hasSize(60);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(EchoModel.callSizes(world.models)).allMatch(items -> items <= 10);
        }
    }

    @Test
    void anAbortEndsTheSearchForTheItemThatAModelExplodesOn() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var calls = new AtomicInteger();
            world.models.before(_ -> {
                if (calls.incrementAndGet() == 2) {
                    world.control.abort();
                }
                throw MillraceException.invalid("no");
            });
            world.put("{\"x\":[1,0]}", "{\"x\":[1,0]}", "{\"x\":[1,0]}", "{\"x\":[1,0]}");
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(calls).hasValue(2);
        }
    }

    @Test
    void takesOverAVersionOfAnotherShapeWithoutLosingARecord() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            world.put("{\"x\":[1,2]}").task().doWork();
            EchoModel.put(world.models, 3);
            world.put("{\"x\":[1,2,3]}", "{\"x\":[1,2]}").task().doWork();
            assertThat(world.outputs()).hasSize(2).last().asString().contains("\"index\":2");
            assertThat(world.deadLetters())
                    .singleElement()
                    .satisfies(letter ->
                            assertThat(header(letter, HeaderNames.DEAD_REASON))
                                    .contains("expected 3 numbers, got 2"));
            EchoModel.put(world.models, 2);
            world.put("{\"x\":[1,2]}").task().doWork();
            assertThat(world.outputs()).hasSize(3);
        }
    }

    @Test
    void dropsAndCountsWhereNoDeadLettersAreWanted() {
        try (var world = new TaskWorld(aPipeline().model().to("out").onError(3, false).plan())) {
            world.put("bad", "{\"x\":[1,2]}").task().doWork();
            assertThat(world.outputs()).hasSize(1);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(world.meters.dropped().value()).isEqualTo(1);
            assertThat(world.committed()).isEqualTo(2);
        }
    }

    @Test
    void commitsNothingBeforeTheSinkHasAcknowledged() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var committedWhileWriting = new ArrayList<Long>();
            world.sink.afterwards(_ -> committedWhileWriting.add(world.committed()));
            world.put("a", "b").task().doWork();
            assertThat(committedWhileWriting).containsExactly(0L);
            assertThat(world.committed()).isEqualTo(2);
        }
    }

    @Test
    void writesOnlyWhatTheSinkRefusedAgain() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var writes = new ArrayList<Integer>();
            world.sink.failing(batch -> {
                writes.add(batch.size());
                return writes.size() < 3
                        ? List.of(new ItemFailure(batch.size() - 1, ErrorCode.TIMEOUT, "late"))
                        : List.of();
            });
            world.put("a", "b", "c").task().doWork();
            assertThat(writes).containsExactly(3, 1, 1);
            assertThat(world.outputs()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void waitsForASinkThatIsAwayWithoutGivingAnythingUp() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var refusals = new AtomicInteger();
            world.sink.failing(_ -> {
                if (refusals.incrementAndGet() < 50) {
                    throw new MillraceException(ErrorCode.UNAVAILABLE, "broker is away");
                }
                return List.of();
            });
            world.put("a", "b").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b");
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void whatFollowsARefusedRecordUnderItsKeyIsWrittenAgainBehindIt() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var writes = new AtomicInteger();
            world.sink.failing(_ ->
                    writes.incrementAndGet() == 1
                            ? List.of(new ItemFailure(1, ErrorCode.UNAVAILABLE, "lost"))
                            : List.of());
            world.put("a", "b", "c");
            world.putTo(Plans.INPUT, "other key", "x");
            world.task().doWork();
            assertThat(world.outputs()).containsExactly("a", "c", "x", "b", "c");
        }
    }

    @Test
    void aSinkThatTakesTooLongCostsNoRecordAndIsNotAskedForEach() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.sink.failing(_ -> {
                if (world.sink.writes() <= 20) {
                    throw new MillraceException(ErrorCode.TIMEOUT, "no answer");
                }
                return List.of();
            });
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b", "c");
            assertThat(world.sink.writes()).isEqualTo(21);
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void anAbortEndsTheSearchForTheRecordThatASinkThrowsAt() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.sink.failing(_ -> {
                if (world.sink.writes() == 2) {
                    world.control.abort();
                }
                throw MillraceException.invalid("cannot be sent");
            });
            world.put("a", "b", "c");
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(world.sink.writes()).isEqualTo(2);
        }
    }

    @Test
    void findsTheRecordThatASinkThrowsAt() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.sink.failing(batch -> {
                if (batch.stream().anyMatch(r -> TaskWorld.text(r.value()).equals("b"))) {
                    throw MillraceException.invalid("cannot be sent");
                }
                return List.of();
            });
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "c");
            assertThat(header(world.deadLetters().getFirst(), HeaderNames.DEAD_STAGE))
                    .isEqualTo("output mqtt/out");
        }
    }

    @Test
    void aRecordWithoutTheHeaderThatItsDestinationNeedsIsADeadLetter() {
        try (var world = new TaskWorld(aPipeline().to("out/{header.colour}").plan())) {
            world.put("a").task().doWork();
            assertThat(header(world.deadLetters().getFirst(), HeaderNames.DEAD_REASON))
                    .contains("header 'colour'");
            assertThat(header(world.deadLetters().getFirst(), HeaderNames.DEAD_ATTEMPTS))
                    .isEqualTo("1");
            assertThat(world.sink.writes()).isZero();
        }
    }

    @Test
    void writesToTheLogAndMakesItsTopic() {
        try (var world = new TaskWorld(aPipeline().toLog("{project}-{pipeline}-results").plan())) {
            world.put("a", "b").task().doWork();
            assertThat(world.log.records("shop-sorter-results"))
                    .extracting(record -> TaskWorld.text(record.value()))
                    .containsExactly("a", "b");
        }
    }

    @Test
    void writesToNoTopicOfADataSourceWhateverItsTemplateMakes() {
        var plan = aPipeline().toLog("other{header.tail}").plan();
        try (var world = new TaskWorld(plan)) {
            world.log.append(
                    new io.millrace.spi.OutgoingRecord(
                            Plans.INPUT,
                            null,
                            "a".getBytes(StandardCharsets.UTF_8),
                            List.of(Header.of("tail", ".source.camera.images")),
                            world.time.epochMillis()),
                    _ -> {});
            world.task().doWork();
            assertThat(header(world.deadLetters().getFirst(), HeaderNames.DEAD_CODE))
                    .isEqualTo("DENIED");
            assertThat(world.committed()).isEqualTo(1);
        }
    }

    @Test
    void keepsDeadLettersUntilTheLogHasThem() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var losses = new AtomicInteger();
            world.put("bad");
            world.log.withFaults(LogFaults.none().losingAppends(_ -> losses.incrementAndGet() < 8));
            world.task().doWork();
            assertThat(world.deadLetters()).hasSize(1);
            assertThat(losses).hasValue(8);
            assertThat(world.committed()).isEqualTo(1);
        }
    }

    @Test
    void readsAgainFromTheLastCommitAfterAnUnexpectedError() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.put("a").task().doWork();
            var failures = new AtomicInteger();
            world.sink.afterwards(_ -> {
                if (failures.incrementAndGet() == 1) {
                    throw new IllegalStateException("a defect");
                }
            });
            world.put("b", "c");
            assertThatThrownBy(() -> world.task().doWork())
                    .isInstanceOf(IllegalStateException.class);
            assertThat(world.committed()).isEqualTo(1);
            world.rebuild();
            world.task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b", "c", "b", "c");
            assertThat(world.committed()).isEqualTo(3);
            assertThat(world.sink.open()).isEqualTo(1);
        }
    }

    @Test
    void dropsItsBatchWhenItHasToStopWhileItWaits() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var calls = new AtomicInteger();
            world.models.describing(() -> {
                if (calls.incrementAndGet() == 5) {
                    world.control.stop();
                }
                throw EchoModel.notReady();
            });
            world.put("{\"x\":[1,2]}");
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(world.committed()).isZero();
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void finishesItsBatchWhenAskedToStopInTheMiddle() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.functions.define(message -> {
                world.control.stop();
                return sent(text(message));
            });
            world.put("a", "b").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b");
            assertThat(world.committed()).isEqualTo(2);
        }
    }

    @Test
    void givesNothingUpWhenItIsAborted() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.functions.define(_ -> {
                world.control.abort();
                world.control.endCalls();
                return failed(ErrorCode.INVALID, "worker closed");
            });
            world.put("a");
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(world.committed()).isZero();
            assertThat(world.functions.running()).isEmpty();
        }
    }

    @Test
    void doesNotReadBeforeItsFunctionsAreUp() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan())) {
            world.functions.workersAre(new FunctionWorker.WorkerState.Starting("installing numpy"));
            world.put("a");
            assertThat(world.task().doWork()).isZero();
            assertThat(world.control.state())
                    .isEqualTo(
                            new PipelineState.Starting(
                                    "step 1 function/classify: installing numpy"));
            world.functions.workersAre(new FunctionWorker.WorkerState.Running(1));
            assertThat(world.task().doWork()).isEqualTo(1);
        }
    }

    @Test
    void takesOverOtherTopicsBetweenBatches() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.put("a").task().doWork();
            world.control.inputs(
                    List.of(
                            new PipelinePlan.Input(Plans.INPUT, Map.of()),
                            new PipelinePlan.Input("other", Map.of())));
            world.putTo("other", "k", "x");
            world.put("b").task().doWork();
            assertThat(world.outputs()).containsExactlyInAnyOrder("a", "b", "x");
            world.control.inputs(List.of());
            world.put("c");
            assertThat(world.task().doWork()).isZero();
        }
    }

    @Test
    void aNewPipelineStartsWithWhatArrivesAfterItWasMade() {
        var plan = aPipeline().latest().to("out").plan();
        try (var world = new TaskWorld(plan)) {
            world.log.append(
                    new io.millrace.spi.OutgoingRecord(
                            Plans.INPUT,
                            null,
                            "old".getBytes(StandardCharsets.UTF_8),
                            List.of(),
                            plan.createdAt().toEpochMilli() - 1),
                    _ -> {});
            world.put("new").task().doWork();
            assertThat(world.outputs()).containsExactly("new");
        }
    }

    @Test
    void pollsAgainWhenTheLogIsAway() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var polls = new AtomicInteger();
            world.log.withFaults(LogFaults.none().failingPolls(() -> polls.incrementAndGet() < 3));
            world.put("a");
            assertThat(world.task().doWork()).isZero();
            assertThat(world.control.state())
                    .isEqualTo(new PipelineState.Failing("reading: the log cannot be reached"));
            assertThat(world.task().doWork()).isZero();
            assertThat(world.task().doWork()).isEqualTo(1);
            assertThat(world.control.state()).isInstanceOf(PipelineState.Running.class);
        }
    }

    @Test
    void refusesPlansThatCanNeverRun() {
        assertThatThrownBy(() -> TaskAssembly.check(aPipeline().to("out/{headr.colour}").plan()))
                .hasMessageContaining(
                        "unknown template {headr.colour}; did you mean {header.colour}?");
        assertThatThrownBy(() -> TaskAssembly.check(aPipeline().to("out/{topic").plan()))
                .hasMessageContaining("needs its '}'");
    }

    private static FunctionResult sent(String... payloads) {
        return new FunctionResult.Sent(
                java.util.Arrays.stream(payloads)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    private static FunctionResult failed(ErrorCode code, String reason) {
        return new FunctionResult.Failed(code, reason);
    }

    private static String text(FunctionMessage message) {
        return TaskWorld.text(message.payload());
    }

    private static String header(LogRecord record, String name) {
        String value = Header.find(record.headers(), name);
        return value == null ? "" : value;
    }
}
