package io.millrace.app;

import io.millrace.api.ProjectId;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Anonymous;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Passwords;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Policy;
import java.util.ArrayList;
import java.util.List;

/** The listeners of the MQTT broker that the settings ask for. */
final class MqttListeners {

    private MqttListeners() {}

    static List<Listener> of(ServerConfig config, EmbeddedMqttConfig.Keys keys) {
        var listeners = new ArrayList<Listener>();
        listeners.add(Listener.certificates(config.mqtt().bind(), config.mqtt().port(), keys));
        config.mqttPlain()
                .ifPresent(plain ->
                        listeners.add(
                                Listener.plain(
                                        plain.at().bind(), plain.at().port(), policy(plain))));
        config.mqttLogin()
                .ifPresent(login ->
                        listeners.add(
                                Listener.login(
                                        login.at().bind(),
                                        login.at().port(),
                                        keys,
                                        login.project())));
        return listeners;
    }

    private static Policy policy(ServerConfig.PlainMqtt plain) {
        return plain.needsPassword()
                ? new Passwords(plain.project().orElse(ProjectId.DEFAULT))
                : new Anonymous(plain.project().orElse(null));
    }
}
