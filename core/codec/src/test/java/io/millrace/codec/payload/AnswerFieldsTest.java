package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerFieldsTest {

    private static String text(String answer, String name) {
        return new AnswerFields(List.of(name))
                .read(answer.getBytes(StandardCharsets.UTF_8))
                .text(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // what PayloadEncoder writes for the best one, and for the best few
                "{\"label\":\"5\",\"index\":5,\"confidence\":0.9} | label | 5",
                "{\"id\":1,\"index\":5,\"confidence\":0.9} | index | 5",
                "{\"top\":[{\"label\":\"cat\",\"index\":2},{\"label\":\"dog\"}]} | label | cat",
                // the ordered list of an image classifier, and rows of a served model
                "[{\"label\":\"pizza\",\"score\":0.7},{\"label\":\"bread\"}] | label | pizza",
                "{\"predictions\":[{\"predictions\":[0.1,0.9],\"classes\":5}]} | classes | 5",
                "{\"predictions\":[[5.0]]} | predictions | 5",
                "{\"outputs\":[{\"label\":\"a\"}],\"label\":\"b\"} | label | b",
                "{\"label\":\"b\",\"top\":[{\"label\":\"a\"}]} | label | b",
                // numbers
                "{\"LSTM\": 7.0} | LSTM | 7",
                "{\"LSTM\": -0.0} | LSTM | 0",
                "{\"LSTM\": 1e3} | LSTM | 1000",
                "{\"LSTM\": 0.25} | LSTM | 0.25",
                "{\"LSTM\": 1e999999999} | LSTM | 1e999999999",
                "{\"LSTM\": 12345678901234567890} | LSTM | 12345678901234567890",
                // the rest
                "{\"isGood\": true} | isGood | true",
                "{\"a.b\": [\"x\"]} | a.b | x",
                "{\"a\": 1, \"a\": 2} | a | 2",
                "{\"l\u00e4bel\": \"\\u00e4\"} | l\u00e4bel | \u00e4",
            })
    void findsWhatAnAnswerSays(String answer, String name, String expected) {
        assertThat(text(answer, name)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"index\":5,\"confidence\":1} | it has only 'index', 'confidence'",
                "{} | it has no fields",
                "[] | it has no fields",
                "{\"label\":\"\"} | that is empty",
                "{\"label\":null} | nothing (null)",
                "{\"label\":{\"a\":1}} | an object",
                "{\"label\":[]} | an empty list",
                "{\"label\":[1,2]} | a list of several",
                "{\"label\":null,\"top\":[{\"label\":\"a\"}]} | nothing (null)",
                "5 | a number and not a JSON object",
                "{\"label\":\"a\" | not JSON",
                "{\"label\":\"a\"} x | not JSON",
                "{\"label\":\"a\",} | not JSON",
                "pizza | not JSON",
            })
    void saysWhatWasExpectedAndWhatCame(String answer, String message) {
        assertThatThrownBy(() -> text(answer, "label"))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining("as 'label'")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 31, 32, 33, 500, 5_000})
    void nestsNoDeeperThanItMust(int depth) {
        String answer = "{\"label\":" + "[".repeat(depth) + "1" + "]".repeat(depth) + "}";

        if (depth <= 32) {
            assertThat(text(answer, "label")).isEqualTo("1");
        } else {
            assertThatThrownBy(() -> text(answer, "label")).isInstanceOf(MillraceException.class);
        }
    }

    @Test
    void findsSeveralAtOnceAndFailsOnlyForTheOneThatIsAskedFor() {
        var found =
                new AnswerFields(List.of("label", "missing", "confidence"))
                        .read(
                                "{\"confidence\":1.0,\"label\":\"a\"}"
                                        .getBytes(StandardCharsets.UTF_8));

        assertThat(found.text(0)).isEqualTo("a");
        assertThat(found.text(2)).isEqualTo("1");
        assertThatThrownBy(() -> found.text(1)).hasMessageContaining("'missing'");
    }
}
