package io.millrace.embedded.kafka;

import io.millrace.api.MillraceException;
import java.nio.file.Path;
import java.time.Duration;

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
 */
public record EmbeddedKafkaConfig(
        Path directory, String bindHost, int port, String advertisedHost, Duration retention) {

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

    /** On loopback, records kept for seven days. */
    public static EmbeddedKafkaConfig of(Path directory, int port) {
        return new EmbeddedKafkaConfig(directory, LOOPBACK, port, LOOPBACK, Duration.ofDays(7));
    }
}
