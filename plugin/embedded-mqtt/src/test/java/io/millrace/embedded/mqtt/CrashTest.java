package io.millrace.embedded.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a broker process with SIGKILL. */
@Timeout(120)
final class CrashTest {

    private static final int COUNT = 500;

    @TempDir Path directory;

    @Test
    void keepsSessionsAndTheirMessages() throws Exception {
        try (var first = BrokerProcess.start(directory)) {
            Mqtt3BlockingClient offline = mqtt3(first, "offline");
            offline.connectWith().cleanSession(false).send();
            offline.subscribeWith().topicFilter("results/+").qos(MqttQos.AT_LEAST_ONCE).send();
            offline.disconnect();
            Mqtt5BlockingClient five = mqtt5(first, "five");
            five.connectWith().cleanStart(true).sessionExpiryInterval(3_600).send();
            five.subscribeWith().topicFilter("results/a").qos(MqttQos.AT_LEAST_ONCE).send();
            five.disconnect();
            Mqtt3BlockingClient clean = mqtt3(first, "clean");
            clean.connectWith().cleanSession(true).send();
            clean.subscribeWith().topicFilter("#").qos(MqttQos.AT_LEAST_ONCE).send();
            Mqtt5BlockingClient passing = mqtt5(first, "passing");
            passing.connectWith().cleanStart(true).sessionExpiryInterval(0).send();
            passing.subscribeWith().topicFilter("#").qos(MqttQos.AT_LEAST_ONCE).send();
            first.publish("results/a", COUNT);
            first.kill();
        }
        try (var second = BrokerProcess.start(directory)) {
            var three = mqtt3(second, "offline");
            try (var publishes = three.publishes(MqttGlobalPublishFilter.ALL)) {
                assertThat(three.connectWith().cleanSession(false).send().isSessionPresent())
                        .isTrue();
                var got = new ArrayList<String>();
                for (int i = 0; i < COUNT; i++) {
                    got.add(
                            text(
                                    publishes
                                            .receive(30, TimeUnit.SECONDS)
                                            .orElseThrow()
                                            .getPayloadAsBytes()));
                }
                assertThat(got).isEqualTo(numbers());
                second.publish("results/b", 1);
                assertThat(publishes.receive(30, TimeUnit.SECONDS)).isPresent();
            }
            var five = mqtt5(second, "five");
            try (var publishes = five.publishes(MqttGlobalPublishFilter.ALL)) {
                var connack =
                        five.connectWith().cleanStart(false).sessionExpiryInterval(3_600).send();
                assertThat(connack.isSessionPresent()).isTrue();
                var got = new ArrayList<String>();
                for (int i = 0; i < COUNT; i++) {
                    got.add(
                            text(
                                    publishes
                                            .receive(30, TimeUnit.SECONDS)
                                            .orElseThrow()
                                            .getPayloadAsBytes()));
                }
                assertThat(got).isEqualTo(numbers());
            }
            var clean = mqtt3(second, "clean");
            assertThat(clean.connectWith().cleanSession(false).send().isSessionPresent())
                    .as("a clean session ends with its connection, however that ended")
                    .isFalse();
            var passing = mqtt5(second, "passing");
            assertThat(passing.connectWith().cleanStart(false).send().isSessionPresent())
                    .as("nothing of an MQTT 5 session without expiry is kept")
                    .isFalse();
        }
    }

    @Test
    void keepsWhatTheSinkAcceptedWhenKilledWhileItWrites() throws Exception {
        int accepted = 0;
        try (var first = BrokerProcess.start(directory)) {
            Mqtt3BlockingClient offline = mqtt3(first, "offline");
            offline.connectWith().cleanSession(false).send();
            offline.subscribeWith().topicFilter("results/a").qos(MqttQos.AT_LEAST_ONCE).send();
            offline.disconnect();
            for (int i = 0; i < 20; i++) {
                first.publish("results/a", 25);
                accepted += 25;
            }
            first.publishWithoutWaiting("results/a", 100_000);
            first.kill();
        }
        try (var second = BrokerProcess.start(directory)) {
            var three = mqtt3(second, "offline");
            try (var publishes = three.publishes(MqttGlobalPublishFilter.ALL)) {
                three.connectWith().cleanSession(false).send();
                for (int i = 0; i < accepted; i++) {
                    var got = publishes.receive(30, TimeUnit.SECONDS).orElseThrow();
                    assertThat(text(got.getPayloadAsBytes())).isEqualTo("" + i % 25);
                }
            }
        }
    }

    private static List<String> numbers() {
        return IntStream.range(0, COUNT).mapToObj(i -> "" + i).toList();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Mqtt3BlockingClient mqtt3(BrokerProcess broker, String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .simpleAuth()
                .username("fashion")
                .applySimpleAuth()
                .buildBlocking();
    }

    private static Mqtt5BlockingClient mqtt5(BrokerProcess broker, String id) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .simpleAuth()
                .username("fashion")
                .applySimpleAuth()
                .buildBlocking();
    }
}
