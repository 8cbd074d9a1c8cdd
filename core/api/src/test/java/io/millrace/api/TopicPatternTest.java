package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TopicPatternTest {
    @Test
    void namesStandForWholeLevels() {
        TopicPattern pattern = TopicPattern.parse("{tenant}/in/{model}");

        assertThat(pattern.filter()).isEqualTo("+/in/+");
        assertThat(pattern.names()).containsExactly("tenant", "model");
        assertThat(pattern.match("acme/in/LSTM")).containsExactly("acme", "LSTM");
        assertThat(pattern.match("/in/")).containsExactly("", "");
        assertThat(pattern.match("acme/out/LSTM")).isNull();
        assertThat(pattern.match("acme/in")).isNull();
        assertThat(pattern.match("acme/in/LSTM/more")).isNull();
    }

    @Test
    void namelessLevelsMatchAsInMqtt() {
        TopicPattern pattern = TopicPattern.parse("sites/+/{tenant}/#");

        assertThat(pattern.filter()).isEqualTo("sites/+/+/#");
        assertThat(pattern.match("sites/7/acme/a/b")).containsExactly("acme");
        assertThat(pattern.match("sites/7/acme")).containsExactly("acme");
        assertThat(pattern.match("sites/7")).isNull();
        assertThat(TopicPattern.parse("plain").match("plain")).isEmpty();
    }

    @Test
    void namesThatAreNoneAreRefused() {
        for (String broken : new String[] {"{}/a", "a{b}", "{a", "a}", "{a b}", "{a}/{a}"}) {
            assertThatThrownBy(() -> TopicPattern.parse(broken))
                    .as(broken)
                    .isInstanceOf(MillraceException.class);
        }
    }
}
