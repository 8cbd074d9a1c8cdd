package io.millrace.spi;

import io.millrace.api.MillraceException;
import java.util.Locale;
import java.util.Set;

/**
 * Which dead letters; what is empty does not matter. All that is said must hold.
 *
 * @param positions only these
 * @param code the error code, in any case of letters
 * @param stage a part of where it failed, such as {@code function/classify}
 * @param contains a part of the reason
 * @param step a step with its version, such as {@code model/digits@3}, or without it
 * @param key the record's key as text
 * @param sinceMillis given up at this time or later
 * @param untilMillis given up before this time
 */
public record LetterFilter(
        Set<LetterPosition> positions,
        String code,
        String stage,
        String contains,
        String step,
        String key,
        long sinceMillis,
        long untilMillis) {

    /** A job keeps what it was told in one record of the log. */
    public static final int MOST_POSITIONS = 1_000;

    private static final int LONGEST_TEXT = 1_000;

    /** All of them. */
    public static final LetterFilter ALL =
            new LetterFilter(Set.of(), "", "", "", "", "", 0, Long.MAX_VALUE);

    public LetterFilter {
        positions = Set.copyOf(positions);
        if (positions.size() > MOST_POSITIONS) {
            throw MillraceException.invalid(
                    "name at most %d dead letters at a time, or use a filter; were %d"
                            .formatted(MOST_POSITIONS, positions.size()));
        }
        for (String text : new String[] {code, stage, contains, step, key}) {
            if (text.length() > LONGEST_TEXT) {
                throw MillraceException.invalid(
                        "a filter takes at most " + LONGEST_TEXT + " characters");
            }
        }
        if (sinceMillis < 0 || untilMillis < sinceMillis) {
            throw MillraceException.invalid("'since' must not be later than 'until'");
        }
    }

    /** Only the letters at these positions. */
    public static LetterFilter at(Set<LetterPosition> positions) {
        return new LetterFilter(positions, "", "", "", "", "", 0, Long.MAX_VALUE);
    }

    /** Whether it leaves nothing out. */
    public boolean isAll() {
        return equals(ALL);
    }

    /** Whether a letter is one of these. */
    public boolean matches(DeadLetter letter) {
        return (positions.isEmpty() || positions.contains(letter.place()))
                && (code.isEmpty() || letter.code().equalsIgnoreCase(code))
                && (stage.isEmpty() || letter.stage().contains(stage))
                && (contains.isEmpty() || holds(letter.reason(), contains))
                && (step.isEmpty() || passed(letter, step))
                && (key.isEmpty() || isKey(letter))
                && letter.diedMillis() >= sinceMillis
                && letter.diedMillis() < untilMillis;
    }

    private static boolean holds(String reason, String part) {
        return reason.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
    }

    private static boolean passed(DeadLetter letter, String step) {
        for (String passed : letter.steps()) {
            if (passed.equals(step) || passed.startsWith(step + "@")) {
                return true;
            }
        }
        return letter.stage().endsWith(" " + step);
    }

    private boolean isKey(DeadLetter letter) {
        byte[] found = letter.key();
        return found != null
                && new String(found, java.nio.charset.StandardCharsets.UTF_8).equals(key);
    }
}
