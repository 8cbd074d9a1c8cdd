package io.millrace.connector.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Another client of the broker. */
final class Peer implements AutoCloseable {
    private final Mqtt5BlockingClient client;
    private final Mqtt5BlockingClient.Mqtt5Publishes publishes;

    Peer(int port, String id) {
        client =
                Mqtt5Client.builder()
                        .identifier(id)
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .buildBlocking();
        publishes = client.publishes(MqttGlobalPublishFilter.ALL);
        client.connect();
    }

    void subscribe(String filter) {
        client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send();
    }

    void publish(String topic, String payload) {
        publish(topic, payload, 1);
    }

    void publish(String topic, String payload, int qos) {
        client.publishWith()
                .topic(topic)
                .payload(payload.getBytes(UTF_8))
                .qos(java.util.Objects.requireNonNull(MqttQos.fromCode(qos)))
                .send();
    }

    void publish(Mqtt5Publish message) {
        client.publish(message);
    }

    /** The next messages. */
    List<Mqtt5Publish> next(int count) throws InterruptedException {
        var all = new ArrayList<Mqtt5Publish>();
        while (all.size() < count) {
            Optional<Mqtt5Publish> one = publishes.receive(20, TimeUnit.SECONDS);
            if (one.isEmpty()) {
                throw new AssertionError("only " + all.size() + " of " + count + ": " + all);
            }
            all.add(one.get());
        }
        return all;
    }

    static String text(Mqtt5Publish message) {
        return new String(message.getPayloadAsBytes(), UTF_8);
    }

    @Override
    public void close() {
        publishes.close();
        if (client.getState().isConnected()) {
            client.disconnect();
        }
    }
}
