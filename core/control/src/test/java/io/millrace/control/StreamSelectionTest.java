package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class StreamSelectionTest {
    /** Wanted is always (site = a or b) and kind = image. */
    private static final Map<String, List<String>> WANTED =
            Map.of("site", List.of("a", "b"), "kind", List.of("image"));

    static Stream<Arguments> truthTable() {
        return Stream.of(
                Arguments.of(Map.of("site", "a", "kind", "image"), true),
                Arguments.of(Map.of("site", "b", "kind", "image"), true),
                Arguments.of(Map.of("site", "c", "kind", "image"), false),
                Arguments.of(Map.of("site", "a", "kind", "sound"), false),
                Arguments.of(Map.of("site", "c", "kind", "sound"), false),
                Arguments.of(Map.of("site", "a"), false),
                Arguments.of(Map.of("kind", "image"), false),
                Arguments.of(Map.of(), false),
                Arguments.of(Map.of("site", "a", "kind", "image", "other", "x"), true));
    }

    @ParameterizedTest
    @MethodSource("truthTable")
    void categoriesAreAndedAndTheirValuesOred(Map<String, String> carried, boolean isChosen) {
        assertThat(StreamSelection.choose(WANTED, carried).isPresent()).isEqualTo(isChosen);
    }

    @Test
    void tellsByWhichValuesAStreamWasChosen() {
        var carried = Map.of("site", "b", "kind", "image", "other", "x");

        assertThat(StreamSelection.choose(WANTED, carried))
                .contains(Map.of("site", "b", "kind", "image"));
    }

    @Test
    void noCategoryAtAllSelectsNothing() {
        assertThat(StreamSelection.choose(Map.of(), Map.of("site", "a"))).isEmpty();
    }

    @Test
    void aFieldsOwnValueWinsOverThatOfItsSource() {
        var world =
                World.started(
                        Given.source(
                                "cams",
                                Map.of("site", "a", "kind", "image"),
                                Given.field("plain", "t1"),
                                Given.field("elsewhere", "t2", Map.of("site", "c")),
                                Given.field("sound", "t3", Map.of("kind", "sound"))));

        var chosen =
                StreamSelection.select(
                        Given.categories(WANTED), Given.PROJECT, world.store.image());

        assertThat(chosen).extracting(StreamSelection.Stream::label).containsExactly("cams/plain");
    }

    @Test
    void aDataSourceIsReadWholeOrByFields() {
        var world =
                World.started(
                        Given.source(
                                "cams",
                                Map.of(),
                                Given.field("one", "t1"),
                                Given.field("two", "t2")),
                        Given.source("other", Map.of(), Given.field("one", "t3")));
        var image = world.store.image();

        assertThat(StreamSelection.select(Given.dataSource("cams"), Given.PROJECT, image))
                .extracting(StreamSelection.Stream::label)
                .containsExactly("cams/one", "cams/two");
        assertThat(StreamSelection.select(Given.dataSource("cams", "two"), Given.PROJECT, image))
                .extracting(StreamSelection.Stream::label)
                .containsExactly("cams/two");
    }
}
