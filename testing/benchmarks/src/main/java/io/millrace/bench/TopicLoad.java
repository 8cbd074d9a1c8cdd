package io.millrace.bench;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.LogReader;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Fills topics of the server's log and counts what comes into others. */
final class TopicLoad {

    private static final Duration PAUSE = Duration.ofMillis(20);

    private static final long PATIENCE_NANOS = 300_000_000_000L;

    private TopicLoad() {}

    static StreamLog log(ServerUnderTest server) {
        return KafkaStreamLog.open(
                KafkaLogConfig.of("127.0.0.1:" + server.ports().kafka()), TimeSource.system());
    }

    interface Content {
        byte[] of(int number);
    }

    /** Puts records into a topic, spread over its partitions. */
    static void fill(StreamLog log, String topic, int records, Content content)
            throws InterruptedException {
        log.ensureTopics(Set.of(topic));
        var left = new CountDownLatch(records);
        var failed = new AtomicReference<@Nullable Exception>();
        for (int i = 0; i < records; i++) {
            byte[] key = {(byte) i, (byte) (i >> 8)};
            log.append(
                    new OutgoingRecord(
                            topic,
                            key,
                            content.of(i),
                            List.of(),
                            TimeSource.system().epochMillis()),
                    failure -> {
                        if (failure != null) {
                            failed.compareAndSet(null, failure);
                        }
                        left.countDown();
                    });
        }
        left.await();
        Exception failure = failed.get();
        if (failure != null) {
            throw MillraceException.internal("a record for " + topic + " was not taken", failure);
        }
    }

    /** Waits until a topic has more records than that; how many it has then. */
    static long awaitMore(LogReader reader, String topic, long than) throws InterruptedException {
        return awaitMore(reader, topic, than, PAUSE);
    }

    /**
     * Waits until a topic has more records than that; how many it has then.
     *
     * @param pause between two looks: each takes some milliseconds of processor time from the
     *     broker, which the subject may want
     */
    static long awaitMore(LogReader reader, String topic, long than, Duration pause)
            throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            long count =
                    reader.ranges(List.of(topic)).values().stream()
                            .mapToLong(range -> range.length())
                            .sum();
            if (count > than) {
                return count;
            }
            if (System.nanoTime() > deadline) {
                throw MillraceException.internal(
                        "%s has %d records after five minutes, expected more than %d"
                                .formatted(topic, count, than),
                        null);
            }
            Thread.sleep(pause);
        }
    }
}
