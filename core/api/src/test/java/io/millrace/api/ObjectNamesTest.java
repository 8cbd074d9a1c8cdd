package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectNamesTest {

    @ParameterizedTest
    @ValueSource(strings = {"abc", "digit-5", "a.b.c", "1.2.3", "9lives", "a--b"})
    void takesNamesOfBuckets(String name) {
        assertThat(ObjectNames.problemOfBucket(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ab",
                "Digits",
                "a_b",
                "a/b",
                "..",
                "a..b",
                "-ab",
                "ab-",
                "10.0.0.1",
                "a\nb",
                "T-shirt/top",
                "pizza pie"
            })
    void refusesOtherNamesOfBuckets(String name) {
        assertThat(ObjectNames.problemOfBucket(name))
                .hasValueSatisfying(text -> assertThat(text).contains("63 lower case letters"));
    }

    @Test
    void limitsLengths() {
        assertThat(ObjectNames.problemOfBucket("b".repeat(63))).isEmpty();
        assertThat(ObjectNames.problemOfBucket("b".repeat(64))).isPresent();
        assertThat(ObjectNames.problemOfKey("\u00e4".repeat(512))).isEmpty();
        assertThat(ObjectNames.problemOfKey("\u00e4".repeat(513)))
                .hasValueSatisfying(text -> assertThat(text).contains("1024 bytes, was 1026"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a b+c.png",
                "a//b",
                "a/..b/c..",
                "%2e%2e/x",
                "\u00e4/\ud83d\ude00",
                "~"
            })
    void takesKeys(String key) {
        assertThat(ObjectNames.problemOfKey(key)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/a", "..", "a/..", "../a", "a/./b", "a\u0000", "a\nb", "\ud83d", "a\u0085"
            })
    void refusesHostileKeys(String key) {
        assertThat(ObjectNames.problemOfKey(key))
                .hasValueSatisfying(text -> assertThat(text).isPrintable());
    }
}
