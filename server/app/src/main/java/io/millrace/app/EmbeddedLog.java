package io.millrace.app;

import io.millrace.embedded.kafka.EmbeddedKafkaConfig;
import java.nio.file.Path;

/** The settings of a server as those of its Kafka. */
final class EmbeddedLog {

    private EmbeddedLog() {}

    static EmbeddedKafkaConfig config(Path folder, ServerConfig.KafkaSettings settings) {
        var config = EmbeddedKafkaConfig.of(folder, settings.port());
        if (settings.makesTopics()) {
            config =
                    config.withFirstUse(
                            new EmbeddedKafkaConfig.FirstUse(
                                    settings.partitions(),
                                    EmbeddedKafkaConfig.FirstUse.DEFAULT_MAX_TOPICS));
        }
        if (settings.extra().isPresent()) {
            ServerConfig.ExtraKafka extra = settings.extra().get();
            config =
                    config.withExtra(
                            new EmbeddedKafkaConfig.Listener(
                                    extra.at().bind(), extra.at().port(), extra.host()));
        }
        return config;
    }
}
