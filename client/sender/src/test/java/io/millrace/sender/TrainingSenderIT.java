package io.millrace.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import io.millrace.embedded.kafka.EmbeddedKafka;
import io.millrace.embedded.kafka.EmbeddedKafkaConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TrainingSenderIT {

    private static final int SAMPLES = 7;

    @TempDir Path directory;

    @Test
    void announcesTheRangesThatHoldItsSamples() {
        var config =
                EmbeddedKafkaConfig.of(directory, 0)
                        .withFirstUse(new EmbeddedKafkaConfig.FirstUse(2, 100));
        try (var kafka =
                new EmbeddedKafka(
                        config,
                        fault -> {
                            throw new AssertionError(fault);
                        })) {
            kafka.start();

            assertThat(send(kafka)).containsExactly("digits:0:0:4", "digits:1:0:3");
            assertThat(send(kafka)).containsExactly("digits:0:4:8", "digits:1:3:6");

            try (var consumer =
                    new KafkaConsumer<>(
                            Map.of("bootstrap.servers", kafka.bootstrapServers()),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer())) {
                List<TopicPartition> both =
                        IntStream.range(0, 2)
                                .mapToObj(i -> new TopicPartition(TrainingSender.CONTROL_TOPIC, i))
                                .toList();
                assertThat(consumer.endOffsets(both).values().stream().mapToLong(e -> e).sum())
                        .isEqualTo(2);
            }
            assertThatThrownBy(() ->
                            TrainingSender.open(
                                    kafka.bootstrapServers(), "default.dead.digits", Map.of()))
                    .isInstanceOf(MillraceException.class);
        }
    }

    private static List<String> send(EmbeddedKafka kafka) {
        try (var sender = TrainingSender.open(kafka.bootstrapServers(), "digits", Map.of())) {
            for (byte i = 0; i < SAMPLES; i++) {
                sender.send(new Sample(new byte[] {i}, new byte[] {i, i}));
            }
            List<String> ranges = sender.finish();
            assertThat(sender.acknowledged()).isEqualTo(SAMPLES);
            sender.announce(
                    TrainingSender.CONTROL_TOPIC,
                    new Announcement(
                            1,
                            ranges,
                            new Encoding.Raw(
                                    NumberType.UINT8, List.of(2), NumberType.UINT8, List.of()),
                            "",
                            0,
                            0,
                            SAMPLES));
            return ranges;
        }
    }
}
