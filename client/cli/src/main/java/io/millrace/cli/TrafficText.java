package io.millrace.cli;

import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** What is said of the traffic of a model. */
final class TrafficText {

    private TrafficText() {}

    /** A rule in few words, for a column. */
    static String shortRule(JsonNode rule) {
        if (rule.has("pinned")) {
            return "pinned to " + version(rule.path("pinned"));
        }
        if (rule.has("canary")) {
            return "canary " + version(rule.path("canary")) + " " + percent(rule.path("canary"));
        }
        if (rule.has("shadow")) {
            return "shadow " + version(rule.path("shadow")) + " " + percent(rule.path("shadow"));
        }
        return "by alias";
    }

    /** A rule in a sentence. */
    static String rule(JsonNode rule) {
        if (rule.has("pinned")) {
            return "version " + version(rule.path("pinned")) + " answers, whatever the aliases say";
        }
        if (rule.has("canary")) {
            JsonNode canary = rule.path("canary");
            String header = canary.path("stickyHeader").asString("");
            return percent(canary)
                    + " of the calls to version "
                    + version(canary)
                    + (header.isEmpty() ? "" : ", divided by the header " + header)
                    + "; the rest by alias";
        }
        if (rule.has("shadow")) {
            JsonNode shadow = rule.path("shadow");
            return "by alias; "
                    + percent(shadow)
                    + " of the calls also to version "
                    + version(shadow)
                    + ", compared and thrown away";
        }
        return "by alias";
    }

    private static String version(JsonNode settings) {
        return settings.path("version").asString("?");
    }

    private static String percent(JsonNode settings) {
        return settings.path("percent").asString("?") + "%";
    }

    /** The calls of each version, and the comparison with a shadow. */
    static void printReport(Terminal terminal, JsonNode traffic, String indent) {
        if (traffic.path("versions").isEmpty()) {
            terminal.out().println(indent + "no calls yet");
        } else {
            calls(traffic.path("versions")).print(terminal, indent);
        }
        if (traffic.has("comparison")) {
            terminal.out().println(indent + comparison(traffic.path("comparison")));
        }
    }

    private static Table calls(JsonNode versions) {
        var table = new Table(List.of("VERSION", "CALLS", "ERRORS", "MEDIAN", "P99"));
        for (JsonNode version : versions) {
            table.add(
                    List.of(
                            version.path("version").asString(""),
                            version.path("calls").asString("0"),
                            version.path("errors").asString("0"),
                            millis(version.path("medianMillis").asDouble(0)),
                            millis(version.path("p99Millis").asDouble(0))));
        }
        return table;
    }

    private static String comparison(JsonNode comparison) {
        long compared = comparison.path("compared").asLong(0);
        String agreement =
                compared == 0
                        ? "nothing compared yet"
                        : String.format(
                                Locale.ROOT,
                                "agrees in %.1f%% of %d calls",
                                100.0 * comparison.path("agreed").asLong(0) / compared,
                                compared);
        return "shadow "
                + comparison.path("version").asString("?")
                + ": "
                + agreement
                + "; it failed "
                + comparison.path("failed").asString("0")
                + "; not mirrored "
                + comparison.path("notMirrored").asString("0");
    }

    /** A time in milliseconds with as many digits as matter. */
    static String millis(double millis) {
        String format = millis < 1 ? "%.3f ms" : millis < 100 ? "%.1f ms" : "%.0f ms";
        return String.format(Locale.ROOT, format, millis);
    }
}
