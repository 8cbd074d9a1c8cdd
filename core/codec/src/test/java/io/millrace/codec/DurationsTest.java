package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "200ms, PT0.2S, 200ms",
        "5s, PT5S, 5s",
        "1m, PT1M, 1m",
        "1m30s, PT1M30S, 90s",
        "2h, PT2H, 2h",
        "1d, PT24H, 24h",
        "PT5S, PT5S, 5s",
        "P1D, PT24H, 24h",
        "10us, PT0.00001S, PT0.00001S",
        "0, PT0S, 0s",
        "0s, PT0S, 0s"
    })
    void readsWhatPeopleWrite(String text, Duration expected, String canonical) {
        assertThat(Durations.parse(text)).contains(expected);
        assertThat(Durations.format(expected)).isEqualTo(canonical);
        assertThat(Durations.parse(canonical)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5",
                "-5s",
                "5 s",
                "s",
                "5S",
                "PT-5S",
                "P",
                "1h-2m",
                "1.5s",
                "99999999999999s",
                "PT9999999999999999999S",
                "5s ",
                "9999999999999d"
            })
    void refusesWhatIsNone(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }
}
