package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class BackoffTest {
    @Test
    void doublesUpToHalfAMinuteAndBeginsAgainAfterASuccess() {
        var backoff = new Backoff(() -> 0);
        assertThat(Duration.ofNanos(backoff.nextNanos())).hasMillis(200);
        assertThat(Duration.ofNanos(backoff.nextNanos())).hasMillis(400);
        for (int i = 0; i < 10; i++) {
            long _ = backoff.nextNanos();
        }
        assertThat(Duration.ofNanos(backoff.nextNanos())).hasSeconds(30);
        backoff.reset();
        assertThat(Duration.ofNanos(backoff.nextNanos())).hasMillis(200);
    }

    @Test
    void chanceShortensItByAtMostHalf() {
        assertThat(Duration.ofNanos(new Backoff(() -> 1).nextNanos())).hasMillis(100);
        assertThat(Duration.ofNanos(new Backoff(() -> 0.5).nextNanos())).hasMillis(150);
    }
}
