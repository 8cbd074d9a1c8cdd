package io.millrace.codec.objects;

import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * CloudEvents in JSON. Data that is JSON is cut out of the text, so that its numbers stay as they
 * were spelled and nothing is built of it.
 */
final class StructuredEvents {

    private static final String EXPECTED = "expected a CloudEvent as a JSON object";
    private static final int MAX_DEPTH = 64;

    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    private final JsonParser parser;
    private final byte[] body;

    private StructuredEvents(JsonParser parser, byte[] body) {
        this.parser = parser;
        this.body = body;
    }

    static CloudEvent one(byte[] body) {
        List<CloudEvent> events = read(body, false);
        return events.getFirst();
    }

    static List<CloudEvent> several(byte[] body) {
        return read(body, true);
    }

    private static List<CloudEvent> read(byte[] body, boolean isBatch) {
        checkEncoding(body);
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
            var reader = new StructuredEvents(parser, body);
            List<CloudEvent> events = isBatch ? reader.batch() : List.of(reader.next());
            if (parser.nextToken() != null) {
                throw MillraceException.invalid("there is more behind the CloudEvent");
            }
            return events;
        } catch (JacksonException e) {
            throw MillraceException.invalid(
                    "the CloudEvent is not valid JSON: " + EventText.shown(e.getOriginalMessage()));
        }
    }

    /** Other encodings would be found out by the parser, and its places are not bytes then. */
    private static void checkEncoding(byte[] body) {
        boolean isOther =
                body.length >= 2
                        && (body[0] == 0
                                || body[1] == 0
                                || (body[0] & 0xff) >= 0xfe
                                || (body[0] & 0xff) == 0xef);
        if (isOther) {
            throw MillraceException.invalid(
                    "a CloudEvent has to be JSON in UTF-8 without a byte order mark");
        }
    }

    private List<CloudEvent> batch() {
        if (parser.nextToken() != JsonToken.START_ARRAY) {
            throw MillraceException.invalid("expected a list of CloudEvents");
        }
        var events = new ArrayList<CloudEvent>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (events.size() == Notifications.MOST_RECORDS) {
                throw MillraceException.invalid(
                        "more than " + Notifications.MOST_RECORDS + " CloudEvents in a batch");
            }
            events.add(event(parser.currentToken()));
        }
        return events;
    }

    private CloudEvent next() {
        return event(parser.nextToken());
    }

    private CloudEvent event(@Nullable JsonToken first) {
        if (first != JsonToken.START_OBJECT) {
            throw MillraceException.invalid(EXPECTED);
        }
        var attributes = new EventAttributes();
        byte[] spelled = null;
        String text = null;
        String base64 = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (name.equals("data")) {
                text = token == JsonToken.VALUE_STRING ? parser.getString() : null;
                spelled = token == JsonToken.VALUE_NULL ? null : value(token);
            } else if (name.equals("data_base64")) {
                base64 = base64(token);
            } else if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
                parser.skipChildren(); // not allowed, and nothing is lost
            } else if (token != JsonToken.VALUE_NULL) {
                attributes.put(name.toLowerCase(Locale.ROOT), parser.getString());
            }
        }
        return attributes.event(data(attributes, spelled, text, base64));
    }

    private @Nullable String base64(@Nullable JsonToken token) {
        if (token != JsonToken.VALUE_STRING && token != JsonToken.VALUE_NULL) {
            throw MillraceException.invalid("data_base64 of a CloudEvent has to be a text");
        }
        return token == JsonToken.VALUE_NULL ? null : parser.getString();
    }

    private byte[] value(@Nullable JsonToken token) {
        long start = parser.currentTokenLocation().getByteOffset();
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            parser.skipChildren();
        } else {
            parser.finishToken();
        }
        long end = parser.currentLocation().getByteOffset();
        if (start < 0 || end < start || end > body.length) {
            throw MillraceException.invalid("a CloudEvent has to be JSON in UTF-8");
        }
        return Arrays.copyOfRange(body, (int) start, (int) end);
    }

    private static byte[] data(
            EventAttributes attributes,
            byte @Nullable [] spelled,
            @Nullable String text,
            @Nullable String base64) {
        if (base64 != null) {
            if (spelled != null) {
                throw MillraceException.invalid(
                        "a CloudEvent has data or data_base64, and not both");
            }
            return decoded(base64);
        }
        if (spelled == null) {
            return new byte[0];
        }
        if (text == null) {
            return spelled;
        }
        if (attributes.text(EventAttributes.ENCODING).equalsIgnoreCase("base64")) {
            return decoded(text);
        }
        return CloudEvents.isJson(attributes.text(EventAttributes.CONTENT_TYPE))
                ? spelled
                : text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw MillraceException.invalid(
                    "the data of the CloudEvent is not Base64: "
                            + EventText.shown(String.valueOf(e.getMessage())));
        }
    }
}
