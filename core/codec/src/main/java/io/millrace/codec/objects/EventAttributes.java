package io.millrace.codec.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The attributes of a CloudEvent while it is read. */
final class EventAttributes {

    static final String VERSION = "specversion";
    static final String ID = "id";
    static final String SOURCE = "source";
    static final String TYPE = "type";
    static final String SUBJECT = "subject";
    static final String TIME = "time";
    static final String CONTENT_TYPE = "datacontenttype";

    /** Version 0.3 says so that its data is in Base64. */
    static final String ENCODING = "datacontentencoding";

    private static final String OLD_VERSION = "0.3";
    private static final int MOST = 200;

    private final Map<String, String> texts = new LinkedHashMap<>();

    void put(String name, String text) {
        if (texts.size() >= MOST) {
            throw MillraceException.invalid("a CloudEvent has more than " + MOST + " attributes");
        }
        texts.put(name, text);
    }

    String text(String name) {
        return texts.getOrDefault(name, "");
    }

    /** The event of these attributes. */
    CloudEvent event(byte[] data) {
        String version = required(VERSION);
        if (!version.equals(CloudEvents.VERSION)
                && !version.startsWith(CloudEvents.VERSION + ".")
                && !version.equals(OLD_VERSION)) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "a CloudEvent of specversion '%s'; expected 1.0 or 0.3"
                            .formatted(EventText.shown(version)));
        }
        String id = required(ID);
        String source = required(SOURCE);
        String type = required(TYPE);
        var extensions = new LinkedHashMap<>(texts);
        for (String name :
                new String[] {VERSION, ID, SOURCE, TYPE, SUBJECT, TIME, CONTENT_TYPE, ENCODING}) {
            extensions.remove(name);
        }
        return new CloudEvent(
                version,
                id,
                source,
                type,
                filled(SUBJECT),
                EventText.time(text(TIME)),
                filled(CONTENT_TYPE),
                extensions,
                data);
    }

    private String required(String name) {
        String text = text(name);
        if (text.isEmpty()) {
            throw MillraceException.invalid(
                    "a CloudEvent needs specversion, id, source and type; '%s' is missing"
                            .formatted(name));
        }
        return text;
    }

    private Optional<String> filled(String name) {
        String text = text(name);
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
