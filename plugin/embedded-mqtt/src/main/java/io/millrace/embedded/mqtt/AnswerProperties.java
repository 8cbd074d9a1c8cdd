package io.millrace.embedded.mqtt;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import java.util.List;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.jspecify.annotations.Nullable;

/**
 * Headers of a result as what MQTT 5 has for them; subscribers with MQTT 3 get the payload alone.
 * Headers that only Millrace gives stay inside, but for where the result came from.
 */
final class AnswerProperties {

    /** A property's length has two bytes. */
    private static final int MAX_TEXT = 65_535;

    private static final int MAX_BYTES = 64 << 10;

    private final BrokerMeters meters;

    AnswerProperties(BrokerMeters meters) {
        this.meters = meters;
    }

    /** Adds them to a message of the broker. */
    void addTo(Message message, List<Header> headers) {
        int added = 0;
        int bytes = 0;
        byte @Nullable [] correlation = null;
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            if (header.name().equals(HeaderNames.CORRELATION)) {
                correlation = header.value();
                continue;
            }
            if (!HeaderNames.isForSubscribers(header.name())) {
                continue;
            }
            bytes += header.name().length() + header.value().length;
            String value = header.text();
            if (bytes > MAX_BYTES || !isText(header.name()) || !isText(value)) {
                meters.droppedProperties.increment();
                continue;
            }
            message.putStringProperty(
                    MQTTUtil.MQTT_USER_PROPERTY_KEY_PREFIX + added + "." + header.name(), value);
            added++;
        }
        if (added > 0) {
            message.putIntProperty(MQTTUtil.MQTT_USER_PROPERTY_EXISTS_KEY, added);
        }
        if (correlation == null) {
            return;
        }
        if (correlation.length > MAX_TEXT) {
            meters.droppedProperties.increment();
        } else {
            message.putBytesProperty(MQTTUtil.MQTT_CORRELATION_DATA_KEY, correlation);
        }
    }

    /** Three bytes a sign at most; an MQTT text must not hold U+0000. */
    private static boolean isText(String text) {
        return text.length() <= MAX_TEXT / 3 && text.indexOf('\0') < 0;
    }
}
