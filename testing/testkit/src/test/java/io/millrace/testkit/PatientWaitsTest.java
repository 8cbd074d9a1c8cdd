package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PatientWaitsTest {

    /** What Awaitility says about a wait that cannot end in time names the time. */
    @Test
    void allTestsWaitHalfAMinute() {
        assertThatThrownBy(() -> await().pollDelay(Duration.ofHours(1)).until(() -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("30 seconds");
    }
}
