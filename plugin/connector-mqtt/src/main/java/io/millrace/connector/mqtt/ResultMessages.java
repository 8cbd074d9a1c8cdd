package io.millrace.connector.mqtt;

import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.TopicFilter;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.OutputRecord;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes messages of results: which headers go along, and as what. */
final class ResultMessages {
    private static final int LONGEST_TEXT = 65_535;

    private final MqttOutput output;
    private final SinkMeters meters;

    ResultMessages(MqttOutput output, SinkMeters meters) {
        this.output = output;
        this.meters = meters;
    }

    Outgoing of(OutputRecord record) {
        byte[] correlation = null;
        var properties = new ArrayList<Header>(record.headers().size());
        for (Header header : record.headers()) {
            if (header.name().equals(HeaderNames.CORRELATION)) {
                correlation = header.value();
            } else if (HeaderNames.isForSubscribers(header.name())) {
                if (isText(header.name().getBytes(StandardCharsets.UTF_8))
                        && isText(header.value())) {
                    properties.add(header);
                } else {
                    meters.droppedHeaders.increment();
                }
            }
        }
        return new Outgoing(
                record.destination(),
                record.value(),
                output.qos(),
                output.isRetained(),
                fitting(correlation),
                properties);
    }

    private byte @Nullable [] fitting(byte @Nullable [] correlation) {
        if (correlation != null && correlation.length > LONGEST_TEXT) {
            meters.droppedHeaders.increment();
            return null;
        }
        return correlation;
    }

    /** UTF-8 as MQTT has it: no NUL, and a length of two bytes. */
    private static boolean isText(byte[] bytes) {
        if (bytes.length > LONGEST_TEXT) {
            return false;
        }
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        try {
            var _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /** What is wrong with a topic to publish to. */
    static Optional<String> problemOfTopic(String topic) {
        if (topic.isEmpty()) {
            return Optional.of("the MQTT topic is empty");
        }
        if (TopicFilter.hasWildcard(topic)) {
            return Optional.of("MQTT topic '" + topic + "' must not hold wildcards");
        }
        if (topic.startsWith("$")) {
            // Some brokers answer it by ending the connection, and then again for each new try.
            return Optional.of(
                    "MQTT topic '" + topic + "' starts with '$' and belongs to the broker");
        }
        if (!isText(topic.getBytes(StandardCharsets.UTF_8))) {
            return Optional.of("the MQTT topic is longer than 65535 bytes or holds a NUL");
        }
        return Optional.empty();
    }
}
