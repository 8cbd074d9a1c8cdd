package io.millrace.stream;

import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A record as a request: as Knative's KafkaSource posts it, a CloudEvent in binary mode. A record
 * that is a CloudEvent already keeps its own attributes. Headers that Millrace gave an object are
 * there under their own names.
 */
final class RecordRequest {

    private static final String KAFKA_PREFIX = "ce_";
    private static final String HTTP_PREFIX = "ce-";
    private static final String CONTENT_TYPE = "content-type";
    private static final String PARTITION_KEY = "partitionkey";

    private RecordRequest() {}

    /** The request; the payload may be what an earlier step made. */
    static TransformerRequest of(LogRecord record, byte[] payload, ResourceKey pipeline) {
        var headers = new HashMap<String, String>();
        boolean isEvent = false;
        for (Header header : record.headers()) {
            String name = header.name().toLowerCase(Locale.ROOT);
            if (name.equals(CONTENT_TYPE) || name.startsWith(HeaderNames.OBJECT_PREFIX)) {
                headers.put(name, header.text());
            } else if (name.startsWith(KAFKA_PREFIX)) {
                isEvent |= name.equals(KAFKA_PREFIX + "specversion");
                headers.put(HTTP_PREFIX + name.substring(KAFKA_PREFIX.length()), header.text());
            } else if (!name.startsWith(HeaderNames.PREFIX)) {
                String letters = name.replaceAll("[^a-z0-9]", "");
                if (!letters.isEmpty()) {
                    headers.put(HTTP_PREFIX + "kafkaheader" + letters, header.text());
                }
            }
        }
        if (!isEvent) {
            addAttributes(record, pipeline, headers);
        }
        headers.put("x-request-id", headers.getOrDefault("ce-id", ""));
        return new TransformerRequest(
                Form.V1, true, Map.copyOf(headers), payload, TransformerRequest.ALL_JSON);
    }

    private static void addAttributes(
            LogRecord record, ResourceKey pipeline, Map<String, String> headers) {
        int partition = record.partition().index();
        headers.put("ce-specversion", "1.0");
        headers.put("ce-id", "partition:%d/offset:%d".formatted(partition, record.offset()));
        headers.put(
                "ce-source",
                "/apis/v1/namespaces/%s/kafkasources/%s#%s"
                        .formatted(
                                pipeline.project(), pipeline.name(), record.partition().topic()));
        headers.put("ce-type", "dev.knative.kafka.event");
        headers.put("ce-subject", "partition:%d#%d".formatted(partition, record.offset()));
        headers.put("ce-time", Instant.ofEpochMilli(record.timestampMillis()).toString());
        byte[] key = record.key();
        if (key != null) {
            String text = new String(key, StandardCharsets.UTF_8);
            headers.put("ce-key", text);
            headers.put(HTTP_PREFIX + PARTITION_KEY, text);
        }
    }
}
