package io.millrace.codec.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.spi.ObjectEvent;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** News of an object as it stands in the log. */
public final class ObjectEventJson {

    private static final String RAW = "raw";

    /** Deeper than what is read from stores, as originals stand one level deeper here. */
    private static final int MAX_DEPTH = 128;

    private static final JsonMapper JSON =
            new JsonMapper(
                    JsonFactory.builder()
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(MAX_DEPTH)
                                            .build())
                            .build());

    private ObjectEventJson() {}

    /**
     * Writes one. What {@code opaqueData} holds is written too: take it out first where it is a
     * secret ({@link ObjectEvent#withoutOpaqueData}).
     *
     * @param original JSON that stands beside it, such as {@link Found#original}; empty for none
     */
    public static byte[] write(ObjectEvent event, String original) {
        var out = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringProperty("source", event.source());
            json.writeStringProperty("bucket", event.bucket());
            json.writeStringProperty("key", event.key());
            json.writeStringProperty("rawKey", event.rawKey());
            json.writeStringProperty("event", event.event());
            event.size().ifPresent(size -> json.writeNumberProperty("size", size));
            event.etag().ifPresent(etag -> json.writeStringProperty("etag", etag));
            event.versionId().ifPresent(id -> json.writeStringProperty("versionId", id));
            event.sequencer().ifPresent(text -> json.writeStringProperty("sequencer", text));
            event.eventId().ifPresent(id -> json.writeStringProperty("eventId", id));
            json.writeStringProperty("time", event.time().toString());
            write(json, "metadata", event.metadata());
            write(json, "tags", event.tags());
            event.opaqueData().ifPresent(text -> json.writeStringProperty("opaqueData", text));
            if (!original.isEmpty()) {
                json.writeName(RAW);
                json.writeRawValue(original);
            }
            json.writeEndObject();
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator json, String name, Map<String, String> texts) {
        json.writeName(name);
        json.writeStartObject();
        new TreeMap<>(texts).forEach(json::writeStringProperty);
        json.writeEndObject();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws MillraceException {@code INVALID} it is something else
     */
    public static Found read(byte[] json) {
        try {
            JsonNode node = JSON.readTree(json);
            Instant time = EventText.time(EventText.of(node, "time")).orElse(null);
            if (time == null
                    || EventText.of(node, "bucket").isEmpty()
                    || EventText.of(node, "key").isEmpty()) {
                throw MillraceException.invalid(
                        "expected an event of an object with bucket, key and time, got "
                                + RecordReader.namesOf(node));
            }
            return new Found(event(node, time), node.has(RAW) ? node.path(RAW).toString() : "");
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "expected an event of an object as JSON: "
                            + EventText.shown(e.getOriginalMessage()),
                    e);
        }
    }

    private static ObjectEvent event(JsonNode node, Instant time) {
        JsonNode size = node.path("size");
        return new ObjectEvent(
                EventText.of(node, "source"),
                EventText.of(node, "bucket"),
                EventText.of(node, "key"),
                EventText.of(node, "rawKey"),
                EventText.of(node, "event"),
                size.isIntegralNumber() ? OptionalLong.of(size.asLong(0)) : OptionalLong.empty(),
                EventText.ofFilled(node, "etag"),
                EventText.ofFilled(node, "versionId"),
                EventText.ofFilled(node, "sequencer"),
                EventText.ofFilled(node, "eventId"),
                time,
                texts(node.path("metadata")),
                texts(node.path("tags")),
                EventText.ofFilled(node, "opaqueData"));
    }

    private static Map<String, String> texts(JsonNode node) {
        var texts = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (entry.getValue().isString()) {
                texts.put(entry.getKey(), entry.getValue().stringValue());
            }
        }
        return texts;
    }
}
