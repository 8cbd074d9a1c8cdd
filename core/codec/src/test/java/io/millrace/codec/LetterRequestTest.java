package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class LetterRequestTest {

    @Test
    void readsAFilter() {
        LetterRequest request =
                LetterRequest.read(
                        """
                        {"code": "USER_CODE", "stage": "function/classify", "contains": "KeyError",
                         "step": "model/digits@3", "key": "7", "since": "2026-01-31T12:00:00Z"}
                        """);
        assertThat(request.code()).isEqualTo("USER_CODE");
        assertThat(request.stage()).isEqualTo("function/classify");
        assertThat(request.contains()).isEqualTo("KeyError");
        assertThat(request.step()).isEqualTo("model/digits@3");
        assertThat(request.key()).isEqualTo("7");
        assertThat(request.since()).contains(Instant.parse("2026-01-31T12:00:00Z"));
        assertThat(request.until()).isEmpty();
        assertThat(request.positions()).isEmpty();
    }

    @Test
    void readsPositionsAndAll() {
        assertThat(LetterRequest.read("{\"positions\": [\"0/17\", \"1/2\"]}").positions())
                .containsExactly("0/17", "1/2");
        assertThat(LetterRequest.read("{\"all\": true}").positions()).isEmpty();
    }

    @Test
    void doesNotTakeSilenceForAll() {
        for (String text : new String[] {"{}", "{\"all\": false}"}) {
            assertThatThrownBy(() -> LetterRequest.read(text)).hasMessageContaining("all: true");
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> LetterRequest.read("{\"contain\": \"x\"}"))
                .hasMessageContaining("contains");
        assertThatThrownBy(() -> LetterRequest.read("{\"since\": \"yesterday\"}"))
                .hasMessageContaining("2026-01-31T12:00:00Z");
        assertThatThrownBy(() -> LetterRequest.read("{\"positions\": []}"))
                .hasMessageContaining("must not be empty");
        assertThatThrownBy(() -> LetterRequest.read("{\"all\": true, \"code\": \"INVALID\"}"))
                .hasMessageContaining("does not go with");
    }
}
