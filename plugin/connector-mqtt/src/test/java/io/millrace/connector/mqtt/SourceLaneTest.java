package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.LogRecord;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SourceLaneTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final int MOST_BEFORE_TOLD = 1_000;
    private static final String TOPIC = "in/a";

    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);
    private final RecordingMeters meters = new RecordingMeters();
    private final List<MillraceException> broken = new CopyOnWriteArrayList<>();
    private final AtomicInteger last = new AtomicInteger(-1);
    private final List<Integer> acknowledged = new CopyOnWriteArrayList<>();
    private final TopicRoutes routes = new TopicRoutes(World.binding(World.to(1), TOPIC));
    private final SourceLane lane =
            new SourceLane(
                    "test",
                    log,
                    () -> routes,
                    new SourceMeters(meters, World.PLANT),
                    TimeSource.system(),
                    broken::add);

    SourceLaneTest() {
        log.ensureTopics(List.of(World.LOG_TOPIC));
    }

    @AfterEach
    void close() {
        lane.close();
        log.close();
    }

    private Incoming message(int number, int qos, byte[] payload, List<Header> properties) {
        return new Incoming(
                TOPIC, payload, qos, false, null, null, properties, () -> acknowledged.add(number));
    }

    @Test
    void aBrokerThatSendsMoreThanCanWaitHasToSendTheRestAgain() {
        byte[] payload = new byte[MEBIBYTE];
        for (int i = 0; i < 200; i++) {
            lane.accept(message(i, 1, payload, List.of()));
        }
        lane.start();
        await().untilAsserted(() -> assertThat(broken).hasSize(1));
        assertThat(broken.getFirst().text()).contains("128 MiB", "again");
        await().untilAsserted(() -> assertThat(acknowledged).hasSizeBetween(120, 130));
        lane.accept(message(200, 1, new byte[1], List.of()));
        lane.accept(message(201, 0, new byte[1], List.of()));
        await().untilAsserted(() -> assertThat(acknowledged).contains(201));
        // None behind the first that was left out, or it would come before that one.
        var expected =
                new ArrayList<>(IntStream.range(0, acknowledged.size() - 1).boxed().toList());
        expected.add(201);
        assertThat(acknowledged).isEqualTo(expected);
        assertThat(broken).hasSize(1);
    }

    @Test
    void theBrokerIsToldEvenWhenMessagesThatMayBeLostGoOnComing() {
        byte[] payload = new byte[MEBIBYTE];
        for (int i = 0; i < 200; i++) {
            Runnable then = i == 100 ? () -> lane.accept(endless(0)) : () -> {};
            lane.accept(new Incoming(TOPIC, payload, 1, false, null, null, List.of(), then));
        }
        lane.start();
        await().until(() -> last.get() >= 0);
        assertThat(broken).hasSize(1);
        assertThat(last).hasValueLessThan(MOST_BEFORE_TOLD);
    }

    /** Followed by another one before it is taken from the queue, until the lane is broken. */
    private Incoming endless(int number) {
        return new Incoming(
                TOPIC,
                new byte[1],
                0,
                false,
                null,
                null,
                List.of(),
                () -> {
                    if (broken.isEmpty() && number < MOST_BEFORE_TOLD) {
                        lane.accept(endless(number + 1));
                    } else {
                        last.set(number);
                    }
                });
    }

    @Test
    void ofManyOrLargePropertiesOnlySomeAreKept() {
        var many = new ArrayList<Header>();
        for (int i = 0; i < 100; i++) {
            many.add(Header.of("p" + i, "v"));
        }
        var large = List.of(Header.of("a", "x".repeat(20_000)), Header.of("b", "small"));
        lane.start();
        lane.accept(message(0, 1, new byte[1], many));
        lane.accept(message(1, 1, new byte[1], large));
        await().untilAsserted(() -> assertThat(acknowledged).containsExactly(0, 1));
        assertThat(names(log.records(World.LOG_TOPIC).get(0)))
                .contains("p0", "p63")
                .doesNotContain("p64");
        assertThat(names(log.records(World.LOG_TOPIC).get(1))).contains("b").doesNotContain("a");
        assertThat(meters.total("millrace_source_properties_dropped_total")).isEqualTo(37);
    }

    private static List<String> names(LogRecord record) {
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo(TOPIC);
        return record.headers().stream().map(Header::name).toList();
    }
}
