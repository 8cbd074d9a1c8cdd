package io.millrace.embedded.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import io.millrace.conformance.StreamLogConformance;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Kafka log on the embedded broker, which is started once. */
class KafkaStreamLogConformanceTest extends StreamLogConformance {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @RegisterExtension private static final OneBroker BROKER = new OneBroker();

    @Override
    protected StreamLog openLog() {
        return BROKER.openLog();
    }

    /** Each record costs it as much as a slow function does. */
    @Test
    void whoTakesAPollInPartsLetsOthersInBetweenThem() throws Exception {
        String topic = "parts." + IdSource.random().next();
        var guestHas = new AtomicBoolean();
        var isOver = new AtomicBoolean();
        try (var log = openLog();
                var guests = Executors.newSingleThreadExecutor();
                var member = log.consumer(new ConsumerSpec("of " + topic, "a", 0, 2_000))) {
            log.ensureTopics(List.of(topic));
            append(log, topic, 2_000);
            member.subscribe(Set.of(topic));
            boolean isGuestInvited = false;
            long deadline = TimeSource.system().nanoTime() + PATIENCE.toNanos();
            while (!guestHas.get() && TimeSource.system().nanoTime() < deadline) {
                List<LogRecord> part = member.poll(Duration.ofMillis(200), 5);
                var next = new HashMap<LogPartition, Long>();
                part.forEach(each -> next.merge(each.partition(), each.offset() + 1, Math::max));
                TimeSource.system().pause(Duration.ofMillis(10L * part.size()));
                member.commit(next);
                // So that there is always something for the guest.
                append(log, topic, part.size());
                if (!part.isEmpty() && !isGuestInvited) {
                    isGuestInvited = true;
                    guests.execute(() -> readOnce(log, topic, guestHas, isOver));
                }
            }
            isOver.set(true);
            assertThat(guestHas).isTrue();
        } finally {
            isOver.set(true);
        }
    }

    private static void append(StreamLog log, String topic, int count) throws Exception {
        var appended = new CountDownLatch(count);
        var failures = new ConcurrentLinkedQueue<Exception>();
        for (int i = 0; i < count; i++) {
            log.append(
                    record(topic, "k" + i),
                    failure -> {
                        if (failure != null) {
                            failures.add(failure);
                        }
                        appended.countDown();
                    });
        }
        assertThat(appended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(failures).isEmpty();
    }

    private static void readOnce(
            StreamLog log, String topic, AtomicBoolean guestHas, AtomicBoolean isOver) {
        try (var guest = log.consumer(new ConsumerSpec("of " + topic, "b", 0, 10))) {
            guest.subscribe(Set.of(topic));
            while (!isOver.get() && !guestHas.get()) {
                guestHas.set(!guest.poll(Duration.ofMillis(100)).isEmpty());
            }
        }
    }

    private static OutgoingRecord record(String topic, String key) {
        return new OutgoingRecord(topic, key.getBytes(UTF_8), new byte[1], List.of(), 1);
    }
}
