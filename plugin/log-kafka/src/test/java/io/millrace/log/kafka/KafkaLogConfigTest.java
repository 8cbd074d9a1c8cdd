package io.millrace.log.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;

class KafkaLogConfigTest {

    private static final KafkaLogConfig SECURED =
            new KafkaLogConfig(
                    "localhost:1",
                    4,
                    1,
                    Duration.ofDays(1),
                    Map.of(
                            "sasl.jaas.config", "password=secret-word",
                            "compression.type", "zstd"));

    @Test
    void neverPrintsTheValuesOfClientProperties() {
        assertThat(SECURED.toString())
                .contains("localhost:1", "sasl.jaas.config")
                .doesNotContain("secret-word");
    }

    @Test
    void clientPropertiesAreStrongerThanOurs() {
        var settings = new ClientSettings(SECURED);
        assertThat(settings.producer()).containsEntry("compression.type", "zstd");
        assertThat(settings.consumer(new ConsumerSpec("g", "m", 0, 1)))
                .containsKey("sasl.jaas.config");
        assertThat(settings.admin()).containsKey("sasl.jaas.config");
    }

    @Test
    void theDeliveryGuaranteesAreOn() {
        var settings = new ClientSettings(KafkaLogConfig.of("localhost:1"));
        assertThat(settings.producer())
                .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
                .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        assertThat(settings.consumer(new ConsumerSpec("g", "m", 0, 1)))
                .containsEntry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false)
                .containsEntry(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    }

    @Test
    void theDeliveryGuaranteesCannotBeSwitchedOff() {
        for (String key :
                List.of(
                        "acks",
                        "enable.idempotence",
                        "enable.auto.commit",
                        "isolation.level",
                        "transactional.id",
                        "transaction.two.phase.commit.enable")) {
            assertThatThrownBy(() ->
                            new KafkaLogConfig(
                                    "localhost:1", 4, 1, Duration.ofDays(1), Map.of(key, "1")))
                    .hasMessageContaining("kafka.client." + key);
        }
    }

    @Test
    void aTransactorIsAsSafeAsTheProducerAndEndsWhenItsWriterIsGone() {
        Map<String, Object> settings = new ClientSettings(SECURED).transactor("writer");
        assertThat(settings)
                .containsEntry(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "writer")
                .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
                .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true)
                .containsEntry("compression.type", "zstd")
                .containsKey("sasl.jaas.config");
        assertThat((Integer) settings.get(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG))
                .isGreaterThan((Integer) settings.get(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG));
        assertThat(new ClientSettings(SECURED).producer())
                .doesNotContainKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
    }

    @Test
    void threeCopiesMeanTwoAcknowledgements() {
        var three = new KafkaLogConfig("localhost:1", 4, 3, Duration.ofDays(1), Map.of());

        assertThat(new ClientSettings(three).topic()).containsEntry("min.insync.replicas", "2");
        assertThat(new ClientSettings(SECURED).topic()).containsEntry("min.insync.replicas", "1");
    }

    @Test
    void refusesWhatCannotWork() {
        assertInvalid(() -> new KafkaLogConfig(" ", 1, 1, Duration.ofDays(1), Map.of()));
        assertInvalid(() -> new KafkaLogConfig("a:1", 0, 1, Duration.ofDays(1), Map.of()));
        assertInvalid(() -> new KafkaLogConfig("a:1", 1, 0, Duration.ofDays(1), Map.of()));
        assertInvalid(() -> new KafkaLogConfig("a:1", 1, 1, Duration.ZERO, Map.of()));
        assertInvalid(() -> open(KafkaLogConfig.of("no port")));
        assertInvalid(() ->
                open(
                        new KafkaLogConfig(
                                "localhost:1",
                                1,
                                1,
                                Duration.ofDays(1),
                                Map.of("security.protocol", "WRONG"))));
    }

    private static void open(KafkaLogConfig config) {
        KafkaStreamLog.open(config, TimeSource.system()).close();
    }

    private static void assertInvalid(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID));
    }
}
