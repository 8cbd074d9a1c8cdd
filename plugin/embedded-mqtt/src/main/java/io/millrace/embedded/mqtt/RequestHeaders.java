package io.millrace.embedded.mqtt;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an MQTT 5 client says beside its payload, as headers of the record. */
final class RequestHeaders {

    private static final int MAX_PROPERTIES = 64;
    private static final int MAX_BYTES = 16 << 10;

    private RequestHeaders() {}

    /** The response topic; null when there is none. */
    static @Nullable String responseTopic(MqttProperties properties) {
        MqttProperty<?> topic = properties.getProperty(MqttPropertyType.RESPONSE_TOPIC.value());
        return topic != null && topic.value() instanceof String text ? text : null;
    }

    /** Empty when it says nothing. What a client may not say is left out and counted. */
    static List<Header> of(MqttProperties properties, BrokerMeters meters) {
        if (properties.isEmpty()) {
            return List.of();
        }
        var headers = new ArrayList<Header>();
        String reply = responseTopic(properties);
        if (reply != null) {
            headers.add(Header.of(HeaderNames.REPLY_TOPIC, reply));
        }
        MqttProperty<?> correlation =
                properties.getProperty(MqttPropertyType.CORRELATION_DATA.value());
        if (correlation != null && correlation.value() instanceof byte[] data) {
            headers.add(new Header(HeaderNames.CORRELATION, data));
        }
        if (properties.getProperty(MqttPropertyType.USER_PROPERTY.value())
                instanceof MqttProperties.UserProperties user) {
            addUserProperties(user.value(), headers, meters);
        }
        return headers;
    }

    private static void addUserProperties(
            List<StringPair> pairs, List<Header> headers, BrokerMeters meters) {
        int bytes = 0;
        int taken = 0;
        for (StringPair pair : pairs) {
            if (HeaderNames.isReserved(pair.key)) {
                meters.forgedHeaders.increment();
                continue;
            }
            byte[] value = pair.value.getBytes(StandardCharsets.UTF_8);
            int size = pair.key.length() + value.length;
            if (pair.key.isEmpty() || taken == MAX_PROPERTIES || bytes + size > MAX_BYTES) {
                meters.droppedProperties.increment();
                continue;
            }
            taken++;
            bytes += size;
            headers.add(new Header(pair.key, value));
        }
    }
}
