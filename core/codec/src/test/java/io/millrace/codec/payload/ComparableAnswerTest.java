package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ComparableAnswerTest {

    @Test
    void comparesJsonByItsValues() {
        assertThat(isSame("{\"a\":1,\"b\":[2,\"x\"]}", "{ \"b\": [2.0, \"x\"], \"a\": 1.0000001 }"))
                .isTrue();
        assertThat(isSame("{\"a\":0.000000001}", "{\"a\":0.000000002}")).isTrue();
        assertThat(isSame("{\"a\":1}", "{\"a\":1.001}")).isFalse();
        assertThat(isSame("{\"a\":1}", "{\"a\":1,\"b\":null}")).isFalse();
        assertThat(isSame("{\"a\":1,\"c\":2}", "{\"a\":1,\"b\":2}")).isFalse();
        assertThat(isSame("[1,2]", "[1]")).isFalse();
        assertThat(isSame("{\"a\":\"1\"}", "{\"a\":1}")).isFalse();
        assertThat(isSame("{\"a\":NaN}", "{\"a\":NaN}")).isTrue();
    }

    @Test
    void comparesAnythingElseByteByByte() {
        assertThat(isSame("cat", "cat")).isTrue();
        assertThat(isSame("cat", "Cat")).isFalse();
        assertThat(isSame("cat", "{\"label\":\"cat\"}")).isFalse();
    }

    @Test
    void findsWhatAClassificationDecidedFor() {
        assertThat(label("{\"label\":\"cat\",\"score\":0.9}")).isEqualTo("cat");
        assertThat(label("{\"id\":7,\"class\":3}")).isEqualTo("3");
        assertThat(label("[0.1,0.7,0.2]")).isEqualTo("1");
        assertThat(label("{\"cat\":0.25,\"dog\":0.75}")).isEqualTo("dog");
        assertThat(label("{\"id\":7,\"predictions\":[[0.1,0.9]]}")).isEqualTo("1");
        assertThat(label("{\"LSTM\":0.73}")).isEqualTo("none");
        assertThat(label("{\"LSTM\":0.0031,\"id\":1}")).isEqualTo("none");
        assertThat(label("{\"id\":0,\"LSTM\":0.9984}")).isEqualTo("none");
        assertThat(label("{\"cat\":0,\"dog\":1}")).isEqualTo("dog");
        assertThat(label("{\"cat\":0.0,\"dog\":1.0}")).isEqualTo("dog");
        assertThat(label("[21.5,22.0]")).isEqualTo("none");
        assertThat(label("cat")).isEqualTo("none");
    }

    @Test
    void measuresHowFarNumbersAreApart() {
        var one = answer("{\"a\":1,\"b\":[2,3],\"c\":\"x\",\"only\":5}");
        var other = answer("{\"a\":1.5,\"b\":[2,2],\"c\":\"y\"}");
        assertThat(one.distanceTo(other)).isEqualTo(new ComparableAnswer.Distance(3, 1.5));
        assertThat(one.distanceTo(answer("text"))).isEqualTo(ComparableAnswer.Distance.NONE);
    }

    private static boolean isSame(String one, String other) {
        return answer(one).isSameAs(answer(other));
    }

    private static String label(String payload) {
        return answer(payload).label().orElse("none");
    }

    private static ComparableAnswer answer(String payload) {
        return ComparableAnswer.of(payload.getBytes(StandardCharsets.UTF_8));
    }
}
