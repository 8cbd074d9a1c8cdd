package io.millrace.app;

import io.millrace.api.DataSize;
import io.millrace.api.ProjectId;
import io.millrace.spi.AllowedOrigins;
import io.millrace.training.run.Confinement;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * All settings of a server, read once.
 *
 * @param data the one folder that holds everything of an embedded install
 * @param cache what can be made again: Python environments, unpacked native libraries
 * @param diskReserve room that is kept free on the disk of the data folder
 * @param http where HTTP is served
 * @param mqtt where MQTT with client certificates is served
 * @param mqttPlain MQTT without TLS; empty is off
 * @param mqttLogin MQTT with TLS, users and passwords; empty is off
 * @param inference limits of inference requests
 * @param models where models come from and what they may take
 * @param s3 where the embedded object store is served; empty is nowhere
 * @param bucketEndpoints where other object stores may be
 * @param events where object stores post their events beside the HTTP port; empty is nowhere
 * @param kafka the log: embedded, or an external one
 * @param kafkaMl where clients of Kafka-ML are served; empty is off
 * @param training how models are trained
 * @param tracing where traces go; empty is off
 * @param stopOnStdinEof stop when standard input ends: for a parent that must not leave us behind
 * @param warmUp stop again as soon as everything was up and used once: to record an AOT cache
 */
record ServerConfig(
        Path data,
        Path cache,
        DataSize diskReserve,
        Endpoint http,
        Endpoint mqtt,
        Optional<PlainMqtt> mqttPlain,
        Optional<LoginMqtt> mqttLogin,
        InferenceSettings inference,
        ModelSettings models,
        Optional<Endpoint> s3,
        AllowedOrigins bucketEndpoints,
        Optional<EventsSettings> events,
        KafkaSettings kafka,
        Optional<KafkaMlSettings> kafkaMl,
        TrainingSettings training,
        Optional<TracingSettings> tracing,
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
     * A port for events of object stores.
     *
     * @param at where it listens
     * @param isTls whether it speaks TLS
     */
    record EventsSettings(Endpoint at, boolean isTls) {}

    /**
     * MQTT without TLS.
     *
     * @param at where
     * @param project of its clients; empty when their user names say it
     * @param needsPassword whether only users of data sources may come
     */
    record PlainMqtt(Endpoint at, Optional<ProjectId> project, boolean needsPassword) {}

    /**
     * MQTT with TLS, users and passwords.
     *
     * @param at where
     * @param project of users who do not name another one
     */
    record LoginMqtt(Endpoint at, ProjectId project) {}

    /**
     * Limits of inference requests.
     *
     * @param maxBody the largest body
     * @param timeout the most that one may take, queueing included
     */
    record InferenceSettings(DataSize maxBody, Duration timeout) {}

    /**
     * Where models come from and what they may take.
     *
     * @param origins from where versions may be fetched
     * @param memory for loaded models; empty for half of what the machine has
     * @param s3Endpoint of an object store other than Amazon's
     * @param s3Region with which requests to it are signed
     */
    record ModelSettings(
            AllowedOrigins origins,
            Optional<DataSize> memory,
            Optional<URI> s3Endpoint,
            String s3Region) {}

    /**
     * How models are trained.
     *
     * @param workers how many at a time
     * @param confinement what happens where the kernel cannot lock the code of users in
     */
    record TrainingSettings(int workers, Confinement confinement) {}

    /**
     * Where traces go.
     *
     * @param endpoint of the collector
     * @param share of what comes without a trace, from 0 to 1
     */
    record TracingSettings(URI endpoint, double share) {}

    /**
     * Where the log is.
     *
     * @param port of the embedded broker
     * @param bootstrap servers of an external Kafka; empty means the embedded one
     * @param partitions of a new topic
     * @param replicationFactor of a new topic on an external Kafka
     * @param client further settings of Kafka clients, such as {@code sasl.mechanism}
     * @param makesTopics whether clients of the embedded broker make topics by using them
     * @param extra another address of the embedded broker; empty is off
     */
    record KafkaSettings(
            int port,
            Optional<String> bootstrap,
            int partitions,
            int replicationFactor,
            Map<String, String> client,
            boolean makesTopics,
            Optional<ExtraKafka> extra) {
        KafkaSettings {
            client = Map.copyOf(client);
        }
    }

    /**
     * Where clients of Kafka-ML are served.
     *
     * @param at where
     * @param project that they see
     */
    record KafkaMlSettings(Endpoint at, ProjectId project) {}

    /**
     * Another address of the embedded Kafka.
     *
     * @param at where it listens
     * @param host what its clients are told to connect to
     */
    record ExtraKafka(Endpoint at, String host) {}
}
