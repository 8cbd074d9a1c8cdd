package io.millrace.embedded.kafka;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The embedded broker, started once for all tests of a class; a fault of it fails them. */
final class OneBroker implements BeforeAllCallback, AfterAllCallback {

    private @Nullable Path directory;
    private @Nullable EmbeddedKafka kafka;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        Path made = Files.createTempDirectory("kafka");
        directory = made;
        var created =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(made, 0),
                        fault -> {
                            throw fault;
                        });
        kafka = created;
        created.start();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (kafka != null) {
            kafka.close();
        }
        if (directory != null) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    String bootstrapServers() {
        EmbeddedKafka running = kafka;
        if (running == null) {
            throw new AssertionError("the broker was not started");
        }
        return running.bootstrapServers();
    }

    /** A log of its own on the broker; the caller closes it. */
    StreamLog openLog() {
        return KafkaStreamLog.open(KafkaLogConfig.of(bootstrapServers()), TimeSource.system());
    }
}
