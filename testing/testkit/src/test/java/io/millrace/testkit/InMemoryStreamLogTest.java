package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the log in memory can do beyond the conformance kit: simulated time, steps, faults. */
@Timeout(10)
class InMemoryStreamLogTest {

    private static final Duration LONG = Duration.ofDays(1);

    private final TestingTime time = new TestingTime();
    private final List<String> ended = new ArrayList<>();

    @Test
    void neverWaitsInSimulatedTime() {
        InMemoryStreamLog log = immediate();
        LogConsumer consumer = member(log);
        assertThat(consumer.poll(LONG)).isEmpty();
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    void aSteppedLogEndsAppendsWhenTold() {
        InMemoryStreamLog log = stepped();
        append(log, "k", "one");
        append(log, "k", "two");
        assertThat(log.underWay()).isEqualTo(2);
        assertThat(log.records("topic")).isEmpty();
        assertThat(log.step()).isTrue();
        assertThat(ended).containsExactly("one ok");
        assertThat(texts(log.records("topic"))).containsExactly("one");
        assertThat(log.step()).isTrue();
        assertThat(log.step()).isFalse();
        assertThat(ended).containsExactly("one ok", "two ok");
    }

    @Test
    void randomStepsKeepTheOrderOfAKeyAndRepeatWithTheSeed() {
        List<String> first = endInRandomOrder(7);
        assertThat(first).isEqualTo(endInRandomOrder(7)).isNotEqualTo(endInRandomOrder(8));
        for (int key = 0; key < 4; key++) {
            String prefix = key + ".";
            List<String> ofKey = first.stream().filter(each -> each.startsWith(prefix)).toList();
            assertThat(ofKey).hasSize(5).isSorted();
        }
    }

    private List<String> endInRandomOrder(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        InMemoryStreamLog log = stepped();
        ended.clear();
        for (int number = 0; number < 5; number++) {
            for (int key = 0; key < 4; key++) {
                append(log, "key" + key, key + "." + number);
            }
        }
        while (log.underWay() > 0) {
            log.step(random);
        }
        return List.copyOf(ended);
    }

    @Test
    void losesAppendsAndAcknowledgementsWhenTold() {
        InMemoryStreamLog log =
                immediate()
                        .withFaults(
                                LogFaults.none()
                                        .losingAppends(record -> text(record).equals("lost"))
                                        .losingAcknowledgements(
                                                record -> text(record).equals("unsure")));
        append(log, "k", "fine");
        append(log, "k", "lost");
        append(log, "k", "unsure");
        assertThat(ended).containsExactly("fine ok", "lost UNAVAILABLE", "unsure UNAVAILABLE");
        assertThat(texts(log.records("topic"))).containsExactly("fine", "unsure");
    }

    @Test
    void anAppendToNoTopicFails() {
        InMemoryStreamLog log = immediate();
        log.append(new OutgoingRecord("nowhere", null, new byte[0], List.of(), 0), listener("it"));
        assertThat(ended).containsExactly("it NOT_FOUND");
    }

    @Test
    void aDelayedCommitIsLostInACrashAndKeptByClose() {
        InMemoryStreamLog log =
                immediate().withFaults(LogFaults.none().delayingCommits(() -> true));
        append(log, "k", "one");
        LogConsumer crashed = member(log);
        commit(crashed, crashed.poll(LONG));
        log.crash(_ -> true);
        assertThatThrownBy(() -> crashed.poll(LONG)).isInstanceOf(MillraceException.class);
        LogConsumer again = member(log);
        List<LogRecord> records = again.poll(LONG);
        assertThat(texts(records)).containsExactly("one");
        commit(again, records);
        assertThat(log.committed("group")).isEmpty();
        again.close();
        assertThat(log.committed("group")).hasSize(1);
        assertThat(member(log).poll(LONG)).isEmpty();
    }

    @Test
    void aCrashLeavesOfWhatIsUnderWayWhatSurvives() {
        InMemoryStreamLog log = stepped();
        append(log, "k", "kept");
        append(log, "k", "gone");
        log.crash(record -> text(record).equals("kept"));
        assertThat(ended).isEmpty();
        assertThat(log.underWay()).isZero();
        assertThat(texts(log.records("topic"))).containsExactly("kept");
    }

    @Test
    void aPollFailsWhenTold() {
        InMemoryStreamLog log = immediate();
        LogConsumer consumer = member(log);
        log.withFaults(LogFaults.none().failingPolls(() -> true));
        assertThatThrownBy(() -> consumer.poll(LONG))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        log.withFaults(LogFaults.none());
        assertThat(consumer.poll(LONG)).isEmpty();
    }

    @Test
    void closeEndsWhatIsUnderWay() {
        InMemoryStreamLog log = stepped();
        append(log, "k", "one");
        log.close();
        assertThat(ended).containsExactly("one ok");
    }

    private InMemoryStreamLog immediate() {
        InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 4);
        log.ensureTopics(List.of("topic"));
        return log;
    }

    private InMemoryStreamLog stepped() {
        InMemoryStreamLog log = InMemoryStreamLog.stepped(time, 4);
        log.ensureTopics(List.of("topic"));
        return log;
    }

    private static LogConsumer member(InMemoryStreamLog log) {
        LogConsumer consumer = log.consumer(new ConsumerSpec("group", "m", 0, 100));
        consumer.subscribe(Set.of("topic"));
        return consumer;
    }

    private void append(InMemoryStreamLog log, String key, String value) {
        log.append(
                new OutgoingRecord(
                        "topic",
                        key.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(),
                        0),
                listener(value));
    }

    private AppendListener listener(String name) {
        return failure ->
                ended.add(
                        name
                                + " "
                                + (failure instanceof MillraceException told
                                        ? told.code().name()
                                        : "ok"));
    }

    private static void commit(LogConsumer consumer, List<LogRecord> records) {
        LogRecord last = records.getLast();
        consumer.commit(Map.of(last.partition(), last.offset() + 1));
    }

    private static String text(OutgoingRecord record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    private static List<String> texts(List<LogRecord> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }
}
