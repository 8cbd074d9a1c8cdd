package io.millrace.inference;

import static io.millrace.inference.ResidencyWorld.MODEL;
import static io.millrace.inference.ResidencyWorld.PROJECT;
import static io.millrace.inference.ResidencyWorld.assertFails;
import static io.millrace.inference.ResidencyWorld.key;
import static io.millrace.inference.ResidencyWorld.production;
import static io.millrace.inference.ResidencyWorld.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.TrafficRule;
import io.millrace.api.VersionRef;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MemoryTest {

    private static final Duration IDLE = Duration.ofSeconds(31);

    @TempDir Path folder;
    private ResidencyWorld world;

    @BeforeEach
    void start() {
        world = new ResidencyWorld(folder);
    }

    @AfterEach
    void stop() {
        world.close();
        assertThat(world.meters.gaugeValue("millrace_models_loaded_bytes")).isZero();
    }

    private void serveTwo() {
        world.serveUntil(
                1, production(1, world.version(1, "width=2"), world.version(2, "factor=3")));
        world.awaitReady(2);
    }

    @Test
    void onlyWhatIsUsedIsLoaded() {
        serveTwo();
        assertThat(world.engine.loaded()).hasSize(1);
        assertThat(world.status(1).isLoaded()).isTrue();
        assertThat(world.status(2).isLoaded()).isFalse();
        assertThat(world.status(2).message()).isEmpty();
        var described = world.residency.describe(PROJECT, MODEL, new VersionRef.Numbered(2));
        assertThat(described.signatures()).hasSize(1);
        assertThat(described.signatures().getFirst().inputs().getFirst())
                .hasToString("x: float32[-1,2]");
        assertThat(described.versions()).allMatch(version -> version.isReady());
        assertThat(world.engine.loaded()).as("looking at it does not load it").hasSize(1);

        assertThat(world.answers(2)).isEqualTo(2);
        assertThat(world.status(2).isLoaded()).isTrue();
        assertThat(world.meters.gaugeValue("millrace_models_loaded_bytes"))
                .isEqualTo(loadedBytes(1) + loadedBytes(2));
    }

    private double loadedBytes(int version) {
        double bytes =
                world.meters.gaugeValue(
                        "millrace_model_loaded_bytes",
                        "project",
                        "fashion",
                        "model",
                        "m",
                        "version",
                        Integer.toString(version));
        assertThat(bytes).isPositive();
        return bytes;
    }

    @Test
    void manyCallersWaitForOneLoad() throws Exception {
        serveTwo();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 50; i++) {
                answers.add(callers.submit(() -> world.answers(2)));
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(2);
            }
        }
        assertThat(world.engine.loaded()).hasSize(2);
    }

    @Test
    void theLeastRecentlyUsedIdleVersionMakesRoomAndComesBack() {
        world.restartWithRoomFor(2);
        world.serveUntil(
                1,
                production(
                        1,
                        world.version(1, "factor=1"),
                        world.version(2, "factor=2"),
                        world.version(3, "factor=3")));
        world.awaitReady(2);
        world.awaitReady(3);
        world.answers(2);
        world.answers(3);
        assertThat(world.status(1).isLoaded()).as("in service").isTrue();
        assertThat(world.status(2).isLoaded()).isFalse();
        assertThat(world.status(3).isLoaded()).isTrue();
        world.answers(2);
        assertThat(world.status(3).isLoaded()).isFalse();
        assertThat(world.inMemory()).isEqualTo(2);
        assertThat(world.meters.total("millrace_model_evictions_total")).isEqualTo(2);
        assertThat(world.status(3).state()).isEqualTo(State.READY);
    }

    @Test
    void aVersionInServiceMakesRoomOnlyWhenIdleAndComesBackWithItsNextCall() {
        world.restartWithRoomFor(1);
        world.serveUntil(1, spec(world.version(1, "width=2")));
        world.serve("other", spec(world.version(1, "factor=5")));
        await().untilAsserted(() ->
                assertThat(world.status("other", 1).message())
                        .contains("it takes about 5Mi of memory")
                        .contains("0Mi are free"));
        assertThat(world.status("other", 1).state()).isEqualTo(State.READY);
        assertThat(world.status("other", 1).isLoaded()).isFalse();
        assertFails(
                () -> world.call("other", ResidencyWorld.ANY, "", 1, 2),
                ErrorCode.UNAVAILABLE,
                "it takes about 5Mi of memory");
        assertThat(world.answers()).isEqualTo(1);

        world.advance(IDLE);
        await().untilAsserted(() -> assertThat(world.status("other", 1).isLoaded()).isTrue());
        assertThat(world.status("other", 1).message()).isEmpty();
        assertThat(world.status(1).isLoaded()).isFalse();
        assertThat(world.residency.serving(key("m"))).hasValue(1);
        world.advance(IDLE);
        assertThat(world.answers()).isEqualTo(1);
        assertThat(world.status(1).isLoaded()).isTrue();
        assertThat(world.status("other", 1).isLoaded()).isFalse();
    }

    @Test
    void aCanaryOutOfMemoryDelaysNobodyAndComesBack() {
        world.restartWithRoomFor(2);
        var spec = production(1, world.version(1, "width=2"), world.version(2, "factor=3"));
        world.serveUntil(1, spec.withTraffic(new TrafficRule.Canary(2, 0, "")));
        await().untilAsserted(() -> assertThat(world.status(2).isLoaded()).isTrue());
        world.advance(IDLE);
        world.answers();
        world.serve("other", spec(world.version(1, "factor=5")));
        await().untilAsserted(() -> assertThat(world.status("other", 1).isLoaded()).isTrue());
        assertThat(world.status(2).isLoaded()).isFalse();

        world.serve(spec.withTraffic(new TrafficRule.Canary(2, 100, "")));
        world.advance(IDLE);
        assertThat(world.answers()).as("answered at once").isEqualTo(1);
        await().untilAsserted(() -> assertThat(world.answers()).isEqualTo(2));
    }

    @Test
    void aPinnedVersionThatCannotBeLoadedIsNotReplaced() {
        world.restartWithRoomFor(1);
        world.serve("other", spec(world.version(1, "factor=5")));
        await().untilAsserted(() -> assertThat(world.status("other", 1).isLoaded()).isTrue());
        world.serve(
                spec(world.version(1, "width=2"), world.version(2, "factor=3"))
                        .withTraffic(new TrafficRule.Pinned(2)));
        await().untilAsserted(() ->
                assertThat(world.remark()).contains("version 2, which cannot be loaded: it takes"));
        assertFails(() -> world.answers(), ErrorCode.UNAVAILABLE, "it takes about 5Mi");
        world.advance(IDLE);
        await().untilAsserted(() -> assertThat(world.status(2).isLoaded()).isTrue());
        assertThat(world.answers()).isEqualTo(2);
    }

    @Test
    void noVersionWithCallsUnderWayMakesRoom() throws Exception {
        world.restartWithRoomFor(1);
        world.serveUntil(1, spec(world.version(1, "width=2")));
        var first = world.lastLoaded();
        first.hold();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> held = callers.submit(() -> world.answers());
            await().until(() -> first.running() > 0);
            world.advance(IDLE);
            world.serve("other", spec(world.version(1, "factor=5")));
            await().untilAsserted(() ->
                    assertThat(world.status("other", 1).message()).contains("no idle model"));
            assertThat(first.isClosed()).isFalse();
            first.release();
            assertThat(held.get(10, TimeUnit.SECONDS)).isEqualTo(1);
            world.advance(IDLE);
            await().untilAsserted(() -> assertThat(world.status("other", 1).isLoaded()).isTrue());
        }
    }

    @Test
    void whatFitsNowhereIsReadyAndSaysWhatItTakes() {
        world.restartWithRoomFor(0);
        world.serve(spec(world.version(1, "width=2")));
        world.awaitReady(1);
        assertFails(
                () -> world.answers(),
                ErrorCode.UNAVAILABLE,
                "Version 1: it takes about 5Mi of memory; of the 0Mi for models 0Mi are free");
        assertThat(world.engine.loaded()).isEmpty();
    }

    @Test
    void unloadKeepsAModelAwayUntilItIsLoaded() {
        serveTwo();
        world.residency.unload(PROJECT, MODEL);
        assertThat(world.inMemory()).isZero();
        assertThat(world.remark()).contains("unloaded by hand");
        assertThat(world.residency.serving(key("m"))).isEmpty();
        assertFails(() -> world.answers(), ErrorCode.UNAVAILABLE, "unloaded by hand");
        assertFails(() -> world.answers(2), ErrorCode.UNAVAILABLE, "Version 2: it was unloaded");
        var listed = world.residency.list(PROJECT).getFirst();
        assertThat(listed.versions()).noneMatch(version -> version.isReady());
        world.residency.unload(PROJECT, MODEL);

        world.residency.load(PROJECT, MODEL);
        assertThat(world.status(1).isLoaded()).isTrue();
        assertThat(world.status(2).isLoaded()).isTrue();
        assertThat(world.answers()).isEqualTo(1);
        assertThat(world.answers(2)).isEqualTo(2);
        assertThat(world.inMemory()).isEqualTo(2);
        assertFails(
                () -> world.residency.unload(PROJECT, new io.millrace.api.ResourceName("none")),
                ErrorCode.NOT_FOUND,
                "does not exist");
    }

    @Test
    void unloadAnswersWhatIsUnderWay() throws Exception {
        world.serveUntil(1, spec(world.version(1, "width=2")));
        var model = world.lastLoaded();
        model.hold();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> held = callers.submit(() -> world.answers());
            await().until(() -> model.running() > 0);
            Future<?> unloading = callers.submit(() -> world.residency.unload(PROJECT, MODEL));
            await().until(() -> world.remark().contains("unloaded"));
            assertThat(model.isClosed()).isFalse();
            model.release();
            assertThat(held.get(10, TimeUnit.SECONDS)).isEqualTo(1);
            unloading.get(10, TimeUnit.SECONDS);
            assertThat(model.isClosed()).isTrue();
        }
    }

    @Test
    void loadSaysWhichVersionCannotBeLoaded() {
        world.serve(spec(world.version(1, "width=2"), world.version(2, "load=refuse")));
        assertFails(
                () -> world.residency.load(PROJECT, MODEL),
                ErrorCode.UNAVAILABLE,
                "Version 2: this fake model refuses to load");
        assertThat(world.status(1).isLoaded()).isTrue();
    }

    @Test
    void twoHundredCyclesLeaveNothingBehind() {
        serveTwo();
        for (int i = 0; i < 200; i++) {
            world.residency.unload(PROJECT, MODEL);
            assertThat(world.inMemory()).isZero();
            assertThat(world.meters.gaugeValue("millrace_models_loaded_bytes")).isZero();
            world.residency.load(PROJECT, MODEL);
        }
        assertThat(world.engine.loaded()).hasSizeGreaterThanOrEqualTo(400);
        assertThat(world.inMemory()).isEqualTo(2);
    }

    @Test
    void callsAmidEvictionsAllSucceed() throws Exception {
        world.restartWithRoomFor(2);
        world.serveUntil(
                1,
                production(
                        1,
                        world.version(1, "factor=1"),
                        world.version(2, "factor=2"),
                        world.version(3, "factor=3")));
        world.awaitReady(2);
        world.awaitReady(3);
        try (var callers = Executors.newFixedThreadPool(2)) {
            Future<?> base =
                    callers.submit(() -> {
                        for (int i = 0; i < 2_000; i++) {
                            assertThat(world.answers()).isEqualTo(1);
                        }
                    });
            Future<?> others =
                    callers.submit(() -> {
                        for (int i = 0; i < 100; i++) {
                            int version = 2 + i % 2;
                            assertThat(world.answers(version)).isEqualTo(version);
                        }
                    });
            base.get(30, TimeUnit.SECONDS);
            others.get(30, TimeUnit.SECONDS);
        }
        assertThat(world.inMemory()).isLessThanOrEqualTo(2);
    }
}
