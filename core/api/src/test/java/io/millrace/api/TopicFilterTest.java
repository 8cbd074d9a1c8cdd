package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TopicFilterTest {

    @ParameterizedTest
    @CsvSource({
        "a,      a,      true",
        "a,      b,      false",
        "a/b,    a,      false",
        "a,      a/b,    false",
        "a/+,    a/b,    true",
        "a/+,    a/,     true",
        "a/+,    a,      false",
        "a/+,    a/b/c,  false",
        "+/+,    /a,     true",
        "/+,     /a,     true",
        "+,      /a,     false",
        "a/#,    a,      true",
        "a/#,    a/b/c,  true",
        "a/#,    ab,     false",
        "#,      a/b,    true",
        "#,      $x/b,   false",
        "+/b,    $x/b,   false",
        "$x/#,   $x/b,   true",
        "a/+/c,  a/b/c,  true",
        "a/+/c,  a/b/d,  false",
        "a/+/#,  a/b,    true",
        "a/+/#,  a,      false",
    })
    void matchesAsTheStandardSays(String filter, String topic, boolean expected) {
        assertThat(TopicFilter.matches(filter, topic)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "a/+,   a/b,   true",
        "a/+,   +/b,   true",
        "a/+,   b/+,   false",
        "a/#,   a,     true",
        "a/#,   a/b/c, true",
        "a/b/#, a/+,   true",
        "a/b,   a/b/c, false",
        "#,     x/y/z, true",
        "+,     a/b,   false",
    })
    void findsOverlaps(String one, String other, boolean expected) {
        assertThat(TopicFilter.overlap(one, other)).isEqualTo(expected);
        assertThat(TopicFilter.overlap(other, one)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "a/b,   a/b,   true",
        "a/b,   a/+,   false",
        "a/+,   a/b,   true",
        "a/+,   a/+,   true",
        "a/+,   a/#,   false",
        "a/+,   a,     false",
        "a/+,   a/b/c, false",
        "a/#,   a,     true",
        "a/#,   a/b/c, true",
        "a/#,   a/+/#, true",
        "a/#,   a/#,   true",
        "a/#,   +/b,   false",
        "a/#,   #,     false",
        "#,     a/#,   true",
        "#,     $x,    false",
        "+,     #,     false",
        "a/b/#, a,     false",
    })
    void knowsWhatAFilterCovers(String wider, String filter, boolean expected) {
        assertThat(TopicFilter.covers(wider, filter)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a#", "#/a", "a/#/b", "a+", "+a/b", "a\0b"})
    void refusesWhatIsNoFilter(String filter) {
        assertThat(TopicFilter.problem(filter)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "a", "+", "#", "+/+/#", "/a//b", "a b/ü"})
    void takesWhatIsOne(String filter) {
        assertThat(TopicFilter.problem(filter)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"a/b, true", "/, true", "a/+, false", "#, false", "'', false"})
    void knowsWhatCanBePublishedTo(String text, boolean expected) {
        assertThat(TopicFilter.isTopic(text)).isEqualTo(expected);
    }
}
