package io.millrace.connector.mqtt;

import io.millrace.spi.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message from a broker.
 *
 * @param topic where it was published
 * @param payload what it says
 * @param qos 0 to 2
 * @param isRetained whether it is an old one that the broker had kept
 * @param responseTopic of MQTT 5, null for none
 * @param correlation of MQTT 5, null for none
 * @param properties the user properties of MQTT 5, in order
 * @param acknowledge tells the broker that it may forget the message; any thread, once
 */
record Incoming(
        String topic,
        byte[] payload,
        int qos,
        boolean isRetained,
        @Nullable String responseTopic,
        byte @Nullable [] correlation,
        List<Header> properties,
        Runnable acknowledge) {
    /** What a message costs beside its payload, so that many empty ones are bounded too. */
    private static final int OVERHEAD = 256;

    int cost() {
        int bytes = payload.length + OVERHEAD;
        for (int i = 0; i < properties.size(); i++) {
            Header property = properties.get(i);
            bytes += property.name().length() + property.value().length;
        }
        return bytes;
    }
}
