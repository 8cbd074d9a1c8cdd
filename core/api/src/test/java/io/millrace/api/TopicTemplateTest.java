package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.TopicTemplate.AnswerValue;
import io.millrace.api.TopicTemplate.Capture;
import io.millrace.api.TopicTemplate.HeaderValue;
import io.millrace.api.TopicTemplate.Hole;
import io.millrace.api.TopicTemplate.Literal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTemplateTest {

    private static final ResourceKey PIPELINE =
            ResourceKey.of(Kind.PIPELINE, new ProjectId("shop"), "sorter");

    @Test
    void readsAllKindsOfHoles() {
        assertThat(TopicTemplate.parse("a/{project}/{topic}{header.x.y}-b").parts())
                .containsExactly(
                        new Literal("a/"),
                        Hole.PROJECT,
                        new Literal("/"),
                        Hole.TOPIC,
                        new HeaderValue("x.y"),
                        new Literal("-b"));
        assertThat(TopicTemplate.parse("").parts()).isEmpty();
    }

    @Test
    void fillsInWhatThePipelineSays() {
        var filled = TopicTemplate.parse("{project}/{pipeline}/out").in(PIPELINE);
        assertThat(filled.parts()).containsExactly(new Literal("shop/sorter/out"));
        assertThat(filled.fixed()).contains("shop/sorter/out");
        assertThat(TopicTemplate.parse("{project}/{topic}").in(PIPELINE).fixed()).isEmpty();
    }

    @Test
    void readsWhatObjectsAndAnswersSay() {
        assertThat(TopicTemplate.parse("{bucket}{key}{label}{answer.a.b}{date}").parts())
                .containsExactly(
                        Hole.BUCKET,
                        Hole.KEY,
                        new AnswerValue("label"),
                        new AnswerValue("a.b"),
                        new Capture("date"));
        assertThat(TopicTemplate.ofObject("{date}{partition}{offset}{tenant}").parts())
                .containsExactly(Hole.DATE, Hole.PARTITION, Hole.OFFSET, new Capture("tenant"));
        assertThat(TopicTemplate.problem("{anwser.x}"))
                .hasValueSatisfying(text -> assertThat(text).contains("{answer.x}"));
    }

    @ParameterizedTest
    @CsvSource({
        "{headr.line}, did you mean {header.line}?",
        "{header.}, a topic may hold {project}",
        "{}, a topic may hold {project}"
    })
    void refusesUnknownNamesAndSaysWhatWasMeant(String text, String message) {
        assertThatThrownBy(() -> TopicTemplate.parse(text))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("unknown template")
                .hasMessageContaining(message);
        assertThat(TopicTemplate.problem(text)).isPresent();
    }

    @Test
    void otherNamesAreLevelsOfTheSendersTopic() {
        var template = TopicTemplate.parse("{tenant}/out/{model}/{tenant}");

        assertThat(template.captures()).containsExactly("tenant", "model");
        assertThat(template.unknownCapture(List.of("model", "tenant"))).isEmpty();
        assertThat(template.unknownCapture(List.of("model", "tenants")))
                .hasValueSatisfying(text -> assertThat(text).contains("did you mean {tenants}?"));
        assertThat(TopicTemplate.parse("{topik}").unknownCapture(List.of()))
                .hasValueSatisfying(text -> assertThat(text).contains("did you mean {topic}?"));
        assertThat(TopicTemplate.parse("{colour}").unknownCapture(List.of()))
                .hasValueSatisfying(text -> assertThat(text).contains("{header.NAME}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{topic", "topic}", "{a{topic}", "}{", "{topic}}"})
    void refusesABraceWithoutItsPartner(String text) {
        assertThatThrownBy(() -> TopicTemplate.parse(text)).hasMessageContaining("needs its '}'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shop.source.camera.images",
                "shop.dead.sorter",
                "a-Db.source.x",
                "__consumer_offsets"
            })
    void topicsOfDataSourcesAndDeadLettersAreNoOutputs(String topic) {
        assertThat(ReservedTopics.problem(topic)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"results", "shop.results", "source.x", "a.b.source.c", "shop.sources.x"})
    void otherTopicsMayBeOutputs(String topic) {
        assertThat(ReservedTopics.problem(topic)).isEmpty();
    }
}
