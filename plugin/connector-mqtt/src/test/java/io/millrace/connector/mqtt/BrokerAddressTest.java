package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BrokerAddressTest {
    @Test
    void knowsTheCustomaryPorts() {
        assertThat(BrokerAddress.parse("mqtt://plant.example"))
                .isEqualTo(new BrokerAddress("plant.example", 1883, false));
        assertThat(BrokerAddress.parse("mqtts://plant.example"))
                .isEqualTo(new BrokerAddress("plant.example", 8883, true));
        assertThat(BrokerAddress.parse("mqtt://[::1]:99"))
                .isEqualTo(new BrokerAddress("::1", 99, false))
                .hasToString("mqtt://[::1]:99");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plant", "http://plant", "mqtt://", "mqtt:plant", "mqtt://a b"})
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> BrokerAddress.parse(text))
                .hasMessageContaining("mqtt://host:port or mqtts://host:port");
    }
}
