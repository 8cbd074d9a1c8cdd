package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.conformance.TransactionConformance;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of the Kafka log on the embedded broker, which is started once. */
class KafkaTransactionConformanceTest extends TransactionConformance {

    @TempDir static Path directory;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void startTheBroker() {
        kafka =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(directory, 0),
                        fault -> {
                            throw fault;
                        });
        kafka.start();
    }

    @AfterAll
    static void stopTheBroker() {
        kafka.close();
    }

    @Override
    protected StreamLog openLog() {
        return KafkaStreamLog.open(
                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system());
    }

    @Test
    void aRecordThatIsTooLargeSpoilsItsTransactionAndNotTheNext() {
        String topic = "spoilt." + IdSource.random().next();
        try (var log = openLog();
                var writer = log.transactor("writer of " + topic)) {
            log.ensureTopics(List.of(topic));
            var failures = new ConcurrentLinkedQueue<ErrorCode>();
            writer.begin();
            writer.append(record(topic, 60 << 20), failure -> failures.add(codeOf(failure)));
            assertThat(failures).containsExactly(ErrorCode.TOO_LARGE);
            assertThatThrownBy(writer::commit).isInstanceOf(MillraceException.class);
            writer.begin();
            writer.append(record(topic, 1), failure -> failures.add(codeOf(failure)));
            writer.abort();
            writer.begin();
            writer.append(record(topic, 7), failure -> failures.add(codeOf(failure)));
            writer.commit();
            try (var reader = log.consumer(new ConsumerSpec("of " + topic, "m", 0, 10))) {
                reader.subscribe(Set.of(topic));
                var sizes = new ArrayList<Integer>();
                await().untilAsserted(() -> {
                    reader.poll(Duration.ofMillis(50)).forEach(r -> sizes.add(r.value().length));
                    assertThat(sizes).containsExactly(7);
                });
            }
        }
    }

    private static OutgoingRecord record(String topic, int bytes) {
        return new OutgoingRecord(topic, null, new byte[bytes], List.of(), 1);
    }

    private static ErrorCode codeOf(@Nullable Exception failure) {
        return failure instanceof MillraceException e ? e.code() : ErrorCode.INTERNAL;
    }
}
