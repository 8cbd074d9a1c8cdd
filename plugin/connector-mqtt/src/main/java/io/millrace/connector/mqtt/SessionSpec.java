package io.millrace.connector.mqtt;

import java.time.Duration;

/**
 * How we appear at a broker.
 *
 * @param clientId as it knows us
 * @param keepAlive the longest silence
 * @param isPersistent whether it keeps subscriptions and messages for us while we are away
 * @param receiveMaximum so many messages are under way to us and not acknowledged, at most
 */
record SessionSpec(String clientId, Duration keepAlive, boolean isPersistent, int receiveMaximum) {
    /** How long the broker keeps a persistent session of MQTT 5 for us. */
    static final Duration EXPIRY = Duration.ofDays(7);

    private static final int RECEIVE_MAXIMUM = 200;
    private static final int LARGEST_RECEIVE_MAXIMUM = 65_535;

    /** So large a packet may be. */
    static final int MAXIMUM_PACKET = 52 * 1024 * 1024;

    SessionSpec(String clientId, Duration keepAlive, boolean isPersistent) {
        this(clientId, keepAlive, isPersistent, RECEIVE_MAXIMUM);
    }

    /** For a broker that does not keep to what it is asked for. */
    SessionSpec withoutFlowControl() {
        return new SessionSpec(clientId, keepAlive, isPersistent, LARGEST_RECEIVE_MAXIMUM);
    }

    /** In the whole seconds of MQTT. */
    int keepAliveSeconds() {
        return Math.clamp(keepAlive.toSeconds(), 1, 65_535);
    }
}
