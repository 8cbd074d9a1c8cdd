package io.millrace.embedded.kafka;

import io.millrace.api.MillraceException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the broker inside the process runs.
 *
 * @param directory everything the broker keeps; created when it does not exist. One process at a
 *     time
 * @param bindHost the address it listens on; loopback unless the log is meant for others too: there
 *     is no authentication on it
 * @param port where clients connect; 0 for any free one (tests)
 * @param advertisedHost the host name clients are told to connect to
 * @param retention how long records are kept in topics that do not say so themselves
 * @param extra another address for clients that expect one; empty for none
 * @param firstUse the topics that clients make by using them; empty when there are none
 */
public record EmbeddedKafkaConfig(
        Path directory,
        String bindHost,
        int port,
        String advertisedHost,
        Duration retention,
        Optional<Listener> extra,
        Optional<FirstUse> firstUse) {

    /** Where Kafka clients look by default. */
    public static final int DEFAULT_PORT = 9092;

    private static final String LOOPBACK = "127.0.0.1";
    private static final int MAX_PORT = 65_535;

    public EmbeddedKafkaConfig {
        if (port < 0 || port > MAX_PORT) {
            throw MillraceException.invalid(
                    "the port of the embedded Kafka must be 0 to " + MAX_PORT + ", was " + port);
        }
        if (bindHost.isBlank() || advertisedHost.isBlank()) {
            throw MillraceException.invalid("the embedded Kafka needs a host to listen on");
        }
        if (retention.isNegative() || retention.isZero()) {
            throw MillraceException.invalid(
                    "the retention of the embedded Kafka must be positive, was " + retention);
        }
        directory = directory.toAbsolutePath().normalize();
    }

    /** On loopback alone, records kept for seven days, every topic declared. */
    public static EmbeddedKafkaConfig of(Path directory, int port) {
        return new EmbeddedKafkaConfig(
                directory,
                LOOPBACK,
                port,
                LOOPBACK,
                Duration.ofDays(7),
                Optional.empty(),
                Optional.empty());
    }

    /** The same, listening on another address, too. */
    public EmbeddedKafkaConfig withExtra(Listener listener) {
        return new EmbeddedKafkaConfig(
                directory,
                bindHost,
                port,
                advertisedHost,
                retention,
                Optional.of(listener),
                firstUse);
    }

    /** The same, with topics that are made by their first use. */
    public EmbeddedKafkaConfig withFirstUse(FirstUse rule) {
        return new EmbeddedKafkaConfig(
                directory, bindHost, port, advertisedHost, retention, extra, Optional.of(rule));
    }

    /**
     * An address for clients.
     *
     * @param bindHost the address it listens on
     * @param port where clients connect, from 1
     * @param advertisedHost the host name those clients are told to connect to from then on
     */
    public record Listener(String bindHost, int port, String advertisedHost) {
        public Listener {
            if (port < 1 || port > MAX_PORT) {
                throw MillraceException.invalid(
                        "the extra port of the embedded Kafka must be 1 to "
                                + MAX_PORT
                                + ", was "
                                + port);
            }
            if (bindHost.isBlank() || advertisedHost.isBlank()) {
                throw MillraceException.invalid(
                        "the extra port of the embedded Kafka needs a host to listen on");
            }
        }
    }

    /**
     * Which topics clients make by using them. Names that Millrace or Kafka keep for themselves are
     * never among them.
     *
     * @param partitions of such a topic
     * @param maxTopics with so many topics in the log, no further one is made this way
     */
    public record FirstUse(int partitions, int maxTopics) {

        /** Enough for people; too few for a client that makes up names without end. */
        public static final int DEFAULT_MAX_TOPICS = 1_000;

        public FirstUse {
            if (partitions < 1 || maxTopics < 1) {
                throw MillraceException.invalid(
                        "topics made by their first use: expected at least one partition and one topic, got %d and %d"
                                .formatted(partitions, maxTopics));
            }
        }
    }
}
