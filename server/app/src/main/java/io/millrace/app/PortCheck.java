package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Looks whether all ports are free before anything starts, and names all that are not. */
final class PortCheck {

    private static final String LOOPBACK = "127.0.0.1";

    private PortCheck() {}

    /**
     * Checks every port that the server will listen on.
     *
     * @throws MillraceException {@code CONFLICT} naming each taken port and its setting
     */
    static void check(ServerConfig config) {
        var taken = new ArrayList<String>();
        check(ConfigKey.HTTP_PORT, config.http().bind(), config.http().port(), taken);
        check(ConfigKey.MQTT_PORT, config.mqtt().bind(), config.mqtt().port(), taken);
        config.mqttPlain()
                .ifPresent(plain ->
                        check(
                                ConfigKey.MQTT_PLAIN_PORT,
                                plain.at().bind(),
                                plain.at().port(),
                                taken));
        config.mqttLogin()
                .ifPresent(login ->
                        check(
                                ConfigKey.MQTT_LOGIN_PORT,
                                login.at().bind(),
                                login.at().port(),
                                taken));
        if (config.kafka().bootstrap().isEmpty()) {
            check(ConfigKey.KAFKA_PORT, LOOPBACK, config.kafka().port(), taken);
            config.kafka()
                    .extra()
                    .ifPresent(extra ->
                            check(
                                    ConfigKey.KAFKA_EXTRA_PORT,
                                    extra.at().bind(),
                                    extra.at().port(),
                                    taken));
        }
        config.s3().ifPresent(s3 -> check(ConfigKey.S3_PORT, s3.bind(), s3.port(), taken));
        config.events()
                .ifPresent(events ->
                        check(
                                ConfigKey.EVENTS_PORT,
                                events.at().bind(),
                                events.at().port(),
                                taken));
        config.kafkaMl()
                .ifPresent(kafkaMl ->
                        check(
                                ConfigKey.KAFKAML_PORT,
                                kafkaMl.at().bind(),
                                kafkaMl.at().port(),
                                taken));
        if (!taken.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "cannot listen on\n  %s\nStop what uses them, or choose others with the option named or with --port-base N."
                            .formatted(String.join("\n  ", taken)));
        }
    }

    private static void check(ConfigKey key, String bind, int port, List<String> taken) {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(bind, port));
        } catch (IOException e) {
            taken.add("%s:%d (%s): %s".formatted(bind, port, key.flag(), e.getMessage()));
        }
    }
}
