package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReservedTopicsTest {

    private static final ProjectId SHOP = new ProjectId("shop");

    @ParameterizedTest
    @ValueSource(strings = {"automl", "shop.source.camera.images", "shop.stream.sorter", "a.b.c"})
    void aProjectReadsItsOwnTopicsAndThoseOfNobody(String topic) {
        assertThat(ReservedTopics.readingProblem(SHOP, topic)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "__consumer_offsets",
                "default.source.camera.images",
                "shop2.dead.sorter",
                "other.stream.x"
            })
    void whatBelongsToOthersIsNotRead(String topic) {
        assertThat(ReservedTopics.readingProblem(SHOP, topic)).isPresent();
    }
}
