package io.millrace.codec.objects;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Texts and times as many senders write them. */
final class EventText {

    private static final int MOST_SHOWN = 80;
    private static final int LONGEST_TIME = 64;

    /** Between date and time. */
    private static final int SEPARATOR = 10;

    private EventText() {}

    /** The text of a property; empty when it is missing or no text. */
    static String of(JsonNode object, String name) {
        JsonNode value = object.path(name);
        return value.isString() ? value.stringValue() : "";
    }

    /** The same; empty for an empty text too. */
    static Optional<String> ofFilled(JsonNode object, String name) {
        String text = of(object, name);
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /**
     * A time in the form of ISO 8601 with {@code T} or a space, any fraction, with a zone or, where
     * none is said, in UTC.
     */
    static Optional<Instant> time(String text) {
        String stripped = text.strip();
        if (stripped.length() <= SEPARATOR || stripped.length() > LONGEST_TIME) {
            return Optional.empty();
        }
        String iso =
                stripped.charAt(SEPARATOR) == ' '
                        ? stripped.substring(0, SEPARATOR)
                                + 'T'
                                + stripped.substring(SEPARATOR + 1).strip()
                        : stripped;
        try {
            return Optional.of(inZone(iso));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Instant inZone(String iso) {
        char last = iso.charAt(iso.length() - 1);
        boolean hasZone =
                last == 'Z'
                        || last == 'z'
                        || iso.indexOf('+', SEPARATOR) > 0
                        || iso.indexOf('-', SEPARATOR) > 0;
        return hasZone
                ? OffsetDateTime.parse(iso).toInstant()
                : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
    }

    /** A hostile text as it may stand in a message: short, and without control characters. */
    static String shown(String text) {
        var shown = new StringBuilder();
        int length = Math.min(text.length(), MOST_SHOWN);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean isPlain =
                    !Character.isISOControl(c)
                            && !Character.isSurrogate(c)
                            && Character.getType(c) != Character.FORMAT
                            && c != '\u2028'
                            && c != '\u2029';
            shown.append(isPlain ? c : '?');
        }
        return text.length() > MOST_SHOWN ? shown.append("...").toString() : shown.toString();
    }
}
