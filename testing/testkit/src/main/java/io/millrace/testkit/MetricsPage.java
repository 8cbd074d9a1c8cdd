package io.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What docs/metrics.md promises, to be compared with what a server says.
 *
 * @param metrics by name
 * @param drops the names in the section on what can be dropped
 */
public record MetricsPage(Map<String, Metric> metrics, Set<String> drops) {

    private static final String DROPS = "## What can be dropped";
    private static final Pattern NAME = Pattern.compile("`((?:millrace|request)_[a-z0-9_]+)`");
    private static final Pattern SAMPLE =
            Pattern.compile("((?:millrace|request)_[a-z0-9_]+)(?:\\{(.*)})? \\S+");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"(?:[^\"\\\\]|\\\\.)*\"");

    /**
     * A row of the page.
     *
     * @param kind counter, gauge or histogram
     */
    public record Metric(String name, String kind, Set<String> labels) {}

    /** Reads the page from the root of the repository, two folders above a module. */
    public static MetricsPage read() {
        try {
            return parse(Files.readString(Path.of("../../docs/metrics.md")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MetricsPage parse(String page) {
        var metrics = new TreeMap<String, Metric>();
        int end = page.indexOf(DROPS);
        for (String line : page.substring(0, end).lines().toList()) {
            var name = NAME.matcher(line);
            if (line.startsWith("| `") && name.find()) {
                String[] cells = line.split("\\|", -1);
                metrics.put(
                        name.group(1),
                        new Metric(name.group(1), cells[2].strip(), words(cells[3])));
            }
        }
        var drops = new TreeSet<String>();
        var dropped = NAME.matcher(page.substring(end));
        while (dropped.find()) {
            drops.add(dropped.group(1));
        }
        return new MetricsPage(metrics, drops);
    }

    private static Set<String> words(String cell) {
        var words = new TreeSet<>(Arrays.asList(cell.replace('`', ' ').strip().split("[ ,]+", -1)));
        words.remove("");
        return words;
    }

    /** The metric of a name as it stands in a sample or a rule: a histogram has three. */
    public Optional<Metric> find(String sample) {
        Metric plain = metrics.get(sample);
        Metric histogram = metrics.get(sample.replaceAll("_(bucket|sum|count)$", ""));
        return plain != null
                ? Optional.of(plain)
                : Optional.ofNullable(histogram).filter(m -> m.kind().equals("histogram"));
    }

    /** What a scrape says that the page does not, one line each; empty when they agree. */
    public List<String> disagreements(String scrape) {
        var wrong = new ArrayList<String>();
        for (String line : scrape.lines().toList()) {
            var sample = SAMPLE.matcher(line);
            if (!sample.matches()) {
                continue;
            }
            Optional<Metric> metric = find(sample.group(1));
            Set<String> labels = labels(sample.group(2));
            if (metric.isEmpty()) {
                wrong.add(line + ": the page does not know it");
            } else if (!metric.get().labels().equals(labels)) {
                wrong.add(line + ": the page has the labels " + metric.get().labels());
            }
        }
        return wrong;
    }

    private static Set<String> labels(@Nullable String text) {
        var labels = new TreeSet<String>();
        if (text != null) {
            var label = LABEL.matcher(text);
            while (label.find()) {
                labels.add(label.group(1));
            }
        }
        labels.remove("le");
        return labels;
    }
}
