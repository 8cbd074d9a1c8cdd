package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionTest {

    @Test
    void swapsOfNeighboursAreOneMistake() {
        assertThat(Suggestion.distance("feilds", "fields")).isEqualTo(1);
        assertThat(Suggestion.distance("", "abc")).isEqualTo(3);
        assertThat(Suggestion.distance("same", "same")).isZero();
    }

    @Test
    void findsOnlyWhatIsNearEnough() {
        List<String> known = List.of("fields", "mqtt", "categories");

        assertThat(Suggestion.nearest("feilds", known)).contains("fields");
        assertThat(Suggestion.nearest("MQTT", known)).contains("mqtt");
        assertThat(Suggestion.nearest("colour", known)).isEmpty();
        assertThat(Suggestion.nearest("x".repeat(1_000), known)).isEmpty();
    }
}
