package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What transactions in memory can do beyond the conformance kit: steps, faults, dying writers. */
@Timeout(10)
class InMemoryTransactionsTest {

    private static final LogPartition INPUT = new LogPartition("input", 0);

    private final InMemoryStreamLog log = InMemoryStreamLog.stepped(new TestingTime(), 1);
    private final List<String> ended = new ArrayList<>();

    InMemoryTransactionsTest() {
        log.ensureTopics(Set.of("input", "topic"));
    }

    @Test
    void aCommitEndsItsAppendsAndThoseBeforeThem() {
        log.append(record("plain"), failure -> ended.add("plain " + (failure == null)));
        LogTransactor writer = begun("writer", "one", "two");
        log.append(record("behind"), failure -> ended.add("behind " + (failure == null)));
        writer.commit();
        assertThat(ended).containsExactly("plain true", "one true", "two true");
        assertThat(texts(log.records("topic"))).containsExactly("plain", "one", "two");
        assertThat(log.underWay()).isEqualTo(1);
    }

    @Test
    void anAbortTakesBackWhatIsUnderWay() {
        LogTransactor writer = begun("writer", "one", "two");
        log.step();
        writer.abort();
        assertThat(ended).containsExactly("one true", "two false");
        assertThat(log.underWay()).isZero();
        assertThat(log.records("topic")).isEmpty();
    }

    @Test
    void readersWaitBehindWhatIsOpenUntilItsTimeIsUp() {
        LogTransactor writer = begun("writer", "open");
        log.append(record("plain"), _ -> {});
        log.step();
        log.step();
        LogConsumer reader = member("reader", "topic");
        assertThat(reader.poll(Duration.ZERO)).isEmpty();
        assertThat(reader.lag()).isZero();
        assertThat(log.committedOf(new LogPartition("topic", 0))).isEmpty();
        log.expireTransactions();
        assertThat(texts(reader.poll(Duration.ZERO))).containsExactly("plain");
        assertThat(texts(log.committedOf(new LogPartition("topic", 0)))).containsExactly("plain");
        assertCode(ErrorCode.CONFLICT, writer::commit);
    }

    @Test
    void anAppendThatWasLostSpoilsTheTransaction() {
        log.withFaults(LogFaults.none().losingAppends(r -> text(r.value()).equals("two")));
        LogTransactor writer = begun("writer", "one", "two");
        assertCode(ErrorCode.UNAVAILABLE, writer::commit);
        assertThat(log.records("topic")).isEmpty();
        log.withFaults(LogFaults.none());
        writer.begin();
        writer.append(record("again"), _ -> {});
        writer.commit();
        assertThat(texts(log.records("topic"))).containsExactly("again");
    }

    @Test
    void whatBecameOfALostCommitIsSeenByWhoTakesOver() {
        log.withTransactionFaults(TransactionFaults.none().losingCommits(() -> true));
        assertCode(ErrorCode.UNAVAILABLE, begun("lost", "lost")::commit);
        log.withTransactionFaults(TransactionFaults.none().losingAcknowledgements(() -> true));
        LogTransactor silent = begun("silent", "kept");
        assertCode(ErrorCode.UNAVAILABLE, silent::commit);
        assertCode(ErrorCode.UNAVAILABLE, silent::begin);
        assertThat(texts(log.records("topic"))).containsExactly("kept");
        LogConsumer reader = member("reader", "topic");
        assertThat(reader.poll(Duration.ZERO)).isEmpty();
        log.transactor("lost").close();
        assertThat(texts(reader.poll(Duration.ZERO))).containsExactly("kept");
    }

    @Test
    void aCrashLeavesTheTransactionOpenForItsSuccessor() {
        LogTransactor writer = begun("writer", "one", "two");
        log.crash(_ -> true);
        assertThat(ended).isEmpty();
        assertCode(ErrorCode.UNAVAILABLE, writer::commit);
        LogConsumer reader = member("reader", "topic");
        assertThat(reader.poll(Duration.ZERO)).isEmpty();
        begun("writer", "three").commit();
        assertThat(texts(reader.poll(Duration.ZERO))).containsExactly("three");
    }

    @Test
    void aLogCanBeMadeToBreakItsPromises() {
        log.append(new OutgoingRecord("input", null, new byte[0], List.of(), 1), _ -> {});
        log.step();
        LogConsumer member = member("m", "input");
        assertThat(member.poll(Duration.ZERO)).hasSize(1);
        log.withTransactionFaults(TransactionFaults.none().forgettingOffsets(() -> true));
        LogTransactor torn = begun("torn", "twice");
        assertCode(ErrorCode.UNAVAILABLE, () -> torn.commit(member, Map.of(INPUT, 1L)));
        assertThat(log.committed("group")).isEmpty();
        assertThat(texts(log.records("topic"))).containsExactly("twice");
        log.withTransactionFaults(TransactionFaults.none().forgettingRecords(() -> true));
        begun("torn", "never").commit(member, Map.of(INPUT, 1L));
        assertThat(log.committed("group")).containsEntry(INPUT, 1L);
        assertThat(texts(log.records("topic"))).containsExactly("twice");
    }

    private LogTransactor begun(String name, String... values) {
        LogTransactor writer = log.transactor(name);
        writer.begin();
        for (String value : values) {
            writer.append(record(value), failure -> ended.add(value + " " + (failure == null)));
        }
        return writer;
    }

    private LogConsumer member(String name, String topic) {
        LogConsumer consumer = log.consumer(new ConsumerSpec("group", name, 0, 100));
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    private static OutgoingRecord record(String value) {
        return new OutgoingRecord(
                "topic", null, value.getBytes(StandardCharsets.UTF_8), List.of(), 1);
    }

    private static List<String> texts(List<LogRecord> records) {
        return records.stream().map(record -> text(record.value())).toList();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        failure -> assertThat(failure.code()).isEqualTo(code));
    }
}
