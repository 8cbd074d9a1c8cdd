package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicRangeTest {

    @ParameterizedTest
    @ValueSource(strings = {"digits", "digits:3:0", "digits:3:5", "digits:0:7000:78994"})
    void isWrittenAsItIsRead(String text) {
        assertThat(TopicRange.parse(text)).hasToString(text);
    }

    @Test
    void theFourthPartIsTheOffsetBehindTheLast() {
        assertThat(TopicRange.parse("automl:0:7000:78994"))
                .isEqualTo(TopicRange.of("automl", 0, 7_000, 78_994));
    }

    @Test
    void whatIsLeftOutIsOpen() {
        assertThat(TopicRange.parse("t:2"))
                .isEqualTo(new TopicRange("t", OptionalInt.of(2), 0, OptionalLong.empty()));
        assertThat(TopicRange.parse("t").isClosed()).isFalse();
        assertThat(TopicRange.parse("t:0:0:0").isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":0:0:1",
                "t:",
                "t:x",
                "t:-1:0:1",
                "t:0:-1:1",
                "t:0:5:4",
                "t:0:0:1:2",
                "t:0:0:99999999999999999999",
                "t:99999999999"
            })
    void refusesWhatIsNoRange(String text) {
        assertThatThrownBy(() -> TopicRange.parse(text))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID));
    }

    @Test
    void offsetsNeedAPartition() {
        assertThatThrownBy(() -> new TopicRange("t", OptionalInt.empty(), 5, OptionalLong.empty()))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("topic:partition:start:end");
    }
}
