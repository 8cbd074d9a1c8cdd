package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
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
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link StreamLog} promises. A subclass opens one; topics and groups have a new name in
 * each test, so the store behind it may be shared.
 */
@Timeout(90)
public abstract class StreamLogConformance {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(20);

    /** Less than it takes until a member that says nothing is given up. */
    private static final Duration AT_ONCE = Duration.ofSeconds(9);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final TimeSource time = TimeSource.system();
    private StreamLog log;
    private String topic;
    private String group;

    /** A log that is ready for use; closed by the kit. */
    protected abstract StreamLog openLog();

    @BeforeEach
    void openTheLog() {
        log = openLog();
        topic = newName("topic");
        group = newName("group");
        log.ensureTopics(List.of(topic));
    }

    @AfterEach
    void closeWhatWasOpened() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        log.close();
    }

    // ---- appending

    @Test
    void tellsOnceThatARecordIsDurable() {
        var calls = new AtomicInteger();
        var failures = new ArrayList<Exception>();
        log.append(
                record("k", "v", 1),
                failure -> {
                    if (failure != null) {
                        failures.add(failure);
                    }
                    calls.incrementAndGet();
                });
        waitUntil(() -> calls.get() > 0);
        log.close();
        assertThat(calls).hasValue(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void keepsTheOrderOfAKey() {
        var appended = new Acknowledgements();
        for (int i = 0; i < 200; i++) {
            log.append(record("key" + i % 5, Integer.toString(i), i), appended.next());
        }
        appended.awaitAll();
        Map<String, List<Integer>> byKey = new HashMap<>();
        for (LogRecord record : read(member("m", 0), 200)) {
            byKey.computeIfAbsent(text(record.key()), _ -> new ArrayList<>())
                    .add(Integer.parseInt(text(record.value())));
        }
        assertThat(byKey).hasSize(5);
        byKey.forEach((_, numbers) -> assertThat(numbers).hasSize(40).isSorted());
    }

    @Test
    void givesBackWhatWasAppended() {
        byte[] odd = {0, -1, 127, -128};
        var headers =
                List.of(
                        Header.of("a", "1"),
                        new Header("b", odd),
                        Header.of("a", "2"),
                        new Header("empty", new byte[0]));
        append(new OutgoingRecord(topic, odd, odd, headers, 1_234_567_890_123L));
        LogRecord record = read(member("m", 0), 1).getFirst();
        assertThat(record.partition().topic()).isEqualTo(topic);
        assertThat(record.offset()).isZero();
        assertThat(record.key()).isEqualTo(odd);
        assertThat(record.value()).isEqualTo(odd);
        assertThat(record.timestampMillis()).isEqualTo(1_234_567_890_123L);
        assertThat(record.headers())
                .extracting(Header::name)
                .containsExactly("a", "b", "a", "empty");
        assertThat(record.headers().get(1).value()).isEqualTo(odd);
        assertThat(record.headers().get(2).text()).isEqualTo("2");
        assertThat(record.headers().get(3).value()).isEmpty();
    }

    @Test
    void keepsNullKeysEmptyKeysAndEmptyValuesApart() {
        append(new OutgoingRecord(topic, null, bytes("null"), List.of(), 1));
        append(new OutgoingRecord(topic, new byte[0], bytes("empty"), List.of(), 2));
        append(new OutgoingRecord(topic, bytes("k"), new byte[0], List.of(), 3));
        List<LogRecord> records = read(member("m", 0), 3);
        assertThat(find(records, 1).key()).isNull();
        assertThat(find(records, 2).key()).isEmpty();
        assertThat(find(records, 3).value()).isEmpty();
        assertThat(find(records, 3).headers()).isEmpty();
    }

    @Test
    void takesRecordsFromTheFutureAndFromLongAgo() {
        append(record("k", "old", 1));
        append(record("k", "future", time.epochMillis() + Duration.ofDays(400).toMillis()));
        assertThat(texts(read(member("m", 0), 2))).containsExactly("old", "future");
    }

    // ---- topics

    @Test
    void ensuresTopicsAgainWithoutHarm() {
        append(record("k", "kept", 1));
        String another = newName("topic");
        log.ensureTopics(List.of(topic, another, topic));
        log.ensureTopics(List.of(another));
        log.ensureTopics(List.of());
        append(new OutgoingRecord(another, null, bytes("v"), List.of(), 1));
        assertThat(texts(read(member("m", 0), 1))).containsExactly("kept");
    }

    @Test
    void refusesNamesThatNoLogTakes() {
        for (String wrong : List.of("", ".", "..", "a/b", "a b", "ü", "x".repeat(250))) {
            assertCode(ErrorCode.INVALID, () -> log.ensureTopics(List.of(wrong)));
        }
    }

    // ---- positions

    @Test
    void resumesAfterTheLastCommit() {
        appendNumbers(0, 10);
        LogConsumer first = member("m", 0);
        List<LogRecord> seen = read(first, 10);
        commit(first, seen);
        first.close();
        appendNumbers(10, 15);
        assertThat(numbers(read(member("another", 0), 5))).containsExactly(10, 11, 12, 13, 14);
    }

    @Test
    void readsAgainWhatWasNotCommitted() {
        appendNumbers(0, 10);
        LogConsumer first = member("m", 0, 4);
        commit(first, read(first, 4));
        read(first, 4);
        first.close();
        assertThat(numbers(read(member("m", 0), 6))).containsExactly(4, 5, 6, 7, 8, 9);
    }

    @Test
    void closeMakesTheLastOfManyCommitsDurable() {
        appendNumbers(0, 100);
        LogConsumer first = member("m", 0, 1);
        for (int i = 0; i < 100; i++) {
            commit(first, read(first, 1));
        }
        first.close();
        appendNumbers(100, 101);
        assertThat(numbers(read(member("m", 0), 1))).containsExactly(100);
    }

    @Test
    void returnsNoMoreThanAskedFor() {
        appendNumbers(0, 25);
        LogConsumer consumer = member("m", 0, 10);
        var all = new ArrayList<LogRecord>();
        long deadline = deadline();
        while (all.size() < 25) {
            List<LogRecord> polled = consumer.poll(MOMENT);
            assertThat(polled).hasSizeLessThanOrEqualTo(10);
            all.addAll(polled);
            requireBefore(deadline, all);
        }
        assertThat(numbers(all)).isSorted().hasSize(25);
    }

    @Test
    void saysHowFarItIsBehind() {
        appendNumbers(0, 25);
        LogConsumer consumer = member("m", 0, 10);
        int read = 0;
        long deadline = deadline();
        while (read < 10) {
            read += consumer.poll(MOMENT).size();
            requireBefore(deadline, read);
        }
        assertThat(consumer.lag()).isEqualTo(25 - read);
        read(consumer, 25 - read);
        assertThat(consumer.lag()).isZero();
    }

    @Test
    void aNewGroupStartsWithTheFirstRecordThatIsNotEarlier() {
        long[] timestamps = {100, 200, 300, 250, 400};
        for (long timestamp : timestamps) {
            append(record("one key", Long.toString(timestamp), timestamp));
        }
        assertThat(texts(read(member("m", 250), 3))).containsExactly("300", "250", "400");
    }

    @Test
    void theStartIsExact() {
        append(record("one key", "early", 249));
        append(record("one key", "exact", 250));
        assertThat(texts(read(member("m", 250), 1))).containsExactly("exact");
    }

    @Test
    void startsAtTheEndWhenAllIsTooEarly() {
        append(record("one key", "too early", 100));
        LogConsumer consumer = member("m", 1_000);
        assertNothingComes(consumer);
        append(record("one key", "late but too early", 999));
        append(record("one key", "first", 1_000));
        append(record("one key", "second", 500));
        assertThat(texts(read(consumer, 2))).containsExactly("first", "second");
    }

    @Test
    void theStartHoldsAcrossACrashBeforeTheFirstCommit() {
        append(record("one key", "too early", 100));
        assertNothingComes(member("m", 1_000));
        append(record("one key", "late but too early", 999));
        append(record("one key", "first", 1_000));
        append(record("one key", "second", 500));
        LogConsumer again = member("m", 1_000);
        assertThat(texts(read(again, 2))).containsExactly("first", "second");
    }

    @Test
    void aCommitIsStrongerThanTheStart() {
        appendNumbers(0, 5);
        LogConsumer first = member("m", 0, 2);
        commit(first, read(first, 2));
        first.close();
        assertThat(numbers(read(member("m", Long.MAX_VALUE / 2), 3))).containsExactly(2, 3, 4);
    }

    // ---- groups

    @Test
    void groupsReadIndependently() {
        appendNumbers(0, 5);
        read(member("m", 0), 5);
        group = newName("group");
        assertThat(read(member("m", 0), 5)).hasSize(5);
    }

    @Test
    void membersShareThePartitions() {
        LogConsumer one = member("one", 0);
        LogConsumer two = member("two", 0);
        var ofOne = new ArrayList<LogRecord>();
        var ofTwo = new ArrayList<LogRecord>();
        int appended = 0;
        long deadline = deadline();
        while (ofOne.isEmpty() || ofTwo.isEmpty()) {
            for (int key = 0; key < 16; key++) {
                append(record("key" + key, Integer.toString(appended++), 1));
            }
            pollAndCommit(one, ofOne);
            pollAndCommit(two, ofTwo);
            requireBefore(deadline, appended);
        }
        while (ofOne.size() + ofTwo.size() < appended) {
            pollAndCommit(one, ofOne);
            pollAndCommit(two, ofTwo);
            requireBefore(deadline, appended);
        }
        var all = new ArrayList<>(numbers(ofOne));
        all.addAll(numbers(ofTwo));
        assertThat(all).doesNotHaveDuplicates().hasSize(appended);
    }

    @Test
    void inPartsNothingIsLostWhenAMemberComesInBetween() {
        LogConsumer one = member("one", 0);
        LogConsumer two = member("two", 0);
        var taken = new ArrayList<LogRecord>();
        int ofTwo = 0;
        int appended = 0;
        long deadline = deadline();
        while (ofTwo == 0 || taken.size() < appended) {
            for (int i = 0; i < 6 && ofTwo == 0; i++) {
                append(record("key" + appended % 16, Integer.toString(appended++), 1));
            }
            takeAPart(one, taken);
            if (!taken.isEmpty()) {
                ofTwo += takeAPart(two, taken);
            }
            requireBefore(deadline, taken.size() + " of " + appended);
        }
        assertThat(numbers(taken)).doesNotHaveDuplicates().hasSize(appended);
        Map<String, List<Integer>> byKey = new HashMap<>();
        for (LogRecord record : taken) {
            byKey.computeIfAbsent(text(record.key()), _ -> new ArrayList<>())
                    .add(Integer.parseInt(text(record.value())));
        }
        byKey.forEach((_, numbers) -> assertThat(numbers).isSorted());
        one.close();
        two.close();
        append(record("one key", Integer.toString(appended), 1));
        assertThat(numbers(read(member("three", 0), 1))).containsExactly(appended);
    }

    private static int takeAPart(LogConsumer consumer, List<LogRecord> into) {
        List<LogRecord> part = consumer.poll(MOMENT, 3);
        into.addAll(part);
        commit(consumer, part);
        return part.size();
    }

    @Test
    void theOthersTakeOverWhenAMemberLeaves() {
        LogConsumer one = member("one", 0);
        LogConsumer two = member("two", 0);
        var ofOne = new ArrayList<LogRecord>();
        var ofTwo = new ArrayList<LogRecord>();
        long deadline = deadline();
        for (int i = 0; ofOne.isEmpty() || ofTwo.isEmpty(); i++) {
            append(record("key" + i, "v", 1));
            pollAndCommit(one, ofOne);
            pollAndCommit(two, ofTwo);
            requireBefore(deadline, i);
        }
        two.close();
        long left = time.nanoTime();
        for (int i = 0; i < 32; i++) {
            append(record("after" + i, "after", 1));
        }
        ofOne.clear();
        while (texts(ofOne).stream().filter("after"::equals).count() < 32) {
            pollAndCommit(one, ofOne);
            requireBefore(deadline, ofOne);
        }
        assertThat(Duration.ofNanos(time.nanoTime() - left)).isLessThan(AT_ONCE);
    }

    @Test
    void aMemberThatComesBackTakesOverAtOnce() {
        appendNumbers(0, 10);
        LogConsumer crashed = member("m", 0, 4);
        commit(crashed, read(crashed, 4));
        read(crashed, 4);
        long start = time.nanoTime();
        LogConsumer again = member("m", 0);
        List<LogRecord> records = read(again, 6);
        assertThat(Duration.ofNanos(time.nanoTime() - start)).isLessThan(AT_ONCE);
        // The commit before the crash may or may not have become durable.
        assertThat(numbers(records)).isSorted().contains(4, 5, 6, 7);
        assertCode(ErrorCode.CONFLICT, () -> pollUntilItFails(crashed));
    }

    @Test
    void aMemberThatComesBackWithMoreTopicsReadsThemToo() {
        appendNumbers(0, 2);
        LogConsumer crashed = member("m", 0);
        read(crashed, 2);
        String another = newName("topic");
        log.ensureTopics(List.of(another));
        append(new OutgoingRecord(another, null, bytes("more"), List.of(), 1));
        LogConsumer again = consumer("m", 0, 100);
        again.subscribe(Set.of(topic, another));
        assertThat(texts(read(again, 3))).contains("more");
    }

    @Test
    void topicsCanJoinAndLeave() {
        appendNumbers(0, 3);
        LogConsumer consumer = member("m", 0);
        commit(consumer, read(consumer, 3));
        String another = newName("topic");
        log.ensureTopics(List.of(another));
        append(new OutgoingRecord(another, null, bytes("77"), List.of(), 1));
        consumer.subscribe(Set.of(topic, another));
        List<LogRecord> more = read(consumer, 1);
        assertThat(numbers(more)).containsExactly(77);
        commit(consumer, more);
        consumer.subscribe(Set.of(another));
        consumer.poll(MOMENT);
        appendNumbers(3, 4);
        append(new OutgoingRecord(another, null, bytes("78"), List.of(), 1));
        assertThat(numbers(read(consumer, 1))).containsExactly(78);
        assertNothingComes(consumer);
        consumer.subscribe(Set.of(topic, another));
        assertThat(numbers(read(consumer, 1))).containsExactly(3);
    }

    @Test
    void aMemberWithoutTopicsReadsNothing() {
        appendNumbers(0, 1);
        LogConsumer consumer = consumer("m", 0, 100);
        assertThat(consumer.poll(MOMENT)).isEmpty();
        consumer.subscribe(Set.of(topic));
        read(consumer, 1);
        consumer.subscribe(Set.of());
        appendNumbers(1, 2);
        assertNothingComes(consumer);
        assertThat(consumer.lag()).isZero();
    }

    @Test
    void aRemovedGroupStartsAnew() {
        log.removeGroup(group);
        appendNumbers(0, 5);
        LogConsumer first = member("m", 0);
        commit(first, read(first, 5));
        assertCode(ErrorCode.CONFLICT, () -> log.removeGroup(group));
        first.close();
        log.removeGroup(group);
        assertThat(numbers(read(member("m", 0), 5))).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void aReaderWhosePlaceIsKeptMissesNothingHoweverLateItComes() {
        appendNumbers(0, 3);
        log.keepPlace(group, topic);
        appendNumbers(3, 5);
        log.keepPlace(group, topic);
        appendNumbers(5, 6);
        assertThat(numbers(read(member("m", Long.MAX_VALUE / 2), 3))).containsExactly(3, 4, 5);
    }

    @Test
    void aGroupThatReadsHasAPlaceOfItsOwn() {
        appendNumbers(0, 3);
        LogConsumer first = member("m", 0);
        List<LogRecord> two = read(first, 3).subList(0, 2);
        log.keepPlace(group, topic);
        commit(first, two);
        first.close();
        log.keepPlace(group, topic);
        assertThat(numbers(read(member("m", Long.MAX_VALUE / 2), 1))).containsExactly(2);
        assertCode(ErrorCode.NOT_FOUND, () -> log.keepPlace(group, newName("absent")));
    }

    @Test
    void refusesAMemberWithoutName() {
        assertCode(
                ErrorCode.INVALID, () -> log.consumer(new ConsumerSpec(group, "", 0, 10)).close());
        assertCode(ErrorCode.INVALID, () -> log.consumer(new ConsumerSpec("", "m", 0, 10)).close());
        assertCode(
                ErrorCode.INVALID, () -> log.consumer(new ConsumerSpec(group, "m", 0, 0)).close());
    }

    // ---- waiting

    @Test
    void aWakeUpEndsAPollEarly() throws Exception {
        var started = new CountDownLatch(1);
        var ended = new CountDownLatch(1);
        LogConsumer consumer = consumer("m", 0, 10);
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> {
                            consumer.subscribe(Set.of(topic));
                            started.countDown();
                            consumer.poll(Duration.ofSeconds(80));
                            ended.countDown();
                        });
        assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
        waitUntil(() -> {
            consumer.wakeup();
            return ended.getCount() == 0;
        });
        reader.join();
    }

    @Test
    void aWakeUpHarmsNeitherCommitNorClose() {
        appendNumbers(0, 3);
        LogConsumer consumer = member("m", 0);
        List<LogRecord> records = read(consumer, 3);
        consumer.wakeup();
        commit(consumer, records);
        consumer.wakeup();
        consumer.close();
        appendNumbers(3, 4);
        assertThat(numbers(read(member("m", 0), 1))).containsExactly(3);
    }

    @Test
    void anAppendEndsAPoll() throws Exception {
        var found = new ArrayList<LogRecord>();
        LogConsumer consumer = member("m", 0);
        assertNothingComes(consumer);
        Thread reader = Thread.ofVirtual().start(() -> found.addAll(read(consumer, 1)));
        append(record("k", "v", 1));
        reader.join(PATIENCE);
        assertThat(texts(found)).containsExactly("v");
    }

    // ---- closing

    @Test
    void closeWaitsForTheRecordsUnderWay() {
        var appended = new Acknowledgements();
        for (int i = 0; i < 1_000; i++) {
            log.append(record("k" + i % 7, "v", 1), appended.next());
        }
        log.close();
        appended.awaitAll();
    }

    @Test
    void aClosedLogSaysSo() {
        log.close();
        log.close();
        var calls = new AtomicInteger();
        assertCode(
                ErrorCode.UNAVAILABLE,
                () -> log.append(record("k", "v", 1), _ -> calls.incrementAndGet()));
        assertThat(calls).hasValue(0);
        assertCode(ErrorCode.UNAVAILABLE, () -> log.ensureTopics(List.of(topic)));
        assertCode(ErrorCode.UNAVAILABLE, () -> log.removeGroup(group));
        assertCode(
                ErrorCode.UNAVAILABLE,
                () -> log.consumer(new ConsumerSpec(group, "m", 0, 1)).close());
    }

    @Test
    void aClosedConsumerSaysSo() {
        LogConsumer consumer = member("m", 0);
        consumer.close();
        consumer.close();
        assertThatCode(consumer::wakeup).doesNotThrowAnyException();
        assertCode(ErrorCode.UNAVAILABLE, () -> consumer.poll(MOMENT));
        assertCode(ErrorCode.UNAVAILABLE, () -> consumer.commit(Map.of()));
    }

    // ---- the kit's own words

    private LogConsumer member(String member, long startMillis) {
        return member(member, startMillis, 500);
    }

    private LogConsumer member(String member, long startMillis, int maxRecords) {
        LogConsumer consumer = consumer(member, startMillis, maxRecords);
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    private LogConsumer consumer(String member, long startMillis, int maxRecords) {
        LogConsumer consumer =
                log.consumer(new ConsumerSpec(group, member, startMillis, maxRecords));
        opened.add(consumer);
        return consumer;
    }

    private List<LogRecord> read(LogConsumer consumer, int count) {
        var records = new ArrayList<LogRecord>();
        long deadline = deadline();
        while (records.size() < count) {
            records.addAll(consumer.poll(MOMENT));
            requireBefore(deadline, records);
        }
        return records;
    }

    private static void pollAndCommit(LogConsumer consumer, List<LogRecord> into) {
        List<LogRecord> records = consumer.poll(MOMENT);
        into.addAll(records);
        commit(consumer, records);
    }

    private static void commit(LogConsumer consumer, List<LogRecord> records) {
        Map<LogPartition, Long> next = new HashMap<>();
        for (LogRecord record : records) {
            next.merge(record.partition(), record.offset() + 1, Math::max);
        }
        consumer.commit(next);
    }

    /** Long enough to join a group and be wrong. */
    private static void assertNothingComes(LogConsumer consumer) {
        for (int i = 0; i < 20; i++) {
            assertThat(consumer.poll(MOMENT)).isEmpty();
        }
    }

    private void pollUntilItFails(LogConsumer consumer) {
        long deadline = deadline();
        while (time.nanoTime() < deadline) {
            consumer.poll(MOMENT);
        }
    }

    private void append(OutgoingRecord record) {
        var appended = new Acknowledgements();
        log.append(record, appended.next());
        appended.awaitAll();
    }

    /** Numbers of one key, so that they have an order. */
    private void appendNumbers(int from, int to) {
        var appended = new Acknowledgements();
        for (int i = from; i < to; i++) {
            log.append(record("one key", Integer.toString(i), 1), appended.next());
        }
        appended.awaitAll();
    }

    private OutgoingRecord record(String key, String value, long timestamp) {
        return new OutgoingRecord(topic, bytes(key), bytes(value), List.of(), timestamp);
    }

    private static LogRecord find(List<LogRecord> records, long timestamp) {
        return records.stream()
                .filter(record -> record.timestampMillis() == timestamp)
                .findFirst()
                .orElseThrow();
    }

    private static List<String> texts(List<LogRecord> records) {
        return records.stream().map(record -> text(record.value())).toList();
    }

    private static List<Integer> numbers(List<LogRecord> records) {
        return texts(records).stream().map(Integer::valueOf).toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
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

    private long deadline() {
        return time.nanoTime() + PATIENCE.toNanos();
    }

    private void requireBefore(long deadline, Object soFar) {
        if (time.nanoTime() > deadline) {
            throw new AssertionError("not within " + PATIENCE + "; so far: " + soFar);
        }
    }

    private void waitUntil(BooleanSupplier condition) {
        long deadline = deadline();
        while (!condition.getAsBoolean()) {
            requireBefore(deadline, "nothing");
            time.pause(Duration.ofMillis(1));
        }
    }

    /** Counts what was promised and what came, and remembers the first failure. */
    private final class Acknowledgements {

        private final AtomicInteger expected = new AtomicInteger();
        private final AtomicInteger came = new AtomicInteger();
        private volatile @Nullable Exception failure;

        AppendListener next() {
            expected.incrementAndGet();
            return problem -> {
                if (problem != null) {
                    failure = problem;
                }
                came.incrementAndGet();
            };
        }

        void awaitAll() {
            waitUntil(() -> came.get() >= expected.get());
            assertThat(failure).isNull();
            assertThat(came).hasValue(expected.get());
        }
    }
}
