package io.millrace.app;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All settings of a server, read once.
 *
 * @param data the one folder that holds everything of an embedded install
 * @param cache what can be made again: Python environments, unpacked native libraries
 * @param http where HTTP is served
 * @param mqtt where MQTT with client certificates is served
 * @param mqttPlainPort MQTT without TLS on loopback, for local development; empty is off
 * @param kafka the log: embedded, or an external one
 * @param stopOnStdinEof stop when standard input ends: for a parent that must not leave us behind
 * @param warmUp stop again as soon as everything was up and used once: to record an AOT cache
 */
record ServerConfig(
        Path data,
        Path cache,
        Endpoint http,
        Endpoint mqtt,
        OptionalInt mqttPlainPort,
        KafkaSettings kafka,
        boolean stopOnStdinEof,
        boolean warmUp) {

    /** An address to listen on. */
    record Endpoint(String bind, int port) {

        /** Whether only programs of this machine reach it. */
        boolean isLoopback() {
            return bind.equals("localhost") || bind.startsWith("127.") || bind.equals("::1");
        }

        /** Where programs of this machine reach it: {@code host:port}. */
        String local() {
            String host =
                    switch (bind) {
                        case "0.0.0.0", "localhost" -> "127.0.0.1";
                        case "::" -> "::1";
                        default -> bind;
                    };
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * Where the log is.
     *
     * @param port of the embedded broker
     * @param bootstrap servers of an external Kafka; empty means the embedded one
     * @param partitions of a new topic
     * @param replicationFactor of a new topic on an external Kafka
     * @param client further settings of Kafka clients, such as {@code sasl.mechanism}
     */
    record KafkaSettings(
            int port,
            Optional<String> bootstrap,
            int partitions,
            int replicationFactor,
            Map<String, String> client) {
        KafkaSettings {
            client = Map.copyOf(client);
        }
    }
}
