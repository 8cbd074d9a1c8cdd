package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a {@link StreamLog} with transactions promises beside all else. A subclass opens one; names
 * are new in each test, so the store behind it may be shared.
 */
@Timeout(90)
public abstract class TransactionConformance {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(20);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final TimeSource time = TimeSource.system();
    private StreamLog log;
    private String input;
    private String output;
    private String group;
    private String name;

    /** A log that is ready for use; closed by the kit. */
    protected abstract StreamLog openLog();

    @BeforeEach
    void openTheLog() {
        log = openLog();
        input = newName("input");
        output = newName("output");
        group = newName("group");
        name = newName("writer");
        log.ensureTopics(List.of(input, output));
    }

    @AfterEach
    void closeWhatWasOpened() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        log.close();
    }

    // ---- what readers see

    @Test
    void nothingIsSeenBeforeTheCommitAndAllOfItAfterwards() {
        LogTransactor writer = writer(name);
        LogConsumer reader = reader(output);
        writer.begin();
        write(writer, output, "a", "b", "c");
        assertNothingComes(reader);
        writer.commit();
        assertThat(texts(read(reader, 3))).containsExactly("a", "b", "c");
    }

    @Test
    void whatWasAbortedIsNeverSeenAndWhatFollowsIs() {
        LogTransactor writer = writer(name);
        LogConsumer reader = reader(output);
        for (int i = 0; i < 5; i++) {
            writer.begin();
            write(writer, output, "aborted " + i);
            writer.abort();
            writer.begin();
            write(writer, output, "committed " + i);
            writer.commit();
        }
        assertThat(texts(read(reader, 5)))
                .containsExactly(
                        "committed 0", "committed 1", "committed 2", "committed 3", "committed 4");
        assertNothingComes(reader);
    }

    @Test
    void severalTopicsBecomeVisibleTogether() {
        String another = newName("another");
        log.ensureTopics(List.of(another));
        LogTransactor writer = writer(name);
        LogConsumer reader = reader(output, another);
        writer.begin();
        write(writer, output, "one");
        write(writer, another, "two");
        assertNothingComes(reader);
        writer.commit();
        assertThat(texts(read(reader, 2))).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void anEmptyTransactionHarmsNobody() {
        LogTransactor writer = writer(name);
        writer.begin();
        writer.commit();
        writer.begin();
        writer.abort();
        writer.begin();
        write(writer, output, "after");
        writer.commit();
        assertThat(texts(read(reader(output), 1))).containsExactly("after");
    }

    @Test
    void aPlaceThatIsKeptLiesBeforeWhatIsCommittedLater() {
        String late = newName("late");
        LogTransactor writer = writer(name);
        appendTo(output, "before");
        writer.begin();
        write(writer, output, "one", "two");
        log.keepPlace(late, output);
        writer.commit();
        LogConsumer reader = log.consumer(new ConsumerSpec(late, "m", Long.MAX_VALUE / 2, 100));
        opened.add(reader);
        reader.subscribe(Set.of(output));
        assertThat(texts(read(reader, 2))).containsExactly("one", "two");
    }

    // ---- offsets

    @Test
    void offsetsAreCommittedWithTheRecords() {
        append("1", "2", "3", "4");
        LogConsumer member = member("m", 2);
        LogTransactor writer = writer(name);
        List<LogRecord> first = read(member, 2);
        writer.begin();
        write(writer, output, "of 1 and 2");
        writer.commit(member, after(first));
        member.close();
        assertThat(texts(read(member("other", 10), 2))).containsExactly("3", "4");
        assertThat(texts(read(reader(output), 1))).containsExactly("of 1 and 2");
    }

    @Test
    void offsetsAloneAreATransactionToo() {
        append("1", "2");
        LogConsumer member = member("m", 1);
        LogTransactor writer = writer(name);
        List<LogRecord> first = read(member, 1);
        writer.begin();
        writer.commit(member, after(first));
        member.close();
        assertThat(texts(read(member("other", 10), 1))).containsExactly("2");
    }

    @Test
    void anAbortLeavesTheOffsetsWhereTheyWere() {
        append("1", "2");
        LogConsumer member = member("m", 10);
        LogTransactor writer = writer(name);
        read(member, 2);
        writer.begin();
        write(writer, output, "dropped");
        writer.abort();
        member.close();
        assertThat(texts(read(member("other", 10), 2))).containsExactly("1", "2");
    }

    @Test
    void aMemberThatWasReplacedCannotCommitUnderAnyName() {
        append("1");
        LogConsumer old = member("m", 10);
        List<LogRecord> seen = read(old, 1);
        LogTransactor zombie = writer(newName("zombie"));
        zombie.begin();
        write(zombie, output, "of the zombie");
        LogConsumer next = member("m", 10);
        List<LogRecord> again = read(next, 1);
        assertThat(texts(again)).containsExactly("1");
        assertCode(ErrorCode.CONFLICT, () -> zombie.commit(old, after(seen)));
        LogTransactor writer = writer(name);
        writer.begin();
        write(writer, output, "of its successor");
        writer.commit(next, after(again));
        assertThat(texts(read(reader(output), 1))).containsExactly("of its successor");
    }

    @Test
    void offsetsOfPartitionsThatAreNotTheMembersAreRefused() {
        append("1");
        LogConsumer member = member("m", 10);
        read(member, 1);
        LogTransactor writer = writer(name);
        writer.begin();
        write(writer, output, "dropped");
        assertCode(
                ErrorCode.CONFLICT,
                () -> writer.commit(member, Map.of(new LogPartition(output, 0), 1L)));
        writer.begin();
        write(writer, output, "kept");
        writer.commit();
        assertThat(texts(read(reader(output), 1))).containsExactly("kept");
    }

    @Test
    void aConsumerOfSomethingElseIsRefused() {
        LogTransactor writer = writer(name);
        writer.begin();
        write(writer, output, "dropped");
        assertCode(
                ErrorCode.INVALID,
                () ->
                        writer.commit(
                                new ConsumerOfNothing(), Map.of(new LogPartition(input, 0), 1L)));
        writer.begin();
        write(writer, output, "kept");
        writer.commit();
        assertThat(texts(read(reader(output), 1))).containsExactly("kept");
    }

    // ---- names

    @Test
    void whoTakesOverANameEndsWhatWasLeftOpenUnderIt() {
        LogTransactor crashed = writer(name);
        crashed.begin();
        write(crashed, output, "left open");
        LogTransactor next = writer(name);
        next.begin();
        write(next, output, "of its successor");
        next.commit();
        assertThat(texts(read(reader(output), 1))).containsExactly("of its successor");
        assertCode(ErrorCode.CONFLICT, crashed::commit);
    }

    @Test
    void whatWasLeftOpenUnderSomeNamesIsEndedByAsking() {
        LogTransactor crashed = writer(name);
        crashed.begin();
        write(crashed, output, "left open");
        LogTransactor living = writer(name + ".living");
        living.begin();
        write(living, output, "kept");
        log.endTransactions(List.of(name, name + ".unknown"));
        living.commit();
        assertThat(texts(read(reader(output), 1))).containsExactly("kept");
        assertCode(ErrorCode.CONFLICT, crashed::commit);
    }

    @Test
    void whoWasReplacedBetweenTransactionsIsRefused() {
        LogTransactor old = writer(name);
        old.begin();
        write(old, output, "before");
        old.commit();
        LogTransactor next = writer(name);
        assertThatThrownBy(
                        () -> {
                            old.begin();
                            old.append(record(output, "of the zombie"), _ -> {});
                            old.commit();
                        })
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        next.begin();
        write(next, output, "after");
        next.commit();
        LogConsumer reader = reader(output);
        assertThat(texts(read(reader, 2))).containsExactly("before", "after");
        assertNothingComes(reader);
    }

    @Test
    void writersOfSeveralNamesDoNotDisturbEachOther() {
        LogTransactor one = writer(name);
        LogTransactor two = writer(newName("writer"));
        one.begin();
        two.begin();
        write(one, output, "one");
        write(two, output, "two");
        two.abort();
        one.commit();
        LogConsumer reader = reader(output);
        assertThat(texts(read(reader, 1))).containsExactly("one");
        assertNothingComes(reader);
    }

    // ---- closing

    @Test
    void closeAbortsWhatIsOpen() {
        LogTransactor writer = writer(name);
        writer.begin();
        write(writer, output, "dropped");
        writer.close();
        writer.close();
        assertCode(ErrorCode.UNAVAILABLE, writer::begin);
        assertCode(ErrorCode.UNAVAILABLE, writer::commit);
        appendTo(output, "after");
        assertThat(texts(read(reader(output), 1))).containsExactly("after");
    }

    @Test
    void aClosedLogGivesNoTransactor() {
        log.close();
        assertCode(ErrorCode.UNAVAILABLE, () -> log.transactor(name).close());
    }

    // ---- the kit's own words

    private LogTransactor writer(String writer) {
        LogTransactor transactor = log.transactor(writer);
        opened.add(transactor);
        return transactor;
    }

    private LogConsumer member(String member, int maxRecords) {
        return consumer(group, member, maxRecords, Set.of(input));
    }

    private LogConsumer reader(String... topics) {
        return consumer(newName("readers"), "reader", 100, Set.of(topics));
    }

    private LogConsumer consumer(String of, String member, int maxRecords, Set<String> topics) {
        LogConsumer consumer = log.consumer(new ConsumerSpec(of, member, 0, maxRecords));
        opened.add(consumer);
        consumer.subscribe(topics);
        return consumer;
    }

    /** Returns when the log has taken them, so that only the commit is missing. */
    private void write(LogTransactor writer, String topic, String... values) {
        var taken = new CountDownLatch(values.length);
        var failures = new AtomicInteger();
        for (String value : values) {
            writer.append(
                    record(topic, value),
                    failure -> {
                        if (failure != null) {
                            failures.incrementAndGet();
                        }
                        taken.countDown();
                    });
        }
        await(taken);
        assertThat(failures).hasValue(0);
    }

    private void append(String... values) {
        for (String value : values) {
            appendTo(input, value);
        }
    }

    private void appendTo(String topic, String value) {
        var taken = new CountDownLatch(1);
        log.append(record(topic, value), _ -> taken.countDown());
        await(taken);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static OutgoingRecord record(String topic, String value) {
        return new OutgoingRecord(topic, bytes("one key"), bytes(value), List.of(), 1);
    }

    private List<LogRecord> read(LogConsumer consumer, int count) {
        var records = new ArrayList<LogRecord>();
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count) {
            records.addAll(consumer.poll(MOMENT));
            if (time.nanoTime() > deadline) {
                throw new AssertionError("not within " + PATIENCE + "; so far: " + texts(records));
            }
        }
        return records;
    }

    /** Long enough to join a group and be wrong. */
    private static void assertNothingComes(LogConsumer consumer) {
        for (int i = 0; i < 15; i++) {
            assertThat(texts(consumer.poll(MOMENT))).isEmpty();
        }
    }

    private static Map<LogPartition, Long> after(List<LogRecord> records) {
        Map<LogPartition, Long> next = new HashMap<>();
        for (LogRecord record : records) {
            next.merge(record.partition(), record.offset() + 1, Math::max);
        }
        return next;
    }

    private static List<String> texts(List<LogRecord> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String newName(String what) {
        return "conformance." + what + "." + IdSource.random().next();
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        failure -> assertThat(failure.code()).isEqualTo(code));
    }

    /** A consumer that no log has made. */
    private static final class ConsumerOfNothing implements LogConsumer {
        @Override
        public void subscribe(Set<String> topics) {}

        @Override
        public List<LogRecord> poll(Duration timeout) {
            return List.of();
        }

        @Override
        public void commit(Map<LogPartition, Long> next) {}

        @Override
        public long lag() {
            return 0;
        }

        @Override
        public void close() {}

        @Override
        public void wakeup() {}
    }
}
