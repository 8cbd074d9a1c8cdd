package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.Kind;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.EventLog;
import io.millrace.testkit.FakeEnvironments;
import io.millrace.testkit.FakePipelineHost.Removal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReconcileLoopTest {
    private static final ResourceKey CAMERA = Given.key(Kind.DATA_SOURCE, "camera");
    private static final ResourceKey PIPELINE = Given.key(Kind.PIPELINE, "p");

    private static World worldWithCamera() {
        return World.started(
                Given.project(), Given.source("camera", Map.of(), Given.field("image", "images")));
    }

    @Test
    void writesNoStatusWhenNothingChanged() {
        World world = worldWithCamera();
        int writes = world.store.statusWrites();

        world.time.advance(Duration.ofMinutes(5));
        assertThat(world.settle()).isEqualTo(2);

        assertThat(world.store.statusWrites()).isEqualTo(writes);
    }

    @Test
    void looksAtEverythingAgainAfterTheResyncInterval() {
        World world = worldWithCamera();
        int starts = world.mqtt.starts();

        world.time.advance(Duration.ofMinutes(4));
        assertThat(world.settle()).isZero();
        world.time.advance(Duration.ofMinutes(1));
        world.settle();

        assertThat(world.mqtt.starts()).isEqualTo(starts + 1);
    }

    @Test
    void itsOwnStatusWriteIsNoReasonToLookAgain() {
        World world = worldWithCamera();

        assertThat(world.mqtt.starts()).isEqualTo(1);
    }

    @Test
    void triesAgainWithGrowingPausesWhileTheLogIsDown() {
        var world = new World();
        world.log.goDown();
        world.put(
                Given.project(), Given.source("camera", Map.of(), Given.field("image", "images")));
        world.start();

        assertThat(world.ready(CAMERA).reason()).isEqualTo("Unavailable");
        assertThat(world.ready(CAMERA).message()).isEqualTo("the log cannot be reached");
        for (int millis : List.of(200, 400, 800)) {
            world.time.advance(Duration.ofMillis(millis - 1));
            assertThat(world.settle()).isZero();
            world.time.advance(Duration.ofMillis(1));
            assertThat(world.settle()).isEqualTo(1);
        }
        world.log.comeBack();
        world.time.advance(Duration.ofMillis(1_600));
        world.settle();

        assertThat(world.get(CAMERA).isReady()).isTrue();
        assertThat(world.meters.total("millrace_reconcile_total")).isEqualTo(6);
    }

    @Test
    void anErrorOfOneResourceEndsNeitherTheLoopNorTheOthers() {
        var world = new World();
        world.mqtt.failNext(new UnsatisfiedLinkError("a native library"));
        world.put(
                Given.project(),
                Given.source("camera", Map.of(), Given.field("image", "images")),
                Given.source("other", Map.of(), Given.field("image", "others")));
        world.start();

        ResourceKey other = Given.key(Kind.DATA_SOURCE, "other");
        assertThat(List.of(world.get(CAMERA), world.get(other)).stream().filter(r -> r.isReady()))
                .hasSize(1);
        world.time.advance(Duration.ofMillis(200));
        world.settle();
        assertThat(world.get(CAMERA).isReady()).isTrue();
        assertThat(world.get(other).isReady()).isTrue();
    }

    @Test
    void theBackoffHasAnEnd() {
        assertThat(ReconcileConfig.DEFAULT.backoff(1)).isEqualTo(Duration.ofMillis(200));
        assertThat(ReconcileConfig.DEFAULT.backoff(8)).isEqualTo(Duration.ofMillis(25_600));
        assertThat(ReconcileConfig.DEFAULT.backoff(9)).isEqualTo(Duration.ofSeconds(30));
        assertThat(ReconcileConfig.DEFAULT.backoff(1_000)).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void keepsTheTransitionTimeWhileTheTruthStays() {
        World world = World.started(Given.project(), Given.function("f", "x"));
        ResourceKey function = Given.key(Kind.FUNCTION, "f");
        Instant first = world.ready(function).lastTransitionTime();
        world.time.advance(Duration.ofSeconds(1));
        world.functions.become(function, new EnvironmentState.Failed("no network"));
        world.settle();

        Condition failed = world.ready(function);
        assertThat(failed.reason()).isEqualTo("EnvironmentFailed");
        assertThat(failed.lastTransitionTime()).isEqualTo(first);

        world.time.advance(Duration.ofSeconds(1));
        world.functions.become(function, new EnvironmentState.Ready());
        world.settle();
        assertThat(world.ready(function).lastTransitionTime()).isEqualTo(world.time.now());
    }

    @Test
    void theConditionSpeaksOfTheGenerationThatWasSeen() {
        World world = worldWithCamera();
        world.apply(Given.source("camera", Map.of(), Given.field("image", "other")));

        assertThat(world.ready(CAMERA).observedGeneration()).isEqualTo(2);
        assertThat(world.get(CAMERA).isReady()).isTrue();
    }

    @Test
    void aResourceWithoutItsProjectWaitsForIt() {
        World world =
                World.started(Given.source("camera", Map.of(), Given.field("image", "images")));
        assertThat(world.ready(CAMERA).reason()).isEqualTo("UnknownProject");
        assertThat(world.mqtt.binding(CAMERA)).isEmpty();

        world.apply(Given.project());

        assertThat(world.get(CAMERA).isReady()).isTrue();
    }

    @Test
    void whatWasDeletedWhileNobodyWatchedIsCleanedUp() {
        World world = worldWithCamera();
        world.apply(Given.pipeline("p", Given.dataSource("camera"), "out"));
        world.stop();
        world.store.delete(PIPELINE, Optional.empty());

        world.boot();

        assertThat(world.stepLogs.removed()).containsExactly(PIPELINE);
        assertThat(world.pipelines.removals()).containsExactly(new Removal(PIPELINE, true));
    }

    @Test
    void startsAlsoWhenTheStoreHasForgottenItsHistory() {
        World world = worldWithCamera();
        world.stop();
        world.store.forgetHistory();

        world.boot();
        world.apply(Given.source("second", Map.of(), Given.field("image", "others")));

        assertThat(world.mqtt.binding(CAMERA)).isPresent();
        assertThat(world.mqtt.binding(Given.key(Kind.DATA_SOURCE, "second"))).isPresent();
    }

    @Test
    void catchesUpAfterItsWatchWasCutOff() {
        World world = worldWithCamera();
        world.put(Given.source("second", Map.of(), Given.field("image", "others")));
        world.store.delete(CAMERA, Optional.empty());

        world.store.cutOffAll();
        world.settle();

        ResourceKey second = Given.key(Kind.DATA_SOURCE, "second");
        assertThat(world.mqtt.binding(CAMERA)).isEmpty();
        assertThat(world.mqtt.binding(second)).isPresent();
        world.delete(second);
        assertThat(world.mqtt.binding(second)).isEmpty();
    }

    @Test
    void aClosedLoopHearsNothingMore() {
        World world = worldWithCamera();
        world.stop();

        world.store.cutOffAll();
        world.apply(Given.source("second", Map.of(), Given.field("image", "others")));

        assertThat(world.mqtt.binding(Given.key(Kind.DATA_SOURCE, "second"))).isEmpty();
    }

    @Test
    void aNewIncarnationStartsFromNothing() {
        World world = worldWithCamera();
        world.apply(Given.pipeline("p", Given.dataSource("camera"), "out"));
        String uid = world.pipelines.plan(PIPELINE).orElseThrow().uid();

        // Both before the loop looks again: it sees only that there is a pipeline.
        world.store.delete(PIPELINE, Optional.empty());
        world.apply(Given.pipeline("p", Given.dataSource("camera"), "out"));

        assertThat(world.pipelines.removals()).containsExactly(new Removal(PIPELINE, true));
        assertThat(world.pipelines.plan(PIPELINE).orElseThrow().uid()).isNotEqualTo(uid);
    }

    @Test
    void afterARestartNothingRunsBeforeWhatItNeedsIsThereAgain() {
        World world =
                World.started(
                        Given.project(),
                        Given.source("camera", Map.of(), Given.field("image", "images")),
                        Given.model("m", Map.of(), Given.version(1)),
                        Given.pipeline(
                                "p", Given.dataSource("camera"), "out", Given.infer("m", "")));
        ResourceKey model = Given.key(Kind.MODEL, "m");
        world.models.decide(model, 1, State.READY, "");
        world.settle();
        assertThat(world.pipelines.plan(PIPELINE)).isPresent();

        world.restart();

        assertThat(world.pipelines.plan(PIPELINE)).isEmpty();
        world.models.decide(model, 1, State.READY, "");
        world.settle();
        assertThat(world.pipelines.plan(PIPELINE)).isPresent();
    }

    @Test
    void afterARestartAnEnvironmentThatIsReadyAtOnceIsNoticed() {
        World world =
                World.started(
                        Given.project(),
                        Given.source("camera", Map.of(), Given.field("image", "images")),
                        Given.function("f", "x"),
                        Given.pipeline(
                                "p", Given.dataSource("camera"), "out", Given.call("f", Map.of())));
        world.functions.become(Given.key(Kind.FUNCTION, "f"), new EnvironmentState.Ready());
        world.settle();
        world.stop();

        var instant = new FakeEnvironments();
        instant.beInstant();
        world.bootWith(instant);

        assertThat(world.pipelines.plan(PIPELINE)).isPresent();
    }

    @Test
    void whatHappenedToAResourceIsForgottenWithIt() {
        World world =
                World.started(
                        Given.project(),
                        Given.source("camera", Map.of(), Given.field("image", "images")),
                        Given.pipeline("p", Given.dataSource("camera"), "out"));
        world.events.record(PIPELINE, EventLog.Severity.NORMAL, "ScaledUp", "from 1 to 2 tasks");
        world.settle();
        assertThat(world.events.of(PIPELINE)).hasSize(1);
        world.delete(PIPELINE);
        assertThat(world.events.of(PIPELINE)).isEmpty();
    }

    @Test
    void anEmptyStoreGetsTheDefaultProjectAndKeepsWhatItHas() {
        var empty = new World();
        Control.createDefaultProject(empty.store);
        assertThat(empty.store.image().all(Kind.PROJECT))
                .extracting(project -> project.key().name().value())
                .containsExactly("default");

        World other = World.started(Given.project());
        Control.createDefaultProject(other.store);
        assertThat(other.store.image().all(Kind.PROJECT)).hasSize(1);
    }
}
