package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
