package io.millrace.bench;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogRecord;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Counts what really is in a topic, as any Kafka client would. */
final class LogCount {

    private final int port;

    LogCount(int port) {
        this.port = port;
    }

    long records(String topic) {
        try (var log =
                        KafkaStreamLog.open(
                                KafkaLogConfig.of("127.0.0.1:" + port), TimeSource.system());
                var consumer = log.consumer(new ConsumerSpec("bench-count", "count", 0, 10_000))) {
            consumer.subscribe(Set.of(topic));
            long count = 0;
            int idle = 0;
            while (idle < 4) {
                List<LogRecord> batch = consumer.poll(Duration.ofMillis(500));
                count += batch.size();
                idle = batch.isEmpty() ? idle + 1 : 0;
            }
            return count;
        }
    }
}
