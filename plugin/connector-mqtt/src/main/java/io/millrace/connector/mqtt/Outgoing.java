package io.millrace.connector.mqtt;

import io.millrace.spi.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message to a broker.
 *
 * @param topic where it goes
 * @param payload what it says
 * @param qos 0 or 1
 * @param isRetained whether the broker keeps it for later subscribers
 * @param correlation for MQTT 5, null for none
 * @param properties user properties for MQTT 5, in order
 */
record Outgoing(
        String topic,
        byte[] payload,
        int qos,
        boolean isRetained,
        byte @Nullable [] correlation,
        List<Header> properties) {}
