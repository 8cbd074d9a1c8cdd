package io.millrace.cli;

import io.millrace.cli.Terminal.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** What a replay found, for people. */
final class ReplayReport {

    private static final int MAX_COLUMNS = 16;

    private final Terminal terminal;

    ReplayReport(Terminal terminal) {
        this.terminal = terminal;
    }

    void print(JsonNode job) {
        JsonNode report = job.path("report");
        line(
                "%s: %s (%s)"
                        .formatted(
                                job.path("state").asString(""),
                                job.path("message").asString(""),
                                job.path("id").asString("")));
        if (report.path("records").asLong(0) == 0) {
            return;
        }
        line("compared with " + report.path("source").asString(""));
        line("");
        var counts =
                new Table(
                        List.of(
                                "RECORDS",
                                "SAME",
                                "DIFFERENT",
                                "ONLY THEN",
                                "ONLY NOW",
                                "FAILED THEN",
                                "FAILED NOW",
                                "NEITHER",
                                "AGREEMENT"));
        var cells = new ArrayList<String>();
        for (String name :
                List.of(
                        "records",
                        "same",
                        "different",
                        "onlyThen",
                        "onlyNow",
                        "failedThen",
                        "failedNow",
                        "neither")) {
            cells.add(Long.toString(report.path(name).asLong(0)));
        }
        cells.add(agreement(report));
        counts.add(cells);
        counts.print(terminal, "");
        printLabels(report.path("labels"));
        if (report.has("meanDifference")) {
            line("");
            line(
                    String.format(
                            Locale.ROOT,
                            "mean absolute difference of %d numbers: %.6g",
                            report.path("numbers").asLong(0),
                            report.path("meanDifference").asDouble(0)));
        }
        printExamples(report.path("examples"));
    }

    static String agreement(JsonNode report) {
        return report.has("agreement")
                ? String.format(Locale.ROOT, "%.2f %%", 100 * report.path("agreement").asDouble(0))
                : "-";
    }

    private void printLabels(JsonNode labels) {
        if (labels.isEmpty()) {
            return;
        }
        var rows = new TreeMap<String, TreeMap<String, Long>>();
        var columns = new TreeSet<String>();
        for (JsonNode label : labels) {
            columns.add(label.path("now").asString(""));
            rows.computeIfAbsent(label.path("then").asString(""), _ -> new TreeMap<>())
                    .merge(
                            label.path("now").asString(""),
                            label.path("count").asLong(0),
                            Long::sum);
        }
        line("");
        line("labels: then in rows, now in columns");
        if (columns.size() > MAX_COLUMNS) {
            printPairs(labels);
            return;
        }
        var headers = new ArrayList<String>(List.of(""));
        headers.addAll(columns);
        var table = new Table(headers);
        rows.forEach((then, counts) -> {
            var cells = new ArrayList<String>(List.of(then));
            columns.forEach(now -> cells.add(counts.getOrDefault(now, 0L).toString()));
            table.add(cells);
        });
        table.print(terminal, "  ");
    }

    private void printPairs(JsonNode labels) {
        var table = new Table(List.of("THEN", "NOW", "COUNT"));
        for (JsonNode label : labels) {
            String then = label.path("then").asString("");
            String now = label.path("now").asString("");
            if (!then.equals(now)) {
                table.add(List.of(then, now, label.path("count").asString("")));
            }
        }
        table.print(terminal, "  ");
    }

    private void printExamples(JsonNode examples) {
        if (examples.isEmpty()) {
            return;
        }
        line("");
        line("records that differ:");
        for (JsonNode example : examples) {
            line("  " + terminal.styled(Style.BOLD, example.path("position").asString("")));
            line("    then: " + texts(example.path("then")));
            line("    now:  " + texts(example.path("now")));
        }
    }

    private static String texts(JsonNode array) {
        List<String> texts = Texts.of(array);
        return texts.isEmpty() ? "nothing" : Terminal.printable(String.join(" | ", texts));
    }

    private void line(String text) {
        terminal.out().println(text);
    }
}
