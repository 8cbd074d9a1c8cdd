package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.testkit.MetricsPage;
import io.millrace.testkit.MetricsPage.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** docs/metrics.md and the alert rules against the code. */
class MetricsPageTest {

    private static final Path ROOT = Path.of("../..");
    private static final Pattern LITERAL = Pattern.compile("\"(millrace_[a-z0-9_]+)\"");
    private static final Pattern MADE =
            Pattern.compile("\\b(count|timing|sizes|gauge)\\(\\s*\"(millrace_[a-z0-9_]+)\"");

    /** No metrics: folders in jars. */
    private static final Set<String> OTHERS = Set.of("millrace_worker", "millrace_trainer");

    /** What tells of something that nobody will find any more. */
    private static final Pattern OF_LOSS =
            Pattern.compile(
                    ".*_(dropped|lost|forgotten|late|expired|cancelled|unheard|not|removed|forged)_.*");

    private static final Pattern IN_A_RULE =
            Pattern.compile("((?:millrace|request)_[a-z0-9_]+)(?:\\{([^}]*)})?");
    private static final Pattern SELECTED = Pattern.compile("([a-z_]+)(?:=~|!~|!=|=)\"");
    private static final Pattern GROUPED = Pattern.compile("by \\(([^)]*)\\)");
    private static final Pattern SHOWN = Pattern.compile("\\$labels\\.([a-z_]+)");

    /** What Prometheus itself adds. */
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job", "le");

    private final MetricsPage page = MetricsPage.read();

    @Test
    void thePageHasWhatTheCodeHas() throws IOException {
        var names = new TreeSet<String>();
        for (String source : sources()) {
            Matcher literal = LITERAL.matcher(source);
            while (literal.find()) {
                names.add(literal.group(1));
            }
        }
        names.removeAll(OTHERS);
        names.addAll(ofStageDurations());

        Set<String> prefixes = new HashSet<>(names);
        prefixes.removeIf(name -> !name.endsWith("_"));
        names.removeAll(prefixes);
        var onThePage = new TreeSet<>(page.metrics().keySet());
        for (String prefix : prefixes) {
            assertThat(onThePage).anyMatch(name -> name.startsWith(prefix));
            onThePage.removeIf(name -> name.startsWith(prefix) && !names.contains(name));
        }
        assertThat(onThePage).isEqualTo(names);
        assertThat(names).hasSizeGreaterThan(80);
    }

    /** Their names are put together, from words that stand beside each other. */
    private static Set<String> ofStageDurations() throws IOException {
        var names = new TreeSet<String>();
        for (String file :
                new String[] {
                    "server/inference-api/src/main/java/io/millrace/inference/protocol/StageDurations.java",
                    "runtime/inference/src/main/java/io/millrace/inference/transformer/TransformerMeters.java"
                }) {
            String source = Files.readString(ROOT.resolve(file));
            Matcher stage = Pattern.compile("timing\\((?:meters, )?\"([a-z]+)\"").matcher(source);
            while (stage.find()) {
                names.add("request_" + stage.group(1) + "_seconds");
            }
        }
        return names;
    }

    @Test
    void theKindsAreRight() throws IOException {
        Map<String, String> kinds =
                Map.of(
                        "count", "counter",
                        "timing", "histogram",
                        "sizes", "histogram",
                        "gauge", "gauge");
        var wrong = new TreeMap<String, String>();
        int seen = 0;
        for (String source : sources()) {
            Matcher made = MADE.matcher(source);
            while (made.find()) {
                seen++;
                Metric metric = page.metrics().get(made.group(2));
                String kind = kinds.getOrDefault(made.group(1), "");
                if (metric != null && !metric.kind().equals(kind)) {
                    wrong.put(metric.name(), kind);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).isGreaterThan(80);
    }

    @Test
    void everyCounterOfALossStandsInTheSectionOnLosses() {
        assertThat(page.metrics().keySet()).containsAll(page.drops());
        assertThat(page.drops())
                .containsAll(
                        page.metrics().keySet().stream()
                                .filter(name -> OF_LOSS.matcher(name).matches())
                                .toList());
    }

    private static List<String> sources() throws IOException {
        var sources = new TreeMap<Path, String>();
        for (String part : List.of("core", "runtime", "plugin", "server")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(part))) {
                for (Path file : files.filter(MetricsPageTest::isSource).toList()) {
                    sources.put(file, Files.readString(file));
                }
            }
        }
        assertThat(sources).hasSizeGreaterThan(300);
        return List.copyOf(sources.values());
    }

    private static boolean isSource(Path file) {
        return file.toString().contains("/src/main/java/") && file.toString().endsWith(".java");
    }

    @Test
    void theAlertsNameMetricsAndLabelsThatExist() throws IOException {
        JsonNode rules =
                YAMLMapper.builder()
                        .build()
                        .readTree(
                                Files.readString(
                                        ROOT.resolve("deploy/prometheus/millrace-alerts.yaml")));
        var names = new TreeSet<String>();
        for (JsonNode group : rules.required("groups")) {
            for (JsonNode rule : group.required("rules")) {
                assertThat(names.add(rule.required("alert").asString()))
                        .as("twice: " + rule)
                        .isTrue();
                check(rule);
            }
        }
        assertThat(names).hasSizeGreaterThan(20);
    }

    private void check(JsonNode rule) {
        String name = rule.required("alert").asString();
        String expr = rule.required("expr").asString();
        assertThat(rule.required("labels").required("severity").asString())
                .as(name)
                .isIn("critical", "warning", "info");
        Set<String> labels = new TreeSet<>(OF_PROMETHEUS);
        Matcher metric = IN_A_RULE.matcher(expr);
        while (metric.find()) {
            Metric known = page.find(metric.group(1)).orElse(null);
            assertThat(known).as("%s: %s", name, metric.group(1)).isNotNull();
            if (known != null) {
                labels.addAll(known.labels());
                if (metric.group(2) != null) {
                    assertThat(known.labels()).as(name).containsAll(all(SELECTED, metric.group(2)));
                }
            }
        }
        for (String group : all(GROUPED, expr)) {
            assertThat(labels).as(name).containsAll(List.of(group.split(",\\s*", -1)));
        }
        String texts =
                rule.required("annotations").required("summary").asString()
                        + rule.required("annotations").required("action").asString();
        assertThat(labels).as(name).containsAll(all(SHOWN, texts));
    }

    private static List<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }
}
