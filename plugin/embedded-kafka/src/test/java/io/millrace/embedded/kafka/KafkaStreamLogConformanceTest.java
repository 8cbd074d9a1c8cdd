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
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Kafka log on the embedded broker, which is started once. */
class KafkaStreamLogConformanceTest extends StreamLogConformance {

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
        try (var log = openLog();
                var guests = Executors.newSingleThreadExecutor();
                var member = log.consumer(new ConsumerSpec("of " + topic, "a", 0, 2_000))) {
            log.ensureTopics(List.of(topic));
            for (int i = 0; i < 2_000; i++) {
                log.append(record(topic, "k" + i), failure -> assertThat(failure).isNull());
            }
            member.subscribe(Set.of(topic));
            int taken = 0;
            boolean isGuestInvited = false;
            while (!guestHas.get() && taken < 2_000) {
                List<LogRecord> part = member.poll(Duration.ofMillis(200), 5);
                var next = new HashMap<LogPartition, Long>();
                part.forEach(each -> next.merge(each.partition(), each.offset() + 1, Math::max));
                TimeSource.system().pause(Duration.ofMillis(10L * part.size()));
                member.commit(next);
                taken += part.size();
                if (!part.isEmpty() && !isGuestInvited) {
                    isGuestInvited = true;
                    guests.execute(() -> readOnce(log, topic, guestHas));
                }
            }
            assertThat(guestHas).isTrue();
        }
    }

    private static void readOnce(StreamLog log, String topic, AtomicBoolean guestHas) {
        try (var guest = log.consumer(new ConsumerSpec("of " + topic, "b", 0, 10))) {
            guest.subscribe(Set.of(topic));
            for (int i = 0; i < 300 && !guestHas.get(); i++) {
                guestHas.set(!guest.poll(Duration.ofMillis(100)).isEmpty());
            }
        }
    }

    private static OutgoingRecord record(String topic, String key) {
        return new OutgoingRecord(topic, key.getBytes(UTF_8), new byte[1], List.of(), 1);
    }
}
