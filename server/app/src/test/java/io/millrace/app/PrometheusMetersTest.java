package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.spi.Meters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrometheusMetersTest {

    private final PrometheusMeters meters = new PrometheusMeters();

    @Test
    void writesCountersGaugesAndTimingsInTheTextFormat() throws IOException {
        meters.count("millrace_records_total", "Records.", "pipeline", "p").add(3);
        meters.count("millrace_records_total", "Records.", "pipeline", "q").increment();
        meters.gauge("millrace_lag", "Lag.", () -> 7, "pipeline", "p");
        meters.gauge("millrace_lag", "Lag.", () -> 8, "pipeline", "q");
        meters.timing("millrace_latency_seconds", "Latency.").record(2_000_000);

        assertThat(text())
                .contains("millrace_records_total{pipeline=\"p\"} 3.0")
                .contains("millrace_records_total{pipeline=\"q\"} 1.0")
                .contains("millrace_lag{pipeline=\"p\"} 7.0")
                .contains("millrace_lag{pipeline=\"q\"} 8.0")
                .contains("millrace_latency_seconds_bucket{le=\"0.0025\"} 1")
                .contains("millrace_latency_seconds_bucket{le=\"0.001\"} 0");
    }

    @Test
    void theSameNameAndLabelsAreTheSameMeter() {
        meters.count("millrace_x_total", "X.", "a", "1").increment();

        assertThat(meters.count("millrace_x_total", "X.", "a", "1").value()).isEqualTo(1);
    }

    @Test
    void whatHasGoneLeavesNoSeries() throws IOException {
        for (String version : List.of("1", "2")) {
            String[] labels = {"project", "p", "model", "m", "version", version};
            meters.count("millrace_calls_total", "Calls.", labels).increment();
            meters.timing("millrace_seconds", "Duration.", labels).record(1);
            meters.sizes("millrace_sizes", "Sizes.", labels).record(1);
            meters.gauge("millrace_bytes", "Bytes.", () -> 1, labels);
        }
        meters.count("millrace_other_total", "Other.", "project", "p").increment();
        Meters.Count kept =
                meters.count(
                        "millrace_calls_total",
                        "Calls.",
                        "project",
                        "p",
                        "model",
                        "m",
                        "version",
                        "1");

        meters.forget("project", "p", "model", "m", "version", "1");
        kept.increment();

        assertThat(text())
                .doesNotContain("version=\"1\"")
                .contains("millrace_calls_total{model=\"m\",project=\"p\",version=\"2\"} 1.0")
                .contains("millrace_bytes{model=\"m\",project=\"p\",version=\"2\"} 1.0")
                .contains("millrace_other_total{project=\"p\"} 1.0");
        meters.forget("project", "p", "model", "m");
        assertThat(text()).doesNotContain("version").contains("millrace_other_total");
    }

    @Test
    void aNameThatWouldSpoilThePageIsRefusedAtOnce() {
        meters.count("millrace_connections_total", "Accepted.");

        assertThatThrownBy(() -> meters.gauge("millrace_connections", "Open.", () -> 1))
                .hasMessageContaining("millrace_connections");
    }

    private String text() throws IOException {
        var out = new ByteArrayOutputStream();
        meters.write(out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
