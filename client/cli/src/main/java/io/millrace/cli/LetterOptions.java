package io.millrace.cli;

import io.millrace.api.MillraceException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which dead letters; what is not said does not matter. */
final class LetterOptions {

    @Option(names = "--code", paramLabel = "CODE", description = "Of this error code.")
    private @Nullable String code;

    @Option(
            names = "--stage",
            paramLabel = "TEXT",
            description = "Where the stage holds this, as in function/classify.")
    private @Nullable String stage;

    @Option(names = "--contains", paramLabel = "TEXT", description = "Where the reason holds this.")
    private @Nullable String contains;

    @Option(
            names = "--step",
            paramLabel = "STEP",
            description = "Of this function or model, as in model/digits or model/digits@3.")
    private @Nullable String step;

    @Option(names = "--key", paramLabel = "KEY", description = "Of records with this key.")
    private @Nullable String key;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Given up since then: 30m, 2h, or 2026-01-31T12:00:00Z.")
    private @Nullable String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Given up before then.")
    private @Nullable String until;

    /** As the API names them; times are those of the server's calendar. */
    Map<String, String> parameters(Instant now) {
        var parameters = new LinkedHashMap<String, String>();
        put(parameters, "code", code);
        put(parameters, "stage", stage);
        put(parameters, "contains", contains);
        put(parameters, "step", step);
        put(parameters, "key", key);
        put(parameters, "since", time("--since", since, now));
        put(parameters, "until", time("--until", until, now));
        return parameters;
    }

    private static void put(Map<String, String> into, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            into.put(name, value);
        }
    }

    private static @Nullable String time(String option, @Nullable String text, Instant now) {
        if (text == null) {
            return null;
        }
        try {
            Duration ago = new DurationText().convert(text);
            return now.minus(ago).toString();
        } catch (TypeConversionException _) {
            return instant(option, text);
        }
    }

    private static String instant(String option, String text) {
        try {
            return Instant.parse(text).toString();
        } catch (DateTimeParseException _) {
            throw MillraceException.invalid(
                    "%s takes how long ago, as in 30m or 2h, or a time such as 2026-01-31T12:00:00Z; was '%s'"
                            .formatted(option, text));
        }
    }
}
