package io.millrace.embedded.kafka;

import java.time.Duration;
import java.util.Properties;
import java.util.StringJoiner;

/** Kafka's own properties for a broker that is alone and small. */
final class BrokerSettings {

    static final int NODE_ID = 1;
    static final String CONTROLLER_LISTENER = "CONTROLLER";

    private static final String EXTRA_LISTENER = "EXTRA";
    private static final String CONTROLLER_HOST = "127.0.0.1";

    /** 50 MiB of payload, and room for key, headers and Kafka's framing. */
    private static final int MAX_RECORD_BYTES = 51 << 20;

    /** By default places of readers that stay away are forgotten after seven days. */
    private static final long KEEPS_PLACES_MINUTES = Duration.ofDays(365).toMinutes();

    private BrokerSettings() {}

    /**
     * @param port where clients connect
     * @param controllerPort any free one: see {@link #quorum}
     */
    static Properties of(EmbeddedKafkaConfig config, int port, int controllerPort) {
        var settings = new Properties();
        quorum(settings, controllerPort);
        listeners(settings, config, port, controllerPort);
        startUp(settings);
        singleNode(settings);
        firstUse(settings, config);
        storage(settings, config);
        size(settings);
        return settings;
    }

    /**
     * A static quorum of one. A dynamic one writes the controller's port into the metadata log,
     * where it can hardly be changed when another process has taken the port since; a static one
     * has it in these settings only, so each start may choose its own.
     */
    private static void quorum(Properties settings, int controllerPort) {
        set(settings, "process.roles", "broker,controller");
        set(settings, "node.id", NODE_ID);
        set(
                settings,
                "controller.quorum.voters",
                NODE_ID + "@" + CONTROLLER_HOST + ":" + controllerPort);
        set(settings, "controller.listener.names", CONTROLLER_LISTENER);
    }

    private static void listeners(
            Properties settings, EmbeddedKafkaConfig config, int port, int controllerPort) {
        var bound = new StringJoiner(",");
        var advertised = new StringJoiner(",");
        var protocols = new StringJoiner(",");
        bound.add("PLAINTEXT://" + config.bindHost() + ":" + port);
        advertised.add("PLAINTEXT://" + config.advertisedHost() + ":" + port);
        protocols.add("PLAINTEXT:PLAINTEXT");
        // A listener of its own: Kafka tells clients the address that belongs to the one they use.
        config.extra()
                .ifPresent(extra -> {
                    bound.add(EXTRA_LISTENER + "://" + extra.bindHost() + ":" + extra.port());
                    advertised.add(
                            EXTRA_LISTENER + "://" + extra.advertisedHost() + ":" + extra.port());
                    protocols.add(EXTRA_LISTENER + ":PLAINTEXT");
                });
        bound.add(CONTROLLER_LISTENER + "://" + CONTROLLER_HOST + ":" + controllerPort);
        protocols.add(CONTROLLER_LISTENER + ":PLAINTEXT");
        set(settings, "listeners", bound);
        set(settings, "advertised.listeners", advertised);
        set(settings, "listener.security.protocol.map", protocols);
        set(settings, "inter.broker.listener.name", "PLAINTEXT");
    }

    /** A misspelt topic must be an error, not a topic, unless clients may make topics. */
    private static void firstUse(Properties settings, EmbeddedKafkaConfig config) {
        set(settings, "auto.create.topics.enable", config.firstUse().isPresent());
        config.firstUse()
                .ifPresent(rule -> {
                    set(settings, "num.partitions", rule.partitions());
                    set(settings, "create.topic.policy.class.name", FirstUsePolicy.class.getName());
                    set(settings, FirstUsePolicy.DIRECTORY, config.directory());
                    set(settings, FirstUsePolicy.MAX_TOPICS, rule.maxTopics());
                });
    }

    private static void startUp(Properties settings) {
        // After a kill the new broker waits until the session of the dead one has run out. Shorter
        // than this, a long pause of the JVM would fence a healthy broker.
        set(settings, "broker.session.timeout.ms", 2_000);
        set(settings, "broker.heartbeat.interval.ms", 300);
        // A first member need not wait for others to join: they are all in this process.
        set(settings, "group.initial.rebalance.delay.ms", 0);
        set(settings, "group.min.session.timeout.ms", 1_000);
        set(settings, "num.recovery.threads.per.data.dir", 2);
        // Without bound a fault elsewhere would leave the starting thread waiting for ever.
        set(settings, "server.max.startup.time.ms", 120_000);
        set(settings, "controlled.shutdown.enable", true);
        set(settings, "metric.reporters", "");
        // The idle controller writes (and flushes) a record so often, by default twice a second.
        set(settings, "metadata.max.idle.interval.ms", 10_000);
    }

    private static void singleNode(Properties settings) {
        set(settings, "default.replication.factor", 1);
        set(settings, "min.insync.replicas", 1);
        set(settings, "offsets.topic.replication.factor", 1);
        set(settings, "transaction.state.log.replication.factor", 1);
        set(settings, "transaction.state.log.min.isr", 1);
        set(settings, "share.coordinator.state.topic.replication.factor", 1);
        set(settings, "share.coordinator.state.topic.min.isr", 1);
        set(settings, "offsets.topic.num.partitions", 4);
        set(settings, "transaction.state.log.num.partitions", 4);
        set(settings, "share.coordinator.state.topic.num.partitions", 4);
        set(settings, "num.partitions", 4);
    }

    private static void storage(Properties settings, EmbeddedKafkaConfig config) {
        set(settings, "log.dirs", config.directory());
        set(settings, "log.retention.ms", config.retention().toMillis());
        set(settings, "message.max.bytes", MAX_RECORD_BYTES);
        set(settings, "replica.fetch.max.bytes", MAX_RECORD_BYTES);
        set(settings, "offsets.retention.minutes", KEEPS_PLACES_MINUTES);
        // A device whose clock is ahead must not have its records refused.
        set(settings, "log.message.timestamp.after.max.ms", Long.MAX_VALUE);
        // After a kill the last segment of each partition is read again: keep it short. It must
        // hold the largest record.
        set(settings, "log.segment.bytes", 128 << 20);
        set(settings, "log.index.size.max.bytes", 1 << 20);
    }

    private static void size(Properties settings) {
        // The default takes 128 MB of heap.
        set(settings, "log.cleaner.dedupe.buffer.size", 4 << 20);
        set(settings, "num.network.threads", 2);
        set(settings, "num.io.threads", 2);
        set(settings, "background.threads", 2);
        set(settings, "group.coordinator.threads", 1);
        set(settings, "share.coordinator.threads", 1);
    }

    private static void set(Properties settings, String name, Object value) {
        settings.setProperty(name, String.valueOf(value));
    }
}
