package io.millrace.codec.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PythonLiteralsTest {

    @Test
    void readsWhatUsersOfTheOriginalWrite() {
        assertThat(PythonLiterals.arguments("epochs=5, shuffle=True"))
                .containsExactly(entry("epochs", "5"), entry("shuffle", "True"));
        assertThat(PythonLiterals.arguments(" steps_per_epoch = 1000,epochs=11 ,"))
                .containsExactly(entry("steps_per_epoch", "1000"), entry("epochs", "11"));
        assertThat(PythonLiterals.arguments(" \n")).isEmpty();
    }

    @Test
    void readsLiteralsInsideOfLiterals() {
        assertThat(
                        PythonLiterals.arguments(
                                "class_weight={0: 1.0, 1: 2.5}, a=[1, (2, 'x, y=\\'z'), None,], b=()"))
                .containsExactly(
                        entry("class_weight", "{0: 1.0, 1: 2.5}"),
                        entry("a", "[1, (2, 'x, y=\\'z'), None,]"),
                        entry("b", "()"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-5",
                "+1_000",
                "0x1F",
                "0b10",
                "0o17",
                "1.",
                ".5",
                "1e-3",
                "-2.5E+10",
                "00",
                "True",
                "False",
                "None",
                "'a'",
                "\"it's\"",
                "'\\x41\\u00e9\\n'",
                "[]",
                "{}",
                "(1,)",
                "{'a': [1, {'b': None}]}"
            })
    void takesLiterals(String text) {
        assertThat(PythonLiterals.isLiteral(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "true",
                "007",
                "1__0",
                "1_",
                "0x",
                "1.2.3",
                "1 2",
                "'a",
                "'\\q'",
                "[1",
                "{1}",
                "__import__('os')",
                "f'x'",
                "5j",
                "1if",
                "lambda: 1",
                "[*a]",
                "--1",
                "None.x",
                "1+1"
            })
    void refusesAllElse(String text) {
        assertThat(PythonLiterals.isLiteral(text)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "epochs=os.system('x') | at character 8: expected a literal such as 5, 0.1, True, 'text' or [1, 2], got 'os'",
                "epochs=5 shuffle=True | at character 10: expected ',' or the end, got 'shuffle'",
                "epochs | at character 7: expected '=' behind the name 'epochs', but the text ends",
                "=5 | at character 1: expected the name of an argument, as in epochs=5, got '='",
                "a=1,a=2 | at character 5: the argument 'a' is there twice",
                "lambda=1 | at character 1: 'lambda' is a word of Python and no argument's name",
                "a=[1, 2 | at character 8: expected ',' or ']', but the text ends",
                "a='x | at character 3: the text that begins here has no end"
            })
    void saysWhereItIsWrong(String text, String message) {
        assertThatThrownBy(() -> PythonLiterals.arguments(text)).hasMessage(message);
    }

    @Test
    void refusesWhatIsTooDeepOrTooLong() {
        assertThatThrownBy(() -> PythonLiterals.arguments("a=" + "[".repeat(1000)))
                .hasMessageContaining("nested deeper than 32");
        assertThatThrownBy(() -> PythonLiterals.arguments("a=" + "1".repeat(5000)))
                .hasMessageContaining("at most 4096");
        assertThat(PythonLiterals.isLiteral("1".repeat(4096))).isTrue();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void whatIsQuotedIsALiteral(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 500; i++) {
            var text = new StringBuilder();
            random.ints(random.nextInt(20), 0, 300).forEach(text::appendCodePoint);
            assertThat(PythonLiterals.isLiteral(PythonLiterals.quoted(text.toString()))).isTrue();
        }
    }
}
