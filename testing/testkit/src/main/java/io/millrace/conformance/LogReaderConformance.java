package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
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
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link LogReader} promises; topics have a new name in each test. */
@Timeout(90)
public abstract class LogReaderConformance {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(50);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final TimeSource time = TimeSource.system();
    private StreamLog log;
    private String topic;

    /** A log that is ready for use; closed by the kit. */
    protected abstract StreamLog openLog();

    @BeforeEach
    void openTheLog() {
        log = openLog();
        topic = "conformance.reader." + IdSource.random().next();
        log.ensureTopics(List.of(topic));
    }

    @AfterEach
    void closeWhatWasOpened() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        log.close();
    }

    @Test
    void saysWhatEachPartitionHolds() {
        LogReader reader = reader(100);
        Map<LogPartition, OffsetRange> before = reader.ranges(List.of(topic));
        assertThat(before).isNotEmpty();
        assertThat(before.values()).allSatisfy(range -> assertThat(range.length()).isZero());
        appendNumbers(0, 7);
        Map<LogPartition, OffsetRange> after = reader.ranges(List.of(topic));
        assertThat(after.keySet()).isEqualTo(before.keySet());
        assertThat(after.values().stream().mapToLong(OffsetRange::length).sum()).isEqualTo(7);
    }

    @Test
    void leavesTopicsOutThatDoNotExist() {
        LogReader reader = reader(100);
        assertThat(reader.ranges(List.of("conformance.no-such-topic"))).isEmpty();
        assertThat(reader.offsetsAt(List.of("conformance.no-such-topic"), 0)).isEmpty();
        assertThat(reader.ranges(List.of())).isEmpty();
        assertThat(reader.ranges(List.of(topic, "conformance.no-such-topic")))
                .isNotEmpty()
                .allSatisfy((place, _) -> assertThat(place.topic()).isEqualTo(topic));
    }

    @Test
    void readsAllInOrderAndThenIsAtItsEnd() {
        appendNumbers(0, 250);
        LogReader reader = reader(100);
        reader.seek(reader.ranges(List.of(topic)));
        assertThat(reader.isAtEnd()).isFalse();
        assertThat(numbers(readToTheEnd(reader))).hasSize(250).isSorted();
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(reader.poll(PATIENCE)).isEmpty();
    }

    @Test
    void returnsNoMoreThanAskedFor() {
        appendNumbers(0, 25);
        LogReader reader = reader(10);
        reader.seek(reader.ranges(List.of(topic)));
        int read = 0;
        while (!reader.isAtEnd()) {
            List<LogRecord> polled = reader.poll(MOMENT);
            assertThat(polled).hasSizeLessThanOrEqualTo(10);
            read += polled.size();
        }
        assertThat(read).isEqualTo(25);
    }

    @Test
    void readsNothingBehindThePart() {
        appendNumbers(0, 10);
        LogReader reader = reader(100);
        LogPartition place = placeOfAll(reader);
        reader.seek(Map.of(place, new OffsetRange(3, 6)));
        assertThat(numbers(readToTheEnd(reader))).containsExactly(3, 4, 5);
    }

    @Test
    void anEmptyPartIsReadAlready() {
        appendNumbers(0, 10);
        LogReader reader = reader(100);
        LogPartition place = placeOfAll(reader);
        reader.seek(Map.of(place, new OffsetRange(4, 4)));
        assertThat(reader.isAtEnd()).isTrue();
        reader.seek(Map.of());
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(reader.poll(MOMENT)).isEmpty();
    }

    @Test
    void seeksAgainInPlaceOfWhatItRead() {
        appendNumbers(0, 10);
        LogReader reader = reader(2);
        LogPartition place = placeOfAll(reader);
        reader.seek(Map.of(place, new OffsetRange(0, 10)));
        assertThat(numbers(readSome(reader))).containsExactly(0, 1);
        reader.seek(Map.of(place, new OffsetRange(7, 9)));
        assertThat(numbers(readToTheEnd(reader))).containsExactly(7, 8);
        reader.seek(Map.of(place, new OffsetRange(0, 1)));
        assertThat(numbers(readToTheEnd(reader))).containsExactly(0);
    }

    @Test
    void waitsForWhatIsNotThereYet() throws Exception {
        appendNumbers(0, 1);
        LogReader reader = reader(100);
        LogPartition place = placeOfAll(reader);
        reader.seek(Map.of(place, new OffsetRange(0, 2)));
        assertThat(numbers(readSome(reader))).containsExactly(0);
        assertThat(reader.poll(MOMENT)).isEmpty();
        assertThat(reader.isAtEnd()).isFalse();
        appendNumbers(1, 2);
        assertThat(numbers(readToTheEnd(reader))).containsExactly(1);
    }

    @Test
    void givesBackWhatWasAppended() {
        byte[] odd = {0, -1, 127, -128};
        append(
                List.of(
                        new OutgoingRecord(
                                topic, odd, odd, List.of(Header.of("a", "1")), 1_234_567_890_123L),
                        new OutgoingRecord(topic, null, new byte[0], List.of(), 5)));
        LogReader reader = reader(100);
        reader.seek(reader.ranges(List.of(topic)));
        List<LogRecord> records = readToTheEnd(reader);
        LogRecord full =
                records.stream().filter(each -> each.key() != null).findFirst().orElseThrow();
        assertThat(full.key()).isEqualTo(odd);
        assertThat(full.value()).isEqualTo(odd);
        assertThat(full.timestampMillis()).isEqualTo(1_234_567_890_123L);
        assertThat(full.headers()).extracting(Header::text).containsExactly("1");
        LogRecord empty =
                records.stream().filter(each -> each.key() == null).findFirst().orElseThrow();
        assertThat(empty.value()).isEmpty();
        assertThat(empty.headers()).isEmpty();
    }

    @Test
    void findsTheFirstRecordThatIsNotEarlier() {
        append(List.of(number(0, 100), number(1, 200), number(2, 300), number(3, 250)));
        LogReader reader = reader(100);
        LogPartition place = placeOfAll(reader);
        assertThat(offsetAt(reader, place, 0)).isEqualTo(0);
        assertThat(offsetAt(reader, place, 200)).isEqualTo(1);
        assertThat(offsetAt(reader, place, 201)).isEqualTo(2);
        assertThat(offsetAt(reader, place, 301)).isEqualTo(4);
    }

    @Test
    void saysWhatAGroupHasCommitted() {
        String group = "conformance.group." + IdSource.random().next();
        LogReader reader = reader(100);
        assertThat(reader.committed(group, List.of(topic))).isEmpty();
        appendNumbers(0, 10);
        LogPartition place = placeOfAll(reader);
        LogConsumer consumer = log.consumer(new ConsumerSpec(group, "m", 0, 100));
        consumer.subscribe(Set.of(topic));
        long deadline = deadline();
        while (consumer.poll(MOMENT).isEmpty()) {
            requireBefore(deadline);
        }
        consumer.commit(Map.of(place, 4L));
        consumer.close();
        assertThat(reader.committed(group, List.of(topic))).containsEntry(place, 4L);
        assertThat(reader.committed(group, List.of("another"))).isEmpty();
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertCode(ErrorCode.INVALID, () -> log.reader(0).close());
        LogReader reader = reader(1);
        assertCode(ErrorCode.INVALID, () -> reader.ranges(List.of("no topic")));
    }

    @Test
    void closedOnesSaySo() {
        LogReader reader = reader(1);
        reader.close();
        reader.close();
        assertCode(ErrorCode.UNAVAILABLE, () -> reader.poll(MOMENT));
        assertCode(ErrorCode.UNAVAILABLE, () -> reader.seek(Map.of()));
        assertCode(ErrorCode.UNAVAILABLE, () -> reader.ranges(List.of(topic)));
        log.close();
        assertCode(ErrorCode.UNAVAILABLE, () -> log.reader(1).close());
    }

    // ---- the kit's own words

    private LogReader reader(int maxRecords) {
        LogReader reader = log.reader(maxRecords);
        opened.add(reader);
        return reader;
    }

    /** All records have one key, so one partition has them all. */
    private LogPartition placeOfAll(LogReader reader) {
        return reader.ranges(List.of(topic)).entrySet().stream()
                .filter(each -> each.getValue().length() > 0)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    private long offsetAt(LogReader reader, LogPartition place, long millis) {
        return new HashMap<>(reader.offsetsAt(List.of(topic), millis)).getOrDefault(place, -1L);
    }

    private List<LogRecord> readToTheEnd(LogReader reader) {
        var records = new ArrayList<LogRecord>();
        long deadline = deadline();
        while (!reader.isAtEnd()) {
            records.addAll(reader.poll(MOMENT));
            requireBefore(deadline);
        }
        return records;
    }

    private List<LogRecord> readSome(LogReader reader) {
        long deadline = deadline();
        List<LogRecord> records = reader.poll(MOMENT);
        while (records.isEmpty()) {
            requireBefore(deadline);
            records = reader.poll(MOMENT);
        }
        return records;
    }

    private OutgoingRecord number(int number, long timestamp) {
        return new OutgoingRecord(
                topic, bytes("one key"), bytes(Integer.toString(number)), List.of(), timestamp);
    }

    private void appendNumbers(int from, int to) {
        var records = new ArrayList<OutgoingRecord>();
        for (int i = from; i < to; i++) {
            records.add(number(i, 1));
        }
        append(records);
    }

    private void append(List<OutgoingRecord> records) {
        var appended = new CountDownLatch(records.size());
        var problem = new AtomicReference<@Nullable Exception>();
        for (OutgoingRecord record : records) {
            log.append(
                    record,
                    failure -> {
                        if (failure != null) {
                            problem.set(failure);
                        }
                        appended.countDown();
                    });
        }
        try {
            assertThat(appended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
        assertThat(problem.get()).isNull();
    }

    private static List<Integer> numbers(List<LogRecord> records) {
        return records.stream()
                .map(each -> Integer.valueOf(new String(each.value(), StandardCharsets.UTF_8)))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
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

    private void requireBefore(long deadline) {
        if (time.nanoTime() > deadline) {
            throw new AssertionError("not within " + PATIENCE);
        }
    }
}
