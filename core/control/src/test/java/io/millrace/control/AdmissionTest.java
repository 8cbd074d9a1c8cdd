package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicFilter;
import io.millrace.api.VersionRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdmissionTest {
    private final World world = new World();

    private List<Refusal> check(Manifest<?>... manifests) {
        return Admission.check(world.store.image(), List.of(manifests));
    }

    private Optional<Refusal> checkDelete(ResourceKey key) {
        return Admission.checkDelete(world.store.image(), key);
    }

    private static Manifest<?> camera(String topic) {
        return Given.source("camera", Map.of("kind", "image"), Given.field("image", topic));
    }

    @Test
    void theProjectMustExistOrComeAlong() {
        assertThat(check(camera("t")))
                .singleElement()
                .satisfies(refusal -> {
                    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refusal.pointer()).isEqualTo("/metadata/project");
                    assertThat(refusal.message()).contains("'fashion'");
                });
        assertThat(check(camera("t"), Given.project())).isEmpty();
        world.put(Given.project());
        assertThat(check(camera("t"))).isEmpty();
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() {
        assertThat(check(camera("t"), Given.function("f", "x"))).hasSize(2);
    }

    @Test
    void aProjectMustBeEmptyToGo() {
        world.put(Given.project());
        assertThat(checkDelete(ResourceKey.ofProject(Given.PROJECT))).isEmpty();
        for (int i = 0; i < 7; i++) {
            world.put(Given.function("f" + i, "x"));
        }

        var refusal = checkDelete(ResourceKey.ofProject(Given.PROJECT)).orElseThrow();

        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(refusal.message()).contains("f0").contains("f4").contains("and 2 more");
    }

    @Test
    void whatAPipelineUsesStays() {
        world.put(
                Given.project(),
                Given.function("f", "x"),
                Given.model("m", Map.of()),
                camera("t"),
                Given.pipeline(
                        "p",
                        Given.dataSource("camera"),
                        "out",
                        Given.call("f", Map.of()),
                        Given.infer("m", "")));

        for (Kind kind : List.of(Kind.FUNCTION, Kind.MODEL, Kind.DATA_SOURCE)) {
            String name =
                    switch (kind) {
                        case FUNCTION -> "f";
                        case MODEL -> "m";
                        default -> "camera";
                    };
            assertThat(checkDelete(Given.key(kind, name)).orElseThrow().message())
                    .contains("is used by fashion/Pipeline/p");
        }
        assertThat(checkDelete(Given.key(Kind.PIPELINE, "p"))).isEmpty();
    }

    @Test
    void aVersionStaysWhileAPipelineNamesItsNumber() {
        world.put(
                Given.project(),
                Given.model("m", Map.of(), Given.version(1), Given.version(2)),
                Given.pipeline("p", Given.dataSource("camera"), "out", Given.infer("m", "2")));

        assertThat(check(Given.model("m", Map.of(), Given.version(2)))).isEmpty();
        var refused = check(Given.model("m", Map.of(), Given.version(1)));
        assertThat(refused).hasSize(1);
        assertThat(refused.getFirst().code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(refused.getFirst().message())
                .isEqualTo("version 2 of Model/m is used by fashion/Pipeline/p");
        world.put(
                Given.manifest(
                        Given.key(Kind.INFERENCE_GRAPH, "g"),
                        new InferenceGraphSpec(
                                Map.of(
                                        InferenceGraphSpec.ROOT,
                                        new InferenceGraphSpec.Node(
                                                InferenceGraphSpec.Router.SEQUENCE,
                                                List.of(
                                                        new InferenceGraphSpec.Step(
                                                                "",
                                                                new InferenceGraphSpec.Target.Model(
                                                                        new ResourceName("m"),
                                                                        new VersionRef.Numbered(1)),
                                                                false,
                                                                0,
                                                                "",
                                                                true,
                                                                false)))))));
        assertThat(check(Given.model("m", Map.of(), Given.version(2))).getFirst().message())
                .isEqualTo("version 1 of Model/m is used by fashion/InferenceGraph/g");
        world.delete(Given.key(Kind.INFERENCE_GRAPH, "g"));
        // With a pipeline that names another one in the same change, it may go.
        assertThat(
                        check(
                                Given.model("m", Map.of(), Given.version(1)),
                                Given.pipeline(
                                        "p",
                                        Given.dataSource("camera"),
                                        "out",
                                        Given.infer("m", "1"))))
                .isEmpty();
    }

    @Test
    void aCategoryStaysWhileSourcesOrPipelinesUseIt() {
        var kind = ResourceKey.ofInstall(Kind.CATEGORY, new ResourceName("kind"));
        world.put(Given.project(), Given.category("kind", "image", "sound"));
        assertThat(checkDelete(kind)).isEmpty();

        world.put(camera("t"));
        assertThat(checkDelete(kind).orElseThrow().message()).contains("DataSource/camera");
        world.delete(Given.key(Kind.DATA_SOURCE, "camera"));
        world.put(Given.pipeline("p", Given.categories(Map.of("kind", List.of("image"))), "out"));
        assertThat(checkDelete(kind).orElseThrow().message()).contains("Pipeline/p");
    }

    @Test
    void aCategoryKeepsTheValuesInUse() {
        world.put(Given.project(), Given.category("kind", "image", "sound"), camera("t"));

        assertThat(check(Given.category("kind", "image"))).isEmpty();
        assertThat(check(Given.category("kind", "sound")))
                .singleElement()
                .extracting(Refusal::message)
                .asString()
                .contains("DataSource/camera");
    }

    @Test
    void theContentOfAVersionNeverChanges() {
        world.put(Given.project(), Given.model("m", Map.of(), Given.version(1)));

        assertThat(check(Given.model("m", Map.of(), Given.version(1), Given.version(2)))).isEmpty();
        assertThat(check(Given.model("m", Map.of()))).isEmpty();
        assertThat(check(Given.model("m", Map.of(), new ModelSpec.Version(1, "blob:sha256:other"))))
                .singleElement()
                .extracting(Refusal::pointer)
                .isEqualTo("/spec/versions/0/uri");
    }

    @Test
    void aPipelineMustNotFeedItself() {
        world.put(Given.project(), camera("images"));

        assertThat(check(Given.pipeline("p", Given.dataSource("camera"), "images")))
                .singleElement()
                .satisfies(refusal -> {
                    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refusal.pointer()).isEqualTo("/spec/to");
                    assertThat(refusal.message())
                            .contains(
                                    "Pipeline/p writes to MQTT topic 'images', which is"
                                            + " read from data source camera/image by"
                                            + " Pipeline/p");
                });
        assertThat(check(Given.pipeline("p", Given.dataSource("camera"), "other"))).isEmpty();
    }

    @Test
    void aPipelineMustNotFeedItselfByATemplateEither() {
        world.put(Given.project(), camera("images/p"));

        assertThat(check(Given.pipeline("p", Given.dataSource("camera"), "images/{pipeline}")))
                .hasSize(1);
        assertThat(check(Given.pipeline("q", Given.dataSource("camera"), "images/{pipeline}")))
                .isEmpty();
    }

    @Test
    void aCircleOverSeveralPipelinesIsFoundFromEitherEnd() {
        world.put(
                Given.project(),
                Given.source("one", Map.of(), Given.field("x", "in/#")),
                Given.source("two", Map.of(), Given.field("x", "middle")),
                Given.pipeline("p", Given.dataSource("one"), "middle"));

        assertThat(check(Given.pipeline("q", Given.dataSource("two"), "in/again")))
                .singleElement()
                .extracting(Refusal::message)
                .asString()
                .contains("Pipeline/p writes to MQTT topic 'middle'")
                .contains("Pipeline/q writes to MQTT topic 'in/again'");
        // A chain is none.
        assertThat(check(Given.pipeline("q", Given.dataSource("two"), "out"))).isEmpty();
    }

    @Test
    void aDataSourceMustNotCloseACircleEither() {
        world.put(
                Given.project(),
                Given.category("kind", "image"),
                Given.pipeline("p", Given.categories(Map.of("kind", List.of("image"))), "images"));

        assertThat(check(camera("images")))
                .singleElement()
                .satisfies(refusal -> {
                    assertThat(refusal.key().name().value()).isEqualTo("camera");
                    assertThat(refusal.pointer()).isEqualTo("/spec/fields");
                });
    }

    @Test
    void theProjectInATopicIsFilledIn() {
        world.put(Given.project(), camera("from/fashion"));

        assertThat(check(Given.pipeline("p", Given.dataSource("camera"), "from/{project}")))
                .hasSize(1);
    }

    @Test
    void aTopicBelongsToOneDataSource() {
        world.put(Given.project(), camera("line/+/frames"));
        var other = Given.source("other", Map.of(), Given.field("x", "line/7/#"));

        assertThat(check(other))
                .singleElement()
                .satisfies(refusal -> {
                    assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(refusal.pointer()).isEqualTo("/spec/fields/0/topic");
                    assertThat(refusal.message()).contains("'line/+/frames'").contains("'camera'");
                });
        assertThat(check(camera("line/+/frames"))).isEmpty();
        assertThat(check(Given.source("other", Map.of(), Given.field("x", "line/7")))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/c, false",
        "a/+, +/b, true",
        "a/#, a, true",
        "a/#, b/#, false",
        "#, a/b/c, true",
        "a/+, a/b/c, false",
        "+/b/#, a/+/c, true",
        "a, a/b, false"
    })
    void filtersOverlapWhenATopicArrivesByBoth(String one, String other, boolean isOverlap) {
        assertThat(TopicFilter.overlap(one, other)).isEqualTo(isOverlap);
        assertThat(TopicFilter.overlap(other, one)).isEqualTo(isOverlap);
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/c, false",
        "a/b, a/b/c, false",
        "a/b/c, a/b, false",
        "+/b, a/b, true",
        "a/+, a/b, true",
        "a/+, a, false",
        "a/+, a/b/c, false",
        "a/#, a/b/c, true",
        "a/#, a, true",
        "a/#, b, false",
        "#, a/b, true",
        "/a, a, false",
        "/a, /a, true"
    })
    void filtersMatchAsInMqtt(String filter, String topic, boolean isMatch) {
        assertThat(TopicFilter.matches(filter, topic)).isEqualTo(isMatch);
    }
}
