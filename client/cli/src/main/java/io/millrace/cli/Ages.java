package io.millrace.cli;

import java.time.Duration;
import java.time.Instant;

/** Time spans in the few characters that fit a table. */
final class Ages {

    private Ages() {}

    /** How long ago, as in {@code 5m}. */
    static String since(Instant then, Instant now) {
        Duration age = Duration.between(then, now);
        if (age.isNegative()) {
            return "0s";
        }
        if (age.toMinutes() < 2) {
            return age.toSeconds() + "s";
        }
        if (age.toHours() < 2) {
            return age.toMinutes() + "m";
        }
        if (age.toDays() < 2) {
            return age.toHours() + "h";
        }
        return age.toDays() + "d";
    }
}
