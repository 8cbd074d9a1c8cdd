package io.millrace.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** What is said of the drift of a model. */
final class DriftText {

    private static final int SHOWN = 12;
    private static final int CONFUSIONS = 5;

    private DriftText() {}

    /** How a model is watched, in a sentence. */
    static String rule(JsonNode drift) {
        JsonNode monitor = drift.path("monitor");
        JsonNode reference = monitor.path("reference");
        return "windows of %s records against %s, %s above %s %s in a row"
                .formatted(
                        monitor.path("window").path("records").asString("?"),
                        reference.has("version")
                                ? "the reference of version "
                                        + reference.path("version").asString("?")
                                : "the first " + reference.path("records").asString("?"),
                        monitor.path("distance").asString("?"),
                        monitor.path("threshold").asString("?"),
                        monitor.path("after").asString("?"));
    }

    /** One line for each version, and how right it is. */
    static void printSummary(Terminal terminal, JsonNode drift, String indent) {
        for (JsonNode version : drift.path("versions")) {
            terminal.out().println(indent + Terminal.printable(state(version)));
            if (version.has("quality")) {
                terminal.out().println(indent + "  " + quality(version.path("quality")));
            }
        }
        if (drift.path("versions").isEmpty()) {
            terminal.out().println(indent + "no calls yet");
        }
    }

    /** All that is known, of all versions or of one. */
    static void printReport(Terminal terminal, JsonNode drift, OptionalInt wanted, boolean isAll) {
        boolean isAny = false;
        for (JsonNode version : drift.path("versions")) {
            if (wanted.isPresent() && version.path("version").asInt(0) != wanted.getAsInt()) {
                continue;
            }
            isAny = true;
            terminal.out().println();
            terminal.out().println(Terminal.printable(state(version)));
            printFeatures(terminal, version.path("features"), isAll);
            if (version.has("quality")) {
                printQuality(terminal, version.path("quality"));
            }
        }
        if (!isAny) {
            terminal.out().println("no calls yet");
        }
        long skipped = drift.path("skipped").asLong(0);
        if (skipped > 0) {
            terminal.out().println(skipped + " calls were not looked at, since too many waited");
        }
    }

    private static String state(JsonNode version) {
        String state = version.path("state").asString("?");
        String head = "Version " + version.path("version").asString("?") + " " + state;
        String message = version.path("message").asString("");
        if (state.equals("Learning")) {
            return "%s: %s of %s records seen; %s"
                    .formatted(
                            head,
                            version.path("referenceRecords").asString("0"),
                            version.path("referenceWanted").asString("?"),
                            message);
        }
        return "%s: %s windows compared, distance of the last %s%s"
                .formatted(
                        head,
                        version.path("windows").asString("0"),
                        number(version.path("distance").asDouble(0)),
                        message.isEmpty() ? "" : "; " + message);
    }

    private static void printFeatures(Terminal terminal, JsonNode features, boolean isAll) {
        var sorted = new ArrayList<JsonNode>();
        features.forEach(sorted::add);
        sorted.sort(
                Comparator.comparingDouble(
                                (JsonNode feature) -> feature.path("distance").asDouble(0))
                        .reversed());
        var table =
                new Table(
                        List.of(
                                "PART",
                                "FEATURE",
                                "DISTANCE",
                                "LIMIT",
                                "ABOVE",
                                "OUTSIDE",
                                "MEAN",
                                "WAS",
                                "RANGE",
                                "WAS RANGE"));
        for (JsonNode feature : sorted.subList(0, isAll ? sorted.size() : shown(sorted))) {
            table.add(row(feature));
        }
        if (!table.isEmpty()) {
            table.print(terminal, "  ");
        }
        if (!isAll && sorted.size() > SHOWN) {
            terminal.out()
                    .println("  and " + (sorted.size() - SHOWN) + " more that differ less; --all");
        }
    }

    private static int shown(List<JsonNode> features) {
        return Math.min(SHOWN, features.size());
    }

    private static List<String> row(JsonNode feature) {
        JsonNode now = feature.path("window");
        JsonNode before = feature.path("reference");
        return List.of(
                feature.path("part").asString(""),
                feature.path("name").asString(""),
                number(feature.path("distance").asDouble(0)),
                number(feature.path("limit").asDouble(0)),
                feature.path("above").asString("0"),
                percent(feature.path("outside").asDouble(0)),
                mean(now),
                mean(before),
                range(now),
                range(before));
    }

    private static String mean(JsonNode facts) {
        return facts.path("count").asLong(0) == 0 ? "-" : number(facts.path("mean").asDouble(0));
    }

    private static String range(JsonNode facts) {
        return facts.path("count").asLong(0) == 0
                ? "-"
                : number(facts.path("min").asDouble(0))
                        + " to "
                        + number(facts.path("max").asDouble(0));
    }

    private static void printQuality(Terminal terminal, JsonNode quality) {
        terminal.out().println("  " + quality(quality));
        int left = CONFUSIONS;
        for (JsonNode pair : quality.path("confusion")) {
            if (left > 0 && !pair.path("label").equals(pair.path("predicted"))) {
                left--;
                terminal.out()
                        .println(
                                Terminal.printable(
                                        "    %s taken for %s: %s times"
                                                .formatted(
                                                        pair.path("label").asString(""),
                                                        pair.path("predicted").asString(""),
                                                        pair.path("count").asString("0"))));
            }
        }
    }

    /** How right it is, always beside the guess without any model. */
    static String quality(JsonNode quality) {
        String counts =
                "%s labels joined, %s without prediction, %s predictions without label"
                        .formatted(
                                quality.path("joined").asString("0"),
                                quality.path("unmatched").asString("0"),
                                quality.path("unlabelled").asString("0"));
        long compared = quality.path("compared").asLong(0);
        if (compared == 0) {
            return "no labels compared yet; " + counts;
        }
        String error =
                quality.has("accuracy")
                        ? "%s right of the last %d, the most frequent class %s"
                                .formatted(
                                        percent(quality.path("accuracy").asDouble(0)),
                                        compared,
                                        percent(quality.path("naiveAccuracy").asDouble(0)))
                        : "rmse %s, mae %s over the last %d, the last label %s and %s"
                                .formatted(
                                        number(quality.path("rmse").asDouble(0)),
                                        number(quality.path("mae").asDouble(0)),
                                        compared,
                                        number(quality.path("naiveRmse").asDouble(0)),
                                        number(quality.path("naiveMae").asDouble(0)));
        String training =
                quality.has("trainingError")
                        ? ", in training " + number(quality.path("trainingError").asDouble(0))
                        : "";
        String worse =
                quality.path("worseThanNaive").asBoolean(false)
                        ? "; worse than a guess without a model"
                        : "";
        return error + training + worse + "; " + counts;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.4g", value);
    }
}
