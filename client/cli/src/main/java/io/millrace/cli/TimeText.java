package io.millrace.cli;

import io.millrace.api.MillraceException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code 2026-01-31T12:00:00Z}, {@code 2026-01-31}, {@code 2h} (ago) or {@code now}. */
final class TimeText {

    private static final Pattern AGO = Pattern.compile("(\\d{1,6})(s|m|h|d)");

    private TimeText() {}

    static Instant parse(String text, Instant now) {
        if (text.equals("now")) {
            return now;
        }
        Matcher ago = AGO.matcher(text);
        if (ago.matches()) {
            return now.minus(duration(Long.parseLong(ago.group(1)), ago.group(2)));
        }
        try {
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID,
                    "'%s' is no time; expected one such as 2026-01-31T12:00:00Z, 2026-01-31, 2h or now"
                            .formatted(text),
                    e);
        }
    }

    private static Duration duration(long amount, String unit) {
        return switch (unit) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }
}
