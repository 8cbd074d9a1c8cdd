package io.millrace.embedded.mqtt;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import java.time.Duration;

/**
 * Where the broker stops taking more.
 *
 * @param packet largest MQTT packet; a larger one closes its connection. Keep it below the log's
 *     largest record
 * @param inFlightMessages of one connection, received and not yet in the log; above it, the
 *     connection is not read
 * @param inFlight the same in bytes
 * @param totalInFlight the same over all connections. With one packet more it should fit into the
 *     log's own buffer, where the next one would block other connections
 * @param unacknowledged QoS 1 and 2 messages sent to one subscriber and not yet acknowledged by it
 * @param queuedMessages that wait for one subscriber; more are dropped and counted
 * @param queuedInMemory of one topic filter; more wait on disk
 * @param queuedOnDisk of one topic filter; more are dropped and counted
 * @param totalInMemory of everything that waits for subscribers
 * @param drain how long a stop waits for messages on their way into the log
 */
public record MqttLimits(
        DataSize packet,
        int inFlightMessages,
        DataSize inFlight,
        DataSize totalInFlight,
        int unacknowledged,
        int queuedMessages,
        DataSize queuedInMemory,
        DataSize queuedOnDisk,
        DataSize totalInMemory,
        Duration drain) {

    /** What a machine of ordinary size bears. */
    public static final MqttLimits DEFAULT =
            new MqttLimits(
                    DataSize.ofMebibytes(52),
                    2_000,
                    DataSize.ofMebibytes(4),
                    DataSize.ofMebibytes(64),
                    1_000,
                    100_000,
                    DataSize.ofMebibytes(8),
                    DataSize.ofMebibytes(1024),
                    DataSize.ofMebibytes(64),
                    Duration.ofSeconds(5));

    private static final long LARGEST_MQTT_PACKET = 268_435_455;

    public MqttLimits {
        if (packet.bytes() < 1_024 || packet.bytes() > LARGEST_MQTT_PACKET) {
            throw MillraceException.invalid(
                    "mqtt packet limit must be 1Ki to 256Mi, was " + packet);
        }
        requirePositive("messages in flight", inFlightMessages);
        requirePositive("unacknowledged messages", unacknowledged);
        requirePositive("queued messages", queuedMessages);
        requirePositive("bytes in flight", inFlight.bytes());
        requirePositive("total bytes in flight", totalInFlight.bytes());
        requirePositive("queued bytes in memory", queuedInMemory.bytes());
        requirePositive("queued bytes on disk", queuedOnDisk.bytes());
        requirePositive("total bytes in memory", totalInMemory.bytes());
    }

    private static void requirePositive(String what, long value) {
        if (value <= 0) {
            throw MillraceException.invalid("mqtt limit of " + what + " must be above 0");
        }
    }
}
