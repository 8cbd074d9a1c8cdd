package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.OnlineSpec;
import io.millrace.api.TrainingSettings;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RunTaskTest {

    private static Duration limit(Optional<Duration> idle, Duration timeout) {
        var online = new OnlineSpec(idle, Optional.empty(), false, 0);
        return RunTask.limit(Plans.of("live", "").timeout(timeout).online(online).plan().spec());
    }

    @Test
    void aStreamWithoutEndHasOnlyTheLimitThatSomebodySet() {
        Duration usual = TrainingSettings.DEFAULT_TIMEOUT;
        Duration idle = Duration.ofMinutes(1);
        assertThat(limit(Optional.empty(), usual)).isGreaterThan(Duration.ofDays(3650));
        assertThat(limit(Optional.empty(), Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
        assertThat(limit(Optional.of(idle), usual)).isEqualTo(usual);
        assertThat(RunTask.limit(Plans.of("closed", "").timeout(usual).plan().spec()))
                .isEqualTo(usual);
    }
}
