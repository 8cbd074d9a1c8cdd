package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class GjsonPathTest {

    private static final String DOCUMENT =
            """
            {"predictions": ["dog", "cat"], "score": 0.9, "none": null, "a.b": 1,
             "people": [{"name": "Ada", "age": 36, "tags": ["x"]}, {"name": "Bob", "age": 28},
                        {"name": "Ann", "age": 41}], "empty": []}
            """;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "predictions.0 | \"dog\"",
                "predictions.# | 2",
                "score | 0.9",
                "none | null",
                "a\\.b | 1",
                "peop*.1.name | \"Bob\"",
                "p?ople.0.age | 36",
                "people.#.name | [\"Ada\",\"Bob\",\"Ann\"]",
                "people.#.tags.0 | [\"x\"]",
                "people.#(name==\"Bob\").age | 28",
                "people.#(age>30)#.name | [\"Ada\",\"Ann\"]",
                "people.#(age>30).name | \"Ada\"",
                "people.#(name%\"A*\")#.age | [36,41]",
                "people.#(name!%\"A*\").age | 28",
                "people.#(tags).name | \"Ada\"",
                "people.#(age<0)# | []",
                "predictions.#(==\"cat\") | \"cat\"",
                "predictions.#(!=\"dog\") | \"cat\"",
                "@this.score | 0.9",
                "[score,nothing,predictions.1] | [0.9,\"cat\"]",
                "[@this].#(predictions.0==\"dog\").score | 0.9",
            })
    void findsWhatThePathLeadsTo(String path, String expected) {
        var document = JsonMapper.shared().readTree(DOCUMENT);
        assertThat(GjsonPath.parse(path.strip()).find(document))
                .contains(JsonMapper.shared().readTree(expected.strip()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "predictions.2",
                "predictions.name",
                "score.x",
                "people.#(name==\"Eve\")",
                "people.#(name==36)",
                "people.#(age>\"x\")",
                "score.#",
                "[@this].#(predictions.0==\"cat\")",
                "people.99999999999",
            })
    void leadsNowhere(String path) {
        assertThat(GjsonPath.parse(path).exists(JsonMapper.shared().readTree(DOCUMENT))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a.",
                "a..b",
                "#(",
                "#()",
                "#(a==",
                "#(a==b)",
                "#(a==\"b)",
                "#(a=={})",
                "[a",
                "[a,]",
                "@reverse",
                "{a,b}",
                "!true",
                "a.#(b==1)x",
            })
    void refusesWhatItDoesNotUnderstand(String path) {
        assertThatThrownBy(() -> GjsonPath.parse(path))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("'" + path + "'");
    }
}
