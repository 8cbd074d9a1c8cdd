package io.millrace.codec.objects;

import io.millrace.api.MillraceException;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.spi.ObjectEvent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One entry of {@code Records}, of whatever store. */
final class RecordReader {

    private static final String CEPH = "ceph:";
    private static final String EVENT_PREFIX = "s3:";
    private static final String META_PREFIX = "x-amz-meta-";
    private static final String STORE_PREFIX = "x-amz-";
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_TEXT = 1024;

    /** What stores list among the metadata of the user and HTTP has names for. */
    private static final Set<String> OF_HTTP =
            Set.of(
                    "content-type",
                    "content-encoding",
                    "content-disposition",
                    "content-language",
                    "cache-control",
                    "expires");

    private final KeyCoding coding;
    private final Instant received;

    RecordReader(KeyCoding coding, Instant received) {
        this.coding = coding;
        this.received = received;
    }

    /** What the envelope of MinIO says of its only record; empty texts when it says nothing. */
    record Wrapper(String eventName, String place) {
        static final Wrapper NONE = new Wrapper("", "");
    }

    /**
     * Reads an entry.
     *
     * @throws MillraceException when it is no news of an object
     */
    Found read(JsonNode entry, Wrapper wrapper) {
        JsonNode s3 = entry.path("s3");
        JsonNode object = s3.path("object");
        if (!object.isObject()) {
            throw MillraceException.invalid(
                    "expected a record with s3.bucket and s3.object, got " + namesOf(entry));
        }
        String source = limited("eventSource", EventText.of(entry, "eventSource"));
        String bucket = bucket(EventText.of(s3.path("bucket"), "name"));
        String rawKey = EventText.of(object, "key");
        String name = EventText.of(entry, "eventName");
        var event =
                new ObjectEvent(
                        source,
                        bucket,
                        key(source, bucket, rawKey, wrapper.place()),
                        rawKey,
                        eventName(name.isEmpty() ? wrapper.eventName() : name),
                        size(object.path("size")),
                        etag(object),
                        text(object, "versionId"),
                        text(object, "sequencer"),
                        eventId(entry, source),
                        EventText.time(EventText.of(entry, "eventTime")).orElse(received),
                        metadata(object),
                        tags(object),
                        EventText.ofFilled(entry, "opaqueData"));
        return new Found(event, original(entry));
    }

    /**
     * Reads what EventBridge sends.
     *
     * @throws MillraceException when it is no news of an object
     */
    Found readBridged(JsonNode envelope) {
        JsonNode detail = envelope.path("detail");
        JsonNode object = detail.path("object");
        if (!object.isObject()) {
            throw MillraceException.invalid(
                    "expected an EventBridge event with detail.bucket and detail.object, got "
                            + namesOf(detail));
        }
        String said = limited("source", EventText.of(envelope, "source"));
        String source = said.equals("aws.s3") ? "aws:s3" : said;
        String bucket = bucket(EventText.of(detail.path("bucket"), "name"));
        String rawKey = EventText.of(object, "key");
        Optional<String> sequencer = text(object, "sequencer");
        var event =
                new ObjectEvent(
                        source,
                        bucket,
                        key(source, bucket, rawKey, ""),
                        rawKey,
                        bridgedName(EventText.of(envelope, "detail-type"), detail),
                        size(object.path("size")),
                        etag(object),
                        text(object, "version-id"),
                        sequencer,
                        sequencer.isPresent() ? Optional.empty() : text(envelope, "id"),
                        EventText.time(EventText.of(envelope, "time")).orElse(received),
                        Map.of(),
                        Map.of(),
                        Optional.empty());
        return new Found(event, original(envelope));
    }

    private static String bridgedName(String type, JsonNode detail) {
        String reason = EventText.of(detail, "reason");
        String name =
                switch (type) {
                    case "Object Created" ->
                            switch (reason) {
                                case "PutObject" -> "ObjectCreated:Put";
                                case "POST Object" -> "ObjectCreated:Post";
                                case "CopyObject" -> "ObjectCreated:Copy";
                                default -> "ObjectCreated:" + reason.replace(" ", "");
                            };
                    case "Object Deleted" ->
                            EventText.of(detail, "deletion-type").contains("Marker")
                                    ? "ObjectRemoved:DeleteMarkerCreated"
                                    : "ObjectRemoved:Delete";
                    default -> type.replace(" ", "");
                };
        return eventName(name);
    }

    private static String eventName(String said) {
        String name =
                said.regionMatches(true, 0, EVENT_PREFIX, 0, EVENT_PREFIX.length())
                        ? said.substring(EVENT_PREFIX.length())
                        : said;
        if (name.isEmpty()) {
            throw MillraceException.invalid("the record has no eventName");
        }
        return plain("eventName", name);
    }

    private static String bucket(String name) {
        if (name.isEmpty()) {
            throw MillraceException.invalid("the record has no s3.bucket.name");
        }
        return plain("the name of the bucket", name);
    }

    /** Names that end up in logs, on pages and in headers. */
    private static String plain(String what, String name) {
        if (name.length() > LONGEST_NAME
                || name.indexOf('/') >= 0
                || !name.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw MillraceException.invalid(
                    "%s has to be at most %d plain characters without '/', got '%s'"
                            .formatted(what, LONGEST_NAME, EventText.shown(name)));
        }
        return name;
    }

    /** What MinIO's envelope says decides, because it is never encoded. */
    private String key(String source, String bucket, String rawKey, String place) {
        if (rawKey.isEmpty()) {
            throw MillraceException.invalid("the record has no s3.object.key");
        }
        String decoded = isRaw(source) ? rawKey : KeyText.decode(rawKey);
        if (coding == KeyCoding.AUTO && !place.isEmpty()) {
            if (decoded == null || !place.equals(bucket + "/" + decoded)) {
                decoded = place.equals(bucket + "/" + rawKey) ? rawKey : null;
            }
            if (decoded == null) {
                throw MillraceException.invalid(
                        "the key '%s' of the record is not the one of its envelope, '%s'"
                                .formatted(EventText.shown(rawKey), EventText.shown(place)));
            }
        }
        if (decoded == null) {
            throw MillraceException.invalid(
                    ("the key '%s' is not written with %%XX of UTF-8, as keys of '%s' are; if its"
                                    + " keys come as they are, set 'keys: raw'")
                            .formatted(EventText.shown(rawKey), EventText.shown(source)));
        }
        int length = KeyText.length(decoded);
        if (length < 0 || length > KeyText.MOST_BYTES || decoded.indexOf('\0') >= 0) {
            throw MillraceException.invalid(
                    "expected a key of at most %d bytes of UTF-8 without NUL, got '%s'"
                            .formatted(KeyText.MOST_BYTES, EventText.shown(decoded)));
        }
        return decoded;
    }

    private boolean isRaw(String source) {
        return switch (coding) {
            case RAW -> true;
            case ENCODED -> false;
            case AUTO -> source.startsWith(CEPH);
        };
    }

    private static OptionalLong size(JsonNode size) {
        long number = -1;
        if (size.isIntegralNumber() && size.canConvertToLong()) {
            number = size.longValue();
        } else if (size.isString() && size.stringValue().matches("[0-9]{1,18}")) {
            number = Long.parseLong(size.stringValue());
        }
        return number < 0 ? OptionalLong.empty() : OptionalLong.of(number);
    }

    private static Optional<String> etag(JsonNode object) {
        return text(object, "eTag")
                .or(() -> text(object, "etag"))
                .map(tag -> tag.replace("\"", ""))
                .filter(tag -> !tag.isEmpty());
    }

    private static Optional<String> text(JsonNode object, String name) {
        return EventText.ofFilled(object, name).map(text -> limited(name, text));
    }

    private static String limited(String name, String text) {
        if (text.length() > LONGEST_TEXT || KeyText.length(text) < 0) {
            throw MillraceException.invalid(
                    "%s has to be a text of at most %d characters, got '%s'"
                            .formatted(name, LONGEST_TEXT, EventText.shown(text)));
        }
        return text;
    }

    private static Optional<String> eventId(JsonNode entry, String source) {
        Optional<String> said = text(entry, "eventId");
        return said.isPresent() || !source.startsWith(CEPH)
                ? said
                : text(entry.path("responseElements"), "x-amz-request-id");
    }

    private static Map<String, String> metadata(JsonNode object) {
        var metadata = new LinkedHashMap<String, String>();
        BiConsumer<String, String> add =
                (name, value) -> {
                    String plain = metadataName(name);
                    if (plain != null) {
                        metadata.putIfAbsent(plain, value);
                    }
                };
        pairs(object.path("metadata"), add);
        pairs(object.path("userMetadata"), add);
        return metadata;
    }

    private static @Nullable String metadataName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.startsWith(META_PREFIX)) {
            return lower.substring(META_PREFIX.length());
        }
        return lower.startsWith(STORE_PREFIX) || OF_HTTP.contains(lower) ? null : lower;
    }

    private static Map<String, String> tags(JsonNode object) {
        var tags = new LinkedHashMap<String, String>();
        pairs(object.path("tags"), tags::putIfAbsent);
        return tags;
    }

    /** Ceph's list of {@code {key, val}} or an object. */
    private static void pairs(JsonNode node, BiConsumer<String, String> to) {
        if (node.isArray()) {
            for (JsonNode pair : node) {
                JsonNode value = pair.has("val") ? pair.path("val") : pair.path("value");
                pair(EventText.of(pair, "key"), value, to);
            }
        } else {
            node.properties().forEach(entry -> pair(entry.getKey(), entry.getValue(), to));
        }
    }

    private static void pair(String name, JsonNode value, BiConsumer<String, String> to) {
        if (!name.isEmpty() && value.isString()) {
            to.accept(name, value.stringValue());
        }
    }

    /** A record as it stays beside what was made of it. */
    static String original(JsonNode entry) {
        if (entry instanceof ObjectNode object) {
            object.remove("opaqueData");
        }
        String text = entry.toString();
        return text.length() > Notifications.MOST_ORIGINAL ? "" : text;
    }

    /** What stands there instead, for messages. */
    static String namesOf(JsonNode node) {
        if (!node.isObject()) {
            return node.isMissingNode()
                    ? "nothing"
                    : "a " + node.getNodeType().name().toLowerCase(Locale.ROOT);
        }
        return node.isEmpty()
                ? "an empty object"
                : "an object with "
                        + EventText.shown(
                                String.join(
                                        ", ",
                                        node.properties().stream()
                                                .limit(8)
                                                .map(Map.Entry::getKey)
                                                .toList()));
    }
}
