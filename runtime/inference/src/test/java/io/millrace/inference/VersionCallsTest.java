package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class VersionCallsTest {

    private final VersionCalls calls = new VersionCalls();

    @Test
    void countsAllAndMeasuresTheLast() {
        for (int i = 0; i < 5_000; i++) {
            calls.answered(Duration.ofSeconds(9).toNanos());
        }
        for (int i = 1; i <= 1024; i++) {
            calls.answered(Duration.ofMillis(i).toNanos());
        }
        calls.failed();
        calls.refused();
        var report = calls.report(3);
        assertThat(report.version()).isEqualTo(3);
        assertThat(report.calls()).isEqualTo(6_026);
        assertThat(report.errors()).isEqualTo(1);
        assertThat(report.median()).isEqualTo(Duration.ofMillis(512));
        assertThat(report.p99()).isEqualTo(Duration.ofMillis(1014));
    }

    @Test
    void withoutAnswersThereIsNoLatency() {
        calls.failed();
        assertThat(calls.report(1).p99()).isZero();
    }
}
