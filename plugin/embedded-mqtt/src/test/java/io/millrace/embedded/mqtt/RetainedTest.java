package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class RetainedTest {

    private static final int TOPICS = 1_000;

    @TempDir Path directory;

    /**
     * Artemis puts a message at the end of a queue only after the answer to its sender, so that who
     * subscribes at once could find none.
     */
    @Test
    void isThereAsSoonAsItsSenderHasTheAnswer() throws Exception {
        try (BrokerFixture fixture = BrokerFixture.start(directory)) {
            Mqtt5BlockingClient sender = fixture.plain5(FASHION, "sender").buildBlocking();
            Mqtt5BlockingClient reader = fixture.plain5(FASHION, "reader").buildBlocking();
            sender.connect();
            reader.connect();
            try (var messages = reader.publishes(MqttGlobalPublishFilter.ALL)) {
                for (int i = 0; i < TOPICS; i++) {
                    String topic = "kept/" + i;
                    sender.publishWith()
                            .topic(topic)
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .retain(true)
                            .payload(topic.getBytes(StandardCharsets.UTF_8))
                            .send();
                    reader.subscribeWith().topicFilter(topic).send();
                    Optional<Mqtt5Publish> kept = messages.receive(30, TimeUnit.SECONDS);
                    assertThat(
                                    kept.map(message ->
                                            new String(
                                                    message.getPayloadAsBytes(),
                                                    StandardCharsets.UTF_8)))
                            .contains(topic);
                }
            }
        }
    }
}
