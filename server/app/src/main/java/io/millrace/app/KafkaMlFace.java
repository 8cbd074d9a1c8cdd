package io.millrace.app;

import io.millrace.kafkaml.KafkaMlConfig;
import io.millrace.kafkaml.KafkaMlPorts;
import io.millrace.kafkaml.KafkaMlServer;
import java.nio.file.Path;
import java.time.Duration;

/** Serves clients of Kafka-ML as the settings say. */
final class KafkaMlFace {

    /** The first model of an install waits until its environment is there. */
    private static final Duration CHECK = Duration.ofMinutes(10);

    private KafkaMlFace() {}

    /** Makes it; who calls starts and closes it. */
    static KafkaMlServer of(
            ServerConfig.KafkaMlSettings settings, Path folder, KafkaMlPorts ports) {
        var check = new CallerCheck(settings.at());
        return new KafkaMlServer(
                new KafkaMlConfig(
                        settings.at().bind(),
                        settings.at().port(),
                        settings.project(),
                        folder.resolve("ledger.json"),
                        CHECK),
                ports,
                check,
                check::isAllowed);
    }
}
