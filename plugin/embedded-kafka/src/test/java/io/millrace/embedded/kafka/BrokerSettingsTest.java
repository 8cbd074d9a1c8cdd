package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.junit.jupiter.api.Test;

class BrokerSettingsTest {

    @Test
    void placesOfReadersThatStayAwayAreKeptForAYear() {
        var settings = BrokerSettings.of(EmbeddedKafkaConfig.of(Path.of("data"), 0), 1, 2);

        assertThat(settings.getProperty(GroupCoordinatorConfig.OFFSETS_RETENTION_MINUTES_CONFIG))
                .isEqualTo(Long.toString(Duration.ofDays(365).toMinutes()));
    }
}
