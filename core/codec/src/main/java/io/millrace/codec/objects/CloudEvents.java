package io.millrace.codec.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * CloudEvents 1.0 and 0.3 in their three modes, over HTTP (headers {@code ce-*}) and as records of
 * Kafka ({@code ce_*}).
 */
public final class CloudEvents {

    /** Of what we write. */
    public static final String VERSION = "1.0";

    /** The content type of one structured event. */
    public static final String STRUCTURED_TYPE = "application/cloudevents+json";

    /** The content type of several. */
    public static final String BATCHED_TYPE = "application/cloudevents-batch+json";

    static final String CONTENT_TYPE = "content-type";
    private static final String OTHER_FORMATS = "application/cloudevents";
    private static final String HTTP = "ce-";
    private static final String KAFKA = "ce_";

    private CloudEvents() {}

    /** How events stand in a message. */
    public enum Mode {
        /** There is no event. */
        NONE,
        /** Headers hold the attributes, the body is the data. */
        BINARY,
        /** The body is one event in JSON. */
        STRUCTURED,
        /** The body is a list of events in JSON. */
        BATCHED
    }

    /** What the headers say; their names in any case. */
    public static Mode modeOf(List<Header> headers) {
        String type = mediaType(find(headers, CONTENT_TYPE));
        if (type.equals(BATCHED_TYPE)) {
            return Mode.BATCHED;
        }
        if (type.startsWith(OTHER_FORMATS)) {
            return Mode.STRUCTURED;
        }
        boolean isBinary =
                find(headers, HTTP + EventAttributes.VERSION) != null
                        || find(headers, KAFKA + EventAttributes.VERSION) != null;
        return isBinary ? Mode.BINARY : Mode.NONE;
    }

    /**
     * The events of a message; none when its mode is {@link Mode#NONE}, or of an empty batch.
     *
     * @throws MillraceException {@code INVALID} an attribute is missing or the text is no JSON;
     *     {@code UNSUPPORTED} another version or format
     */
    public static List<CloudEvent> read(List<Header> headers, byte[] body) {
        return switch (modeOf(headers)) {
            case NONE -> List.of();
            case BINARY -> List.of(binary(headers, body));
            case STRUCTURED -> {
                checkFormat(mediaType(find(headers, CONTENT_TYPE)));
                yield List.of(structured(body));
            }
            case BATCHED -> batched(body);
        };
    }

    private static void checkFormat(String type) {
        if (!type.equals(STRUCTURED_TYPE)) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "CloudEvents of the content type %s; expected %s or %s"
                            .formatted(EventText.shown(type), STRUCTURED_TYPE, BATCHED_TYPE));
        }
    }

    private static CloudEvent binary(List<Header> headers, byte[] body) {
        boolean isHttp = find(headers, HTTP + EventAttributes.VERSION) != null;
        String prefix = isHttp ? HTTP : KAFKA;
        var attributes = new EventAttributes();
        for (Header header : headers) {
            String name = header.name().toLowerCase(Locale.ROOT);
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                String text = header.text();
                attributes.put(
                        name.substring(prefix.length()), isHttp ? withoutEscapes(text) : text);
            }
        }
        String type = find(headers, CONTENT_TYPE);
        if (type != null) {
            attributes.put(EventAttributes.CONTENT_TYPE, type);
        }
        return attributes.event(body);
    }

    /**
     * Reads one structured event.
     *
     * @throws MillraceException as {@link #read}
     */
    public static CloudEvent structured(byte[] body) {
        return StructuredEvents.one(body);
    }

    /**
     * Reads a batch.
     *
     * @throws MillraceException as {@link #read}
     */
    public static List<CloudEvent> batched(byte[] body) {
        return StructuredEvents.several(body);
    }

    /** The headers of an event in binary mode over HTTP, the content type among them. */
    public static List<Header> binaryHeaders(CloudEvent event) {
        var headers = new ArrayList<Header>();
        attributes(event)
                .forEach((name, value) -> headers.add(Header.of(HTTP + name, escaped(value))));
        event.contentType().ifPresent(type -> headers.add(Header.of(CONTENT_TYPE, type)));
        return headers;
    }

    /** An event as JSON; data that is JSON stands in it as it is. */
    public static byte[] write(CloudEvent event) {
        var out = new StringWriter();
        try (JsonGenerator json = Notifications.JSON.createGenerator(out)) {
            json.writeStartObject();
            attributes(event).forEach(json::writeStringProperty);
            event.contentType()
                    .ifPresent(type -> json.writeStringProperty("datacontenttype", type));
            if (event.data().length > 0 && isJson(event.contentType().orElse(null))) {
                json.writeName("data");
                json.writeRawValue(new String(event.data(), StandardCharsets.UTF_8));
            } else if (event.data().length > 0) {
                json.writeStringProperty(
                        "data_base64", Base64.getEncoder().encodeToString(event.data()));
            }
            json.writeEndObject();
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, String> attributes(CloudEvent event) {
        var attributes = new LinkedHashMap<String, String>();
        attributes.put(EventAttributes.VERSION, event.specVersion());
        attributes.put(EventAttributes.ID, event.id());
        attributes.put(EventAttributes.SOURCE, event.source());
        attributes.put(EventAttributes.TYPE, event.type());
        event.subject().ifPresent(subject -> attributes.put(EventAttributes.SUBJECT, subject));
        event.time().ifPresent(time -> attributes.put(EventAttributes.TIME, time.toString()));
        event.extensions().forEach(attributes::putIfAbsent);
        return attributes;
    }

    /** Whether a JSON object is a structured event. */
    static boolean isAt(JsonNode node) {
        return node.path(EventAttributes.VERSION).isString()
                && node.path(EventAttributes.TYPE).isString()
                && node.path(EventAttributes.SOURCE).isString();
    }

    /** Whether data of a content type is JSON; so it is when none is said. */
    public static boolean isJson(@Nullable String contentType) {
        String type = mediaType(contentType);
        return type.isEmpty()
                || type.equals("application/json")
                || type.equals("text/json")
                || type.endsWith("+json");
    }

    /** A content type without its parameters, in lower case; empty when there is none. */
    static String mediaType(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int end = contentType.indexOf(';');
        return (end < 0 ? contentType : contentType.substring(0, end))
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    private static @Nullable String find(List<Header> headers, String name) {
        for (Header header : headers) {
            if (header.name().equalsIgnoreCase(name)) {
                return header.text();
            }
        }
        return null;
    }

    private static String withoutEscapes(String text) {
        String decoded = KeyText.decode(text, false);
        return decoded == null ? text : decoded;
    }

    /** Printable ASCII but for the space, the quote and the percent sign stands for itself. */
    private static String escaped(String text) {
        var escaped = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > ' ' && b < 0x7f && b != '"' && b != '%') {
                escaped.append((char) b);
            } else {
                HexFormat.of().withUpperCase().toHexDigits(escaped.append('%'), b);
            }
        }
        return escaped.toString();
    }
}
