package io.millrace.embedded.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TopicPattern;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hot path reads levels in bytes; it must say the same as the pattern does. */
class CapturesTest {

    @ParameterizedTest
    @CsvSource({
        "inqueue/{tenant},        inqueue/alice",
        "{tenant}/in/{model},     ä€/in/lstm",
        "{a}/{b}/{c},             1/2/3",
        "{a}/{b}/{c},             //",
        "+/{a}/#,                 x/y/z/w",
        "+/{a}/#,                 x/y",
        "x/{a}/+/{b},             x/1/2/3",
        "x/{a}/+/{b},             x/1//",
    })
    void saysWhatThePatternSays(String text, String topic) {
        var pattern = TopicPattern.parse(text);
        Captures captures = Objects.requireNonNull(Captures.of(pattern));
        var into = new Header[captures.count() + 1];
        captures.addTo(into, 1, topic.getBytes(UTF_8));

        String[] expected = Objects.requireNonNull(pattern.match(topic));
        assertThat(Arrays.stream(into).skip(1).map(Header::text)).containsExactly(expected);
        assertThat(Arrays.stream(into).skip(1).map(Header::name))
                .containsExactlyElementsOf(
                        pattern.names().stream()
                                .map(name -> HeaderNames.CAPTURE_PREFIX + name)
                                .toList());
    }

    @Test
    void aPatternWithoutNamesHasNone() {
        assertThat(Captures.of(TopicPattern.parse("a/+/#"))).isNull();
    }
}
