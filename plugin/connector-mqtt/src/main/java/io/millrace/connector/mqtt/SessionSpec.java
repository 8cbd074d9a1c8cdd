package io.millrace.connector.mqtt;

import java.time.Duration;

/**
 * How we appear at a broker.
 *
 * @param clientId as it knows us
 * @param keepAlive the longest silence
 * @param isPersistent whether it keeps subscriptions and messages for us while we are away
 */
record SessionSpec(String clientId, Duration keepAlive, boolean isPersistent) {
    /** How long the broker keeps a persistent session of MQTT 5 for us. */
    static final Duration EXPIRY = Duration.ofDays(7);

    /** So many messages are under way to us and not acknowledged, at most. */
    static final int RECEIVE_MAXIMUM = 200;

    /** So large a packet may be. */
    static final int MAXIMUM_PACKET = 52 * 1024 * 1024;

    /** In the whole seconds of MQTT. */
    int keepAliveSeconds() {
        return Math.clamp(keepAlive.toSeconds(), 1, 65_535);
    }
}
