package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonMapTest {

    @Test
    void readsWhatItWrites() {
        var map =
                JsonMap.parse(
                        JsonMap.write(
                                Map.of(
                                        "text", "a\n\"b\"",
                                        "number", 7L,
                                        "flag", true,
                                        "metrics", Map.of("loss", 0.5),
                                        "texts", Map.of("a", "b"),
                                        "list", List.of("x", "y"),
                                        "rows", List.of(List.of(1, 2), List.of(3, 4)))));
        assertThat(map.text("text")).isEqualTo("a\n\"b\"");
        assertThat(map.number("number")).isEqualTo(7);
        assertThat(map.flag("flag")).isTrue();
        assertThat(map.numbers("metrics")).containsExactly(Map.entry("loss", 0.5));
        assertThat(map.texts("texts")).containsExactly(Map.entry("a", "b"));
        assertThat(map.textList("list")).containsExactly("x", "y");
        assertThat(map.rows("rows")).containsExactly(List.of(1L, 2L), List.of(3L, 4L));
    }

    @Test
    void whatIsMissingOrOfAnotherTypeIsEmpty() {
        var map =
                JsonMap.parse(
                        "{\"a\":[1],\"m\":{\"loss\":\"NaN\",\"x\":null,\"up\":\"Infinity\"}}");
        assertThat(map.text("a")).isEmpty();
        assertThat(map.number("a")).isZero();
        assertThat(map.flag("gone")).isFalse();
        assertThat(map.numbers("gone")).isEmpty();
        assertThat(map.numbers("m"))
                .containsEntry("loss", Double.NaN)
                .containsEntry("up", Double.POSITIVE_INFINITY)
                .doesNotContainKey("x");
        assertThat(map.rows("m")).hasSize(3).allMatch(List::isEmpty);
    }

    @Test
    void refusesWhatIsNoObject() {
        for (String text : List.of("", "[1]", "7", "{\"a\":", "{} x")) {
            assertThatThrownBy(() -> JsonMap.parse(text))
                    .as(text)
                    .isInstanceOf(MillraceException.class);
        }
    }
}
