package io.millrace.inference;

import static io.millrace.inference.ResidencyWorld.ANY;
import static io.millrace.inference.ResidencyWorld.assertFails;
import static io.millrace.inference.ResidencyWorld.production;
import static io.millrace.inference.ResidencyWorld.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.SignatureChange;
import io.millrace.api.TrafficRule;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.TrafficReport.Comparison;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TrafficTest {

    @TempDir Path folder;
    private ResidencyWorld world;

    @BeforeEach
    void start() {
        world = new ResidencyWorld(folder);
    }

    @AfterEach
    void stop() {
        world.close();
    }

    private ModelSpec two() {
        return production(1, world.version(1, "width=2"), world.version(2, "factor=3"));
    }

    private void awaitTrial(ModelSpec spec) {
        world.serveUntil(1, spec);
        await().untilAsserted(() -> assertThat(world.status(2).isLoaded()).isTrue());
        assertThat(world.remark()).isEmpty();
    }

    @Test
    void aCanaryGetsExactlyItsShare() {
        awaitTrial(two().withTraffic(new TrafficRule.Canary(2, 30, "")));
        int canary = 0;
        for (int i = 0; i < 200; i++) {
            canary += world.answers() == 2 ? 1 : 0;
        }
        assertThat(canary).isEqualTo(60);
        assertThat(world.traffic(1).calls()).isEqualTo(140);
        assertThat(world.traffic(2).calls()).isEqualTo(60);
        assertThat(world.traffic(2).p99()).isPositive();
        assertThat(world.answers(1)).as("who names a version gets it").isEqualTo(1);
    }

    @Test
    void whoWatchesHearsOfEachAnswerWithTheVersionThatGaveIt() {
        awaitTrial(two().withTraffic(new TrafficRule.Shadow(2, 100)));
        var heard = new ArrayList<String>();
        world.heard =
                (model, version, signature, inputs, outputs, records) ->
                        heard.add(
                                "%s %d %d %d %s"
                                        .formatted(
                                                model.name(),
                                                version,
                                                inputs.size(),
                                                outputs.size(),
                                                records.record(0) == null));
        world.answers();
        world.answers(2);
        assertFails(() -> world.call("m", ANY, "", 1, 2, 3), ErrorCode.INVALID, "expected");

        // Neither what a shadow computed nor what failed was an answer.
        assertThat(heard).containsExactly("m 1 1 1 true", "m 2 1 1 true");
    }

    @Test
    void aNewRuleBeginsANewReport() {
        awaitTrial(two().withTraffic(new TrafficRule.Canary(2, 30, "")));
        world.answers();
        world.serve(two().withTraffic(new TrafficRule.Canary(2, 40, "")));
        assertThat(world.traffic().versions()).isEmpty();
        world.serve(two().withTraffic(new TrafficRule.Canary(2, 40, "")));
        world.answers();
        assertThat(world.traffic().versions()).hasSize(1);
    }

    @Test
    void callersOfAStickyCanaryStayAndAreOnlyAdded() {
        awaitTrial(two().withTraffic(new TrafficRule.Canary(2, 30, "x-user")));
        assertThat(world.residency.stickyHeader(ResidencyWorld.PROJECT, ResidencyWorld.MODEL))
                .isEqualTo("x-user");
        var before = new HashMap<String, Integer>();
        for (int user = 0; user < 200; user++) {
            before.put("u" + user, world.answers("u" + user));
        }
        assertThat(before.values()).contains(1, 2);
        before.forEach((user, version) -> assertThat(world.answers(user)).isEqualTo(version));
        world.serve(two().withTraffic(new TrafficRule.Canary(2, 60, "x-user")));
        before.forEach(
                (user, version) -> assertThat(world.answers(user)).isGreaterThanOrEqualTo(version));
    }

    @Test
    void withoutTheHeaderAStickyCanaryDividesCallByCall() {
        awaitTrial(two().withTraffic(new TrafficRule.Canary(2, 25, "x-user")));
        int canary = 0;
        for (int i = 0; i < 100; i++) {
            canary += world.answers() == 2 ? 1 : 0;
        }
        assertThat(canary).isEqualTo(25);
    }

    @Test
    void aCanaryThatIsNotReadyGetsNothing() {
        var spec =
                production(1, world.version(1, "width=2"), world.version(2, "load=refuse"))
                        .withTraffic(new TrafficRule.Canary(2, 100, ""));
        world.serveUntil(1, spec);
        await().untilAsserted(() -> assertThat(world.remark()).contains("refuses to load"));
        assertThat(world.remark()).startsWith("the canary is version 2, which is not ready: ");
        assertThat(world.answers()).isEqualTo(1);
        world.serve(spec.withTraffic(new TrafficRule.Canary(7, 100, "")));
        assertThat(world.remark()).contains("version 7, which is not declared");
        assertThat(world.answers()).isEqualTo(1);
    }

    @Test
    void aCallThatTheCanaryFailsIsAnsweredByTheBase() {
        var spec =
                production(1, world.version(1, "width=2"), world.version(2, "poison=7"))
                        .withTraffic(new TrafficRule.Canary(2, 100, ""));
        awaitTrial(spec);
        assertThat(world.call("m", ANY, "", 7, 0).version()).isEqualTo(1);
        assertThat(world.call("m", ANY, "", 1, 0).version()).isEqualTo(2);
        assertThat(world.traffic(2).errors()).isEqualTo(1);
        assertThat(world.traffic(1).errors()).isZero();
        assertFails(() -> world.call("m", ANY, "", 1, 2, 3), ErrorCode.INVALID, "expected");
        assertThat(world.traffic(2).errors()).as("not the canary's fault").isEqualTo(1);
        assertThat(world.traffic(1).calls()).as("nor tried again").isEqualTo(1);
        assertThat(
                        world.meters.countValue(
                                "millrace_model_errors_total",
                                "project",
                                "fashion",
                                "model",
                                "m",
                                "version",
                                "2",
                                "code",
                                "user_code"))
                .isEqualTo(1);
    }

    @Test
    void withoutAProductionAliasTheCanaryIsNotTheBase() {
        world.serve(
                spec(world.version(1, "width=2"), world.version(2, "factor=3"))
                        .withTraffic(new TrafficRule.Canary(2, 0, "")));
        world.awaitServing(1);
        world.awaitReady(2);
        assertThat(world.answers()).isEqualTo(1);
    }

    @Test
    void pinnedServesNoneElseAndSaysWhy() {
        var first = world.version(1, "width=2");
        world.serveUntil(1, spec(first));
        world.serve(
                spec(first, world.version(2, "load=refuse"))
                        .withTraffic(new TrafficRule.Pinned(2)));
        await().untilAsserted(() -> assertThat(world.remark()).contains("refuses to load"));
        assertThat(world.residency.serving(ResidencyWorld.key("m"))).isEmpty();
        assertFails(() -> world.answers(), ErrorCode.UNAVAILABLE, "Version 2: this fake model");
        assertThat(world.answers(1)).isEqualTo(1);
        world.serve(
                spec(first, world.version(3, "factor=3")).withTraffic(new TrafficRule.Pinned(1)));
        world.awaitServing(1);
        world.awaitReady(3);
        assertThat(world.answers()).isEqualTo(1);
        assertThat(world.remark()).isEmpty();
    }

    @Test
    void saysWhyTheOldOneGoesOnWhenTheWantedOneIsRejected() {
        var first = world.version(1, "width=2");
        world.serveUntil(1, production(1, first));
        world.serve(production(2, first, world.version(2, "load=refuse")));

        await().untilAsserted(() ->
                assertThat(world.remark())
                        .startsWith("version 2 shall answer, which is not ready: ")
                        .contains("refuses to load")
                        .endsWith("; version 1 goes on"));
        assertThat(world.answers()).isEqualTo(1);

        world.serve(production(1, first));
        assertThat(world.remark()).isEmpty();
    }

    @Test
    void anotherSignatureDoesNotTakeOverUntilItIsAllowed() {
        var first = world.version(1, "width=2");
        var second = world.version(2, "width=3");
        world.serveUntil(1, production(1, first));
        world.serve(production(2, first, second));
        await().untilAsserted(() ->
                assertThat(world.remark())
                        .startsWith(
                                "version 2 is ready but not in service: its input 'x' is"
                                        + " float32[-1,3], version 1's is float32[-1,2]")
                        .contains("signatureChange: allow"));
        assertThat(world.answers()).isEqualTo(1);
        assertThat(world.call("m", new io.millrace.api.VersionRef.Numbered(2), "", 1, 2, 3))
                .extracting(answer -> answer.version())
                .isEqualTo(2);

        world.restart();
        world.serve(production(2, first, second));
        world.awaitServing(1);
        world.awaitReady(2);
        await().untilAsserted(() -> assertThat(world.remark()).contains("not in service"));
        assertThat(world.residency.serving(ResidencyWorld.key("m"))).hasValue(1);

        world.serve(production(2, first, second).withSignatureChange(SignatureChange.ALLOW));
        world.awaitServing(2);
        assertThat(world.call("m", ANY, "", 1, 2, 3).version()).isEqualTo(2);
        assertThat(world.remark()).isEmpty();
    }

    @Test
    void aCanaryOfAnotherSignatureGetsNothingUnlessAllowed() {
        var spec =
                production(1, world.version(1, "width=2"), world.version(2, "width=3"))
                        .withTraffic(new TrafficRule.Canary(2, 100, ""));
        world.serveUntil(1, spec);
        await().untilAsserted(() -> assertThat(world.remark()).contains("its input 'x' is"));
        assertThat(world.answers()).isEqualTo(1);
        world.serve(spec.withSignatureChange(SignatureChange.ALLOW));
        assertThat(world.remark()).isEmpty();
        assertThat(world.answers()).as("what fits only the base goes there").isEqualTo(1);
        assertThat(world.call("m", ANY, "", 1, 2, 3).version()).isEqualTo(2);
    }

    @Test
    void aShadowIsComparedAndNeverAnswers() {
        awaitTrial(two().withTraffic(new TrafficRule.Shadow(2, 50)));
        for (int i = 0; i < 20; i++) {
            assertThat(world.answers()).isEqualTo(1);
            int compared = (i + 1) / 2;
            await().untilAsserted(() -> assertThat(comparison().compared()).isEqualTo(compared));
        }
        assertThat(comparison()).isEqualTo(new Comparison(2, 10, 10, 0, 0));
        assertThat(world.traffic(2).calls()).isEqualTo(10);
        assertThat(world.traffic(1).calls()).isEqualTo(20);
    }

    @Test
    void aShadowThatAnswersOtherwiseOrFailsIsSeen() {
        awaitTrial(
                production(1, world.version(1, "width=2"), world.version(2, "factor=-1\npoison=7"))
                        .withTraffic(new TrafficRule.Shadow(2, 100)));
        world.call("m", ANY, "", 1, 2);
        await().untilAsserted(() -> assertThat(comparison().compared()).isEqualTo(1));
        assertThat(comparison().agreed()).isZero();
        world.call("m", ANY, "", 7, 2);
        await().untilAsserted(() -> assertThat(comparison().failed()).isEqualTo(1));
        assertThat(world.traffic(2).errors()).isEqualTo(1);
    }

    @Test
    void aHeldShadowDelaysNobody() {
        world.serveUntil(1, production(1, world.version(1, "width=2")));
        awaitTrial(two().withTraffic(new TrafficRule.Shadow(2, 100)));
        world.lastLoaded().hold();
        for (int i = 0; i < 500; i++) {
            assertThat(world.answers()).isEqualTo(1);
        }
        assertThat(comparison().compared()).isZero();
        assertThat(comparison().notMirrored()).isGreaterThan(400);
        world.lastLoaded().release();
        await().untilAsserted(() -> {
            Comparison seen = comparison();
            assertThat(seen.compared() + seen.notMirrored()).isEqualTo(500);
        });
    }

    @Test
    void aShadowSeesInputsWhoseMemoryIsGivenBackAfterTheCall() {
        world.serveUntil(1, production(1, world.version(1, "width=2")));
        awaitTrial(two().withTraffic(new TrafficRule.Shadow(2, 100)));
        world.lastLoaded().hold();
        try (var arena = Arena.ofShared()) {
            var data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2);
            var input = new Tensor.Numeric(DataType.FP32, Shape.of(1, 2), data);
            assertThat(world.call("m", ANY, "", input).version()).isEqualTo(1);
        }
        world.lastLoaded().release();
        await().untilAsserted(() -> assertThat(comparison().compared()).isEqualTo(1));
        assertThat(comparison().agreed()).isEqualTo(1);
    }

    private Comparison comparison() {
        return world.traffic().comparison().orElseThrow();
    }

    @Test
    void noCallFailsInThirtySwapsAndTheOldVersionsAreFreed() throws Exception {
        world.serveUntil(1, production(1, world.version(1, "factor=1")));
        var isOver = new AtomicBoolean();
        try (var callers = Executors.newFixedThreadPool(3)) {
            var running = new ArrayList<Future<Integer>>();
            Callable<Integer> caller =
                    () -> {
                        int last = 0;
                        while (!isOver.get()) {
                            int version = world.answers();
                            assertThat(version).isGreaterThanOrEqualTo(last);
                            last = version;
                        }
                        return last;
                    };
            for (int i = 0; i < 3; i++) {
                running.add(callers.submit(caller));
            }
            try {
                for (int next = 2; next <= 31; next++) {
                    world.serve(
                            production(
                                    next,
                                    world.version(next - 1, "factor=" + (next - 1)),
                                    world.version(next, "factor=" + next)));
                    world.awaitServing(next);
                }
            } finally {
                isOver.set(true);
            }
            for (Future<Integer> caught : running) {
                assertThat(caught.get(30, TimeUnit.SECONDS)).isBetween(1, 31);
            }
        }
        await().untilAsserted(() -> assertThat(world.inMemory()).isEqualTo(1));
        assertThat(world.engine.loaded()).hasSize(31);
    }

    @Test
    void aFailedSwapLeavesTheOldVersionAnswering() {
        var first = world.version(1, "width=2");
        world.serveUntil(1, production(1, first));
        world.serve(production(2, first, world.version(2, "load=refuse")));
        await().untilAsserted(
                        () -> assertThat(world.status(2).message()).contains("refuses to load"));
        assertThat(world.answers()).isEqualTo(1);
    }

    @Test
    void rollingBackLoadsTheOldVersionBesideTheNew() {
        var first = world.version(1, "width=2");
        var second = world.version(2, "factor=3");
        world.serveUntil(1, production(1, first));
        world.serveUntil(2, production(2, first, second));
        await().untilAsserted(() -> assertThat(world.inMemory()).isEqualTo(1));
        assertThat(world.status(1).isLoaded()).isFalse();
        world.serveUntil(1, production(1, first, second));
        assertThat(world.answers()).isEqualTo(1);
    }

    @Test
    void aVersionCalledByNameStaysInMemoryAfterItsTime() {
        var first = world.version(1, "width=2");
        var second = world.version(2, "factor=3");
        world.serveUntil(1, production(1, first));
        world.answers(1);
        world.serveUntil(2, production(2, first, second));
        assertThat(world.status(1).isLoaded()).isTrue();
        assertThat(world.answers(1)).isEqualTo(1);
        assertThat(world.engine.loaded()).hasSize(2);
    }

    @Test
    void unknownModelsHaveNoTraffic() {
        assertThat(world.residency.traffic(ResidencyWorld.key("none"))).isEmpty();
        assertThat(world.residency.remark(ResidencyWorld.key("none"))).isEmpty();
        assertFails(
                () -> world.residency.stickyHeader(ResidencyWorld.PROJECT, ResidencyWorld.MODEL),
                ErrorCode.NOT_FOUND,
                "does not exist");
    }
}
