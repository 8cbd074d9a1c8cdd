package io.millrace.codec;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 200ms}, {@code 5s}, {@code 1m30s}, {@code PT5S}. */
public final class Durations {

    private static final Pattern PART = Pattern.compile("([0-9]{1,12})(ns|us|ms|s|m|h|d)");
    private static final Pattern WHOLE = Pattern.compile("(?:" + PART.pattern() + ")+");
    private static final int LONGEST = 64;

    private Durations() {}

    /** Reads a duration that is not negative; empty when the text is none. */
    public static Optional<Duration> parse(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        if (text.equals("0")) {
            return Optional.of(Duration.ZERO);
        }
        try {
            if (WHOLE.matcher(text).matches()) {
                return Optional.of(sum(text));
            }
            if (text.startsWith("P")) {
                Duration iso = Duration.parse(text);
                return iso.isNegative() ? Optional.empty() : Optional.of(iso);
            }
        } catch (DateTimeException | ArithmeticException e) {
            return Optional.empty(); // says the same as a text of another form: it is no duration
        }
        return Optional.empty();
    }

    /** Writes a duration in the largest unit that gives a whole number. */
    public static String format(Duration duration) {
        if (duration.isNegative()) {
            return duration.toString();
        }
        if (duration.isZero()) {
            return "0s";
        }
        int nanos = duration.toNanosPart();
        if (nanos == 0) {
            long seconds = duration.toSeconds();
            if (seconds % 3600 == 0) {
                return seconds / 3600 + "h";
            }
            return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
        }
        if (nanos % 1_000_000 == 0 && duration.toSeconds() < 1_000_000) {
            return duration.toMillis() + "ms";
        }
        return duration.toString();
    }

    private static Duration sum(String text) {
        Duration total = Duration.ZERO;
        Matcher parts = PART.matcher(text);
        while (parts.find()) {
            long count = Long.parseLong(text.substring(parts.start(1), parts.end(1)));
            total =
                    total.plus(
                            switch (text.substring(parts.start(2), parts.end(2))) {
                                case "ns" -> Duration.ofNanos(count);
                                case "us" -> Duration.ofNanos(Math.multiplyExact(count, 1_000L));
                                case "ms" -> Duration.ofMillis(count);
                                case "s" -> Duration.ofSeconds(count);
                                case "m" -> Duration.ofMinutes(count);
                                case "h" -> Duration.ofHours(count);
                                default -> Duration.ofDays(count);
                            });
        }
        return total;
    }
}
