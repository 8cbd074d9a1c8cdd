package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.TransactionFaults;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ExactlyOnceTaskTest {

    private static final String STREAM = LogTopic.ofStream(Plans.PROJECT, Plans.KEY.name());

    private static Plans exact() {
        return aPipeline().exactlyOnce();
    }

    @Test
    void outputsDeadLettersAndPositionAreOneTransaction() {
        var plan = exact().model().toLog("results").to(new PipelineSpec.StreamOutput()).plan();
        try (var world = new TaskWorld(plan)) {
            var seen = new ArrayList<Integer>();
            world.log.withTransactionFaults(
                    TransactionFaults.none()
                            .losingCommits(() -> {
                                seen.add(outputs(world, "results").size());
                                seen.add(outputs(world, STREAM).size());
                                seen.add(world.deadLetters().size());
                                seen.add((int) world.committed());
                                return false;
                            }));
            world.put("{\"x\":[1,2]}", "no json", "{\"x\":[2,1]}");
            assertThat(world.task().doWork()).isEqualTo(3);
            assertThat(seen).containsExactly(0, 0, 0, 0);
            assertThat(outputs(world, "results")).hasSize(2);
            assertThat(outputs(world, STREAM)).hasSize(2);
            assertThat(world.deadLetters()).hasSize(1);
            assertThat(world.committed()).isEqualTo(3);
            assertThat(world.meters.outputs().value()).isEqualTo(4);
            assertThat(world.meters.answered().value()).isEqualTo(2);
            assertThat(world.meters.deadLetters().value()).isEqualTo(1);
        }
    }

    @Test
    void aCommitWhoseAnswerIsLostIsNotRepeated() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            var commits = new AtomicInteger();
            world.log.withTransactionFaults(
                    TransactionFaults.none()
                            .losingAcknowledgements(() -> commits.incrementAndGet() == 1));
            world.put("a", "b");
            assertCode(ErrorCode.UNAVAILABLE, () -> world.task().doWork());
            world.rebuild();
            world.put("c").task().doWork();
            assertThat(outputs(world, "results")).containsExactly("a", "b", "c");
        }
    }

    @Test
    void whatAnotherMemberSpoiltByComingIsWrittenOnceMoreByTheSameTask() {
        var plan = exact().model().toLog("results").onError(3, false).plan();
        try (var world = new TaskWorld(plan)) {
            var commits = new AtomicInteger();
            world.log.withTransactionFaults(
                    TransactionFaults.none().redistributing(() -> commits.incrementAndGet() < 3));
            world.put("{\"x\":[1,2]}", "no json");
            assertThat(world.task().doWork()).isEqualTo(2);
            assertThat(outputs(world, "results")).hasSize(1);
            assertThat(world.committed()).isEqualTo(2);
            assertThat(commits).hasValue(3);
            assertThat(world.meters.dropped().value()).isEqualTo(1);
        }
    }

    @Test
    void aLetterThatIsTooLargeIsKeptWithoutItsPayload() {
        try (var world = new TaskWorld(exact().model().toLog("results").plan())) {
            world.put("no json" + "x".repeat(5_000));
            world.log.withMostBytes(3_000);
            assertThat(world.task().doWork()).isEqualTo(1);
            assertThat(world.deadLetters())
                    .singleElement()
                    .satisfies(letter -> {
                        assertThat(letter.value()).isEmpty();
                        assertThat(Header.find(letter.headers(), HeaderNames.DEAD_WITHOUT_PAYLOAD))
                                .isEqualTo("true");
                    });
            assertThat(world.committed()).isEqualTo(1);
        }
    }

    @Test
    void aTaskThatCannotKeepALetterAtAllWaitsAndCanBeStopped() {
        try (var world = new TaskWorld(exact().model().toLog("results").plan())) {
            world.putWith(Plans.INPUT, "no json", Header.of("large", "x".repeat(5_000)));
            world.log.withMostBytes(3_000);
            var letters = new AtomicInteger();
            world.log.withFaults(
                    LogFaults.none()
                            .losingAppends(record -> {
                                if (record.topic().equals(Plans.DEAD)
                                        && letters.incrementAndGet() == 5) {
                                    world.control.stop();
                                }
                                return false;
                            }));
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(letters).hasValue(5);
            assertThat(world.committed()).isZero();
        }
    }

    @Test
    void aCommitThatIsLostIsDoneAgainByTheNextTask() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            var commits = new AtomicInteger();
            world.log.withTransactionFaults(
                    TransactionFaults.none().losingCommits(() -> commits.incrementAndGet() == 1));
            world.put("a", "b");
            assertCode(ErrorCode.UNAVAILABLE, () -> world.task().doWork());
            world.rebuild();
            world.task().doWork();
            assertThat(outputs(world, "results")).containsExactly("a", "b");
        }
    }

    @Test
    void aCrashBeforeTheCommitLeavesNothingBehind() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            var commits = new AtomicInteger();
            world.log.withTransactionFaults(
                    TransactionFaults.none()
                            .losingCommits(() -> {
                                if (commits.incrementAndGet() == 1) {
                                    throw new IllegalStateException("a defect");
                                }
                                return false;
                            }));
            world.put("a", "b");
            assertThatThrownBy(() -> world.task().doWork())
                    .isInstanceOf(IllegalStateException.class);
            assertThat(outputs(world, "results")).isEmpty();
            world.rebuild();
            world.task().doWork();
            assertThat(outputs(world, "results")).containsExactly("a", "b");
        }
    }

    @Test
    void anAppendThatFailsIsTriedAgainWithAllOthersAndComesOnce() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            var losses = new AtomicInteger();
            world.log.withFaults(
                    LogFaults.none()
                            .losingAcknowledgements(record ->
                                    record.topic().equals("results")
                                            && TaskWorld.text(record.value()).equals("b")
                                            && losses.incrementAndGet() < 4));
            world.put("a", "b", "c").task().doWork();
            assertThat(outputs(world, "results")).containsExactly("a", "b", "c");
            assertThat(losses).hasValue(4);
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void aTopicThatIsRefusedCostsItsRecordOnly() {
        try (var world = new TaskWorld(exact().toLog("other{header.tail}").plan())) {
            put(world, "good", Header.of("tail", "-results"));
            put(world, "reserved", Header.of("tail", ".source.camera.images"));
            put(world, "invalid", Header.of("tail", "/#"));
            put(world, "missing");
            put(world, "fine", Header.of("tail", "-results"));
            world.task().doWork();
            assertThat(outputs(world, "other-results")).containsExactly("good", "fine");
            assertThat(world.deadLetters())
                    .extracting(letter -> Header.find(letter.headers(), HeaderNames.DEAD_CODE))
                    .containsExactlyInAnyOrder("DENIED", "INVALID", "INVALID");
            assertThat(world.committed()).isEqualTo(5);
        }
    }

    @Test
    void aTaskWhoseNameIsTakenOverEndsWithoutATrace() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            world.put("a").task().doWork();
            try (var _ = world.log.transactor(TaskContext.groupOf(world.plan) + ".node-0")) {
                world.put("b");
                assertCode(ErrorCode.CONFLICT, () -> world.task().doWork());
            }
            assertThat(outputs(world, "results")).containsExactly("a");
            assertThat(world.committed()).isEqualTo(1);
        }
    }

    @Test
    void anAbortLeavesNothingBehind() {
        try (var world = new TaskWorld(exact().function().toLog("results").plan())) {
            world.functions.define(message -> {
                world.control.abort();
                return new FunctionResult.Sent(List.of(message.payload()));
            });
            world.put("a");
            assertThatThrownBy(() -> world.task().doWork()).isInstanceOf(BatchAbandoned.class);
            assertThat(outputs(world, "results")).isEmpty();
            assertThat(world.committed()).isZero();
        }
    }

    @Test
    void dropsAreCountedWhereNoDeadLettersAreWanted() {
        try (var world = new TaskWorld(exact().model().toLog("results").onError(1, false).plan())) {
            world.put("no json", "{\"x\":[2,1]}").task().doWork();
            assertThat(world.meters.dropped().value()).isEqualTo(1);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(world.committed()).isEqualTo(2);
        }
    }

    @Test
    void manyRecordsShareATransaction() {
        try (var world = new TaskWorld(exact().toLog("results").plan())) {
            var transactions = new AtomicInteger();
            world.log.withTransactionFaults(
                    TransactionFaults.none()
                            .failingBegin(() -> {
                                transactions.incrementAndGet();
                                return false;
                            }));
            for (int i = 0; i < 8_000; i++) {
                world.put("v");
            }
            assertThat(world.task().doWork()).isEqualTo(8_000);
            assertThat(transactions).hasValueLessThan(15);
        }
    }

    @Test
    void refusesOutputsThatAreNotInTheLog() {
        assertThatThrownBy(() -> TaskAssembly.check(exact().to("mqtt/topic").plan()))
                .hasMessageContaining("exactly-once needs outputs in the log itself");
    }

    private static void put(TaskWorld world, String value, Header... headers) {
        world.log.append(
                new io.millrace.spi.OutgoingRecord(
                        Plans.INPUT,
                        null,
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(headers),
                        world.time.epochMillis()),
                _ -> {});
    }

    private static List<String> outputs(TaskWorld world, String topic) {
        return world.log.records(topic).stream()
                .map(LogRecord::value)
                .map(TaskWorld::text)
                .toList();
    }

    private static void assertCode(
            ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
