package io.millrace.api;

import java.time.Duration;
import java.util.Optional;

/**
 * An MQTT broker that is not ours.
 *
 * @param url {@code mqtt://host:1883} or {@code mqtts://host:8883}
 * @param secret with {@code user} and {@code password}, or {@code ca}, {@code certificate} and
 *     {@code key} in PEM; empty for none
 * @param clientId as the broker knows us; empty for one made of project and name. Several tasks or
 *     processes append a number to it
 * @param keepAlive the longest silence between us and the broker
 */
public record MqttConnection(
        String url, Optional<ResourceName> secret, String clientId, Duration keepAlive) {
    /** What clients commonly use. */
    public static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(60);
}
