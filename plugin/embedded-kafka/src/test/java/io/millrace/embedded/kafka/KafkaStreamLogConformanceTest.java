package io.millrace.embedded.kafka;

import io.millrace.api.TimeSource;
import io.millrace.conformance.StreamLogConformance;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.StreamLog;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The Kafka log on the embedded broker, which is started once. */
class KafkaStreamLogConformanceTest extends StreamLogConformance {

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
}
