package io.millrace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What runs have learned, in tables. */
final class RunTables {

    private static final long MINUTE = 60_000;

    private final Terminal terminal;

    RunTables(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Runs side by side: a row for each figure, a column for each run. */
    void comparison(List<JsonNode> runs) {
        var headers = new ArrayList<String>();
        headers.add("");
        runs.forEach(run -> headers.add(run.path("run").asString("?")));
        var rows = new LinkedHashMap<String, String[]>();
        for (int i = 0; i < runs.size(); i++) {
            JsonNode run = runs.get(i);
            set(rows, "definition", runs.size(), i, run.path("definition").asString("-"));
            set(rows, "dataset", runs.size(), i, run.path("dataset").asString("-"));
            set(rows, "phase", runs.size(), i, run.path("phase").asString("-"));
            set(rows, "epochs", runs.size(), i, run.path("epochs").asString("-"));
            if (run.has("epochMillis")) {
                String time = duration(run.path("epochMillis").asLong());
                set(rows, "time per epoch", runs.size(), i, time);
            }
        }
        for (int i = 0; i < runs.size(); i++) {
            figures(rows, runs, i);
        }
        var table = new Table(headers);
        rows.forEach((name, cells) -> {
            var line = new ArrayList<String>();
            line.add(name);
            for (String cell : cells) {
                line.add(cell);
            }
            table.add(line);
        });
        table.print(terminal, "");
    }

    private static void figures(Map<String, String[]> rows, List<JsonNode> runs, int i) {
        JsonNode run = runs.get(i);
        for (Map.Entry<String, JsonNode> metric : run.path("metrics").properties()) {
            set(rows, metric.getKey(), runs.size(), i, number(metric.getValue()));
        }
        for (Map.Entry<String, JsonNode> metric : run.path("test").properties()) {
            set(rows, "test_" + metric.getKey(), runs.size(), i, number(metric.getValue()));
        }
        for (JsonNode quality : run.path("classes")) {
            String label = quality.path("label").asString("?");
            set(rows, "precision " + label, runs.size(), i, number(quality.path("precision")));
            set(rows, "recall " + label, runs.size(), i, number(quality.path("recall")));
        }
    }

    private static void set(
            Map<String, String[]> rows, String name, int columns, int column, String cell) {
        rows.computeIfAbsent(
                                name,
                                _ -> {
                                    var cells = new String[columns];
                                    java.util.Arrays.fill(cells, "-");
                                    return cells;
                                })[column] =
                cell;
    }

    /** The counts by true class and answer, when there are some. */
    void confusion(JsonNode report) {
        JsonNode rows = report.path("confusion");
        if (rows.isEmpty()) {
            return;
        }
        var headers = new ArrayList<String>();
        headers.add("TRUE \\ ANSWER");
        for (int i = 0; i < rows.size(); i++) {
            headers.add(report.path("labels").path(i).asString(Integer.toString(i)));
        }
        headers.add("PRECISION");
        headers.add("RECALL");
        var table = new Table(headers);
        for (int i = 0; i < rows.size(); i++) {
            var cells = new ArrayList<String>();
            cells.add(headers.get(i + 1));
            rows.path(i).forEach(count -> cells.add(count.asString("")));
            cells.add(number(report.path("classes").path(i).path("precision")));
            cells.add(number(report.path("classes").path(i).path("recall")));
            table.add(cells);
        }
        terminal.out().println();
        table.print(terminal, "");
    }

    /** Metrics in a line. */
    static String metrics(JsonNode metrics) {
        return metrics.properties().stream()
                .map(metric -> metric.getKey() + "=" + number(metric.getValue()))
                .collect(Collectors.joining("  "));
    }

    static String number(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.4f", value.asDouble()) : "-";
    }

    static String duration(long millis) {
        if (millis < 100) {
            return millis + "ms";
        }
        return millis < MINUTE
                ? String.format(Locale.ROOT, "%.1fs", millis / 1000.0)
                : String.format(Locale.ROOT, "%dm%02ds", millis / MINUTE, millis % MINUTE / 1000);
    }
}
