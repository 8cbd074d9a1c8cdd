package io.millrace.system;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;

/** A subscriber with a persistent session, which writes down what comes. */
final class MqttReader implements AutoCloseable {

    private final Mqtt3AsyncClient client;

    private MqttReader(Mqtt3AsyncClient client) {
        this.client = client;
    }

    static MqttReader start(int port, String topic, Ledger ledger) {
        Mqtt3AsyncClient client = MqttLoad.client(port, "reader-of-" + topic.replace('/', '-'));
        client.publishes(
                MqttGlobalPublishFilter.ALL, message -> ledger.output(message.getPayloadAsBytes()));
        client.connectWith().cleanSession(false).send().join();
        client.subscribeWith().topicFilter(topic).qos(MqttQos.AT_LEAST_ONCE).send().join();
        return new MqttReader(client);
    }

    @Override
    public void close() {
        client.disconnect().exceptionally(_ -> null).join();
    }
}
