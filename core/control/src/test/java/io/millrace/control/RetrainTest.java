package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.MonitorSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.TrafficRule;
import io.millrace.spi.DriftReport;
import io.millrace.spi.TrainingState.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** An experiment that trains again, stepped by hand: 100 declared samples, again after 200 more. */
final class RetrainTest {
    private static final ResourceKey EXPERIMENT = Given.key(Kind.EXPERIMENT, "mnist");
    private static final ResourceKey MODEL = Given.key(Kind.MODEL, "digits");
    private static final ResourceKey FIRST_RUN = GivenTraining.run("mnist-small");
    private static final MonitorSpec MONITOR =
            new MonitorSpec(
                    1,
                    new MonitorSpec.FirstRecords(100),
                    10,
                    MonitorSpec.Distance.PSI,
                    0.2,
                    1,
                    Optional.empty());
    private static final Duration A_LOOK = Duration.ofSeconds(4);

    private static RetrainSpec every(long records) {
        return rule(OptionalLong.of(records), Optional.empty(), 0.01, OptionalLong.empty());
    }

    private static RetrainSpec rule(
            OptionalLong every, Optional<String> drift, double improvement, OptionalLong window) {
        return new RetrainSpec(
                every,
                drift.map(ResourceName::new),
                MODEL.name(),
                "accuracy",
                true,
                improvement,
                window);
    }

    private static World world(RetrainSpec retrain, String... definitions) {
        World world =
                World.started(
                        Given.project(),
                        GivenTraining.definition("small"),
                        GivenTraining.definition("wide"),
                        GivenTraining.dataset("declared"));
        world.log.hold("digits", 0, 0, 100);
        world.apply(experiment(retrain, definitions));
        return world;
    }

    private static Manifest<?> experiment(RetrainSpec retrain, String... definitions) {
        return GivenTraining.experiment(
                "mnist",
                Optional.of("declared"),
                true,
                Optional.of(retrain),
                definitions.length == 0 ? new String[] {"small"} : definitions);
    }

    /** The first training has ended, and its version serves. */
    private static World inProduction(RetrainSpec retrain) {
        World world = world(retrain);
        finish(world, "mnist-small", 1);
        return world;
    }

    private static void finish(World world, String run, int version) {
        world.training.become(GivenTraining.run(run), Phase.FINISHED, "");
        world.settle();
        world.models.decide(MODEL, version, State.READY, "");
        world.settle();
    }

    /** More came, and was looked at. */
    private static void come(World world, long end) {
        world.log.hold("digits", 0, 0, end);
        look(world);
    }

    private static void look(World world) {
        world.time.advance(A_LOOK);
        world.settle();
    }

    private static Map<String, Integer> aliases(World world) {
        return ((ModelSpec) world.get(MODEL).spec()).aliases();
    }

    private static String result(World world) {
        return world.status(EXPERIMENT).details().getOrDefault("round result", "");
    }

    private static Optional<DatasetSpec> round(World world, int number) {
        return world.store
                .image()
                .find(Given.key(Kind.DATASET, "mnist-round-" + number), DatasetSpec.class)
                .map(dataset -> dataset.spec());
    }

    private static List<String> runs(World world) {
        return world.store.image().all(Kind.TRAINING_RUN).stream()
                .map(run -> run.key().name().value())
                .toList();
    }

    @Test
    void theFirstTrainingIsPromotedWhereNothingServes() {
        World world = world(every(200));
        world.training.become(FIRST_RUN, Phase.FINISHED, "");
        world.settle();
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Comparing");
        assertThat(world.ready(EXPERIMENT).message())
                .isEqualTo("version 1 of Model/digits is tried out");
        assertThat(aliases(world)).isEmpty();

        world.models.decide(MODEL, 1, State.READY, "");
        world.settle();

        assertThat(aliases(world)).isEqualTo(Map.of("production", 1));
        assertThat(world.get(EXPERIMENT).isReady()).isTrue();
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Waiting");
        assertThat(world.ready(EXPERIMENT).message())
                .isEqualTo(
                        "version 1 was promoted: no version was in production before it; trains again after 200 new records");
        assertThat(world.events.reasons(EXPERIMENT)).endsWith("Promoted");
        assertThat(world.judge.trials()).isEmpty();
        assertThat(((ModelSpec) world.get(MODEL).spec()).version(1).orElseThrow().decode())
                .isPresent();
    }

    @Test
    void trainsAgainAfterSoManyRecordsAndPromotesWhatIsBetter() {
        World world = inProduction(every(200));
        come(world, 299);
        assertThat(round(world, 1)).isEmpty();
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("new records", "at least 180 of 200");

        come(world, 300);

        DatasetSpec samples = round(world, 1).orElseThrow();
        assertThat(samples.ranges())
                .containsExactly(
                        TopicRange.of("digits", 0, 0, 100), TopicRange.of("digits", 0, 100, 300));
        assertThat(samples.split().heldBackFrom())
                .as("what the version in production was not trained on")
                .containsExactly(TopicRange.of("digits", 0, 100, 300));
        assertThat(samples.split().test()).isEqualTo(0.1);
        assertThat(runs(world)).containsExactly("mnist-small", "mnist-small-2");
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("dataset", "mnist-round-1")
                .containsEntry("round", "1")
                .containsEntry("round begun by", "200 new records");
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Training");

        world.judge.score(1, 0.9);
        world.judge.score(2, 0.95);
        finish(world, "mnist-small-2", 2);

        assertThat(aliases(world)).isEqualTo(Map.of("production", 2, "previous", 1));
        assertThat(result(world))
                .isEqualTo(
                        "version 2 was promoted: accuracy 0.9500 of version 2, 0.9000 of version 1, on 40 held-back samples");
        assertThat(world.judge.trials()).hasSize(1);
        assertThat(world.judge.trials().getFirst().versions()).containsExactly(2, 1);
        assertThat(world.judge.trials().getFirst().dataset()).isEqualTo(samples);
        assertThat(world.events.reasons(MODEL)).containsExactly("Promoted", "Promoted");
    }

    @Test
    void whatIsNotBetterByEnoughIsKeptAside() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.905);
        finish(world, "mnist-small-2", 2);

        assertThat(aliases(world)).isEqualTo(Map.of("production", 1));
        assertThat(((ModelSpec) world.get(MODEL).spec()).version(2)).isPresent();
        assertThat(result(world))
                .isEqualTo(
                        "not promoted: accuracy 0.9050 of version 2, 0.9000 of version 1, on 40 held-back samples; to take over it must be greater by 0.01000");
        assertThat(world.events.reasons(EXPERIMENT)).endsWith("NotPromoted");
        assertThat(world.get(EXPERIMENT).isReady()).isTrue();

        // The next round holds back from what came behind this one.
        come(world, 500);
        assertThat(round(world, 2).orElseThrow().ranges())
                .containsExactly(
                        TopicRange.of("digits", 0, 0, 100),
                        TopicRange.of("digits", 0, 100, 300),
                        TopicRange.of("digits", 0, 300, 500));
        assertThat(round(world, 2).orElseThrow().split().heldBackFrom())
                .containsExactly(TopicRange.of("digits", 0, 300, 500));
        world.judge.score(3, 0.8);
        finish(world, "mnist-small-3", 3);
        assertThat(round(world, 1)).as("the dataset of a round that is over").isEmpty();
    }

    @Test
    void whatProvesWorseGoesBackOnceAndDoesNotReturn() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.95);
        finish(world, "mnist-small-2", 2);
        assertThat(aliases(world)).containsEntry("production", 2);

        // On samples that came later, the version before is the better one.
        come(world, 500);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.7);
        world.judge.score(3, 0.8);
        finish(world, "mnist-small-3", 3);

        assertThat(world.judge.trials().getLast().versions()).containsExactly(3, 2, 1);
        assertThat(aliases(world)).isEqualTo(Map.of("production", 1));
        assertThat(result(world))
                .startsWith("rolled back to version 1: accuracy 0.8000 of version 3");
        assertThat(world.events.reasons(EXPERIMENT)).endsWith("RolledBack");

        // Versions 2 would be the better one again: it was worse once, and stays away.
        come(world, 700);
        world.judge.score(1, 0.5);
        world.judge.score(2, 0.99);
        world.judge.score(4, 0.4);
        finish(world, "mnist-small-4", 4);
        assertThat(world.judge.trials().getLast().versions()).containsExactly(4, 1);
        assertThat(aliases(world)).isEqualTo(Map.of("production", 1));
    }

    @Test
    void aNewVersionMustBeatTheBetterOfTheTwoThatServed() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.95);
        finish(world, "mnist-small-2", 2);
        come(world, 500);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.7);
        world.judge.score(3, 0.92);
        finish(world, "mnist-small-3", 3);
        assertThat(aliases(world))
                .as("a rollback leads to the one that was better")
                .isEqualTo(Map.of("production", 3, "previous", 1));
    }

    @Test
    void whatPeopleHavePromotedIsTheirsToTakeBack() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.8);
        finish(world, "mnist-small-2", 2);
        ModelSpec spec = (ModelSpec) world.get(MODEL).spec();
        world.apply(
                Given.manifest(MODEL, spec.withAliases(Map.of("production", 2, "previous", 1))));
        come(world, 500);
        world.judge.score(3, 0.6);
        finish(world, "mnist-small-3", 3);
        assertThat(world.judge.trials().getLast().versions()).containsExactly(3, 2);
        assertThat(aliases(world)).containsEntry("production", 2);
    }

    @Test
    void aDriftBeginsOneRoundAndItsEndAllowsAnother() {
        World world =
                world(rule(OptionalLong.empty(), Optional.of("digits"), 0, OptionalLong.empty()));
        finish(world, "mnist-small", 1);
        ModelSpec spec = (ModelSpec) world.get(MODEL).spec();
        world.apply(Given.manifest(MODEL, spec.withMonitor(MONITOR)));
        assertThat(world.ready(EXPERIMENT).message())
                .endsWith("trains again when model 'digits' drifts");
        come(world, 150);

        world.monitor.see(MODEL, 1, DriftReport.State.DRIFTED, "pressure");
        look(world);
        assertThat(round(world, 1)).as("50 new samples hold back 5").isEmpty();
        assertThat(world.ready(EXPERIMENT).message())
                .contains(
                        "as soon as enough new records are there, for model 'digits' has drifted");

        come(world, 200);
        assertThat(round(world, 1)).isPresent();
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("round begun by", "the drift of model 'digits' (version 1)");
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.9);
        finish(world, "mnist-small-2", 2);
        assertThat(result(world)).startsWith("not promoted");

        // It lasts, and more comes, and the server starts again: it has its answer.
        world.monitor.see(MODEL, 1, DriftReport.State.LEARNING, "");
        look(world);
        world.monitor.see(MODEL, 1, DriftReport.State.DRIFTED, "pressure still");
        come(world, 400);
        assertThat(round(world, 2)).isEmpty();

        world.monitor.see(MODEL, 1, DriftReport.State.STEADY, "");
        look(world);
        world.monitor.see(MODEL, 1, DriftReport.State.DRIFTED, "pressure again");
        look(world);
        assertThat(round(world, 2)).isPresent();
    }

    @Test
    void aRoundThatFailsIsToldAndTheNextOneComes() {
        World world = inProduction(every(200));
        come(world, 300);
        world.training.become(
                GivenTraining.run("mnist-small-2"), Phase.FAILED, "retention has removed a part");
        world.settle();

        Condition ready = world.ready(EXPERIMENT);
        assertThat(ready.reason()).isEqualTo("RetrainFailed");
        assertThat(ready.message())
                .isEqualTo(
                        "failed: no run has made a model: mnist-small-2: retention has removed a part; trains again after 200 new records");
        assertThat(world.events.reasons(EXPERIMENT)).endsWith("RetrainFailed");
        assertThat(aliases(world)).isEqualTo(Map.of("production", 1));
        come(world, 499);
        assertThat(round(world, 2)).isEmpty();

        come(world, 500);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.99);
        finish(world, "mnist-small-3", 2);
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Waiting");
        assertThat(aliases(world)).containsEntry("production", 2);
    }

    @Test
    void aVersionThatIsRejectedIsKeptAside() {
        World world = inProduction(every(200));
        come(world, 300);
        world.training.become(GivenTraining.run("mnist-small-2"), Phase.FINISHED, "");
        world.settle();
        world.models.decide(MODEL, 2, State.REJECTED, "an operation is unknown");
        world.settle();
        assertThat(result(world))
                .isEqualTo("not promoted: version 2 was rejected: an operation is unknown");
        assertThat(world.judge.trials()).isEmpty();
    }

    @Test
    void whatMakesNoVersionFailsTheRound() {
        World world = inProduction(every(200));
        world.runModels.refuse("the run made a model as [pth], which Millrace does not serve");
        come(world, 300);
        world.training.become(GivenTraining.run("mnist-small-2"), Phase.FINISHED, "");
        world.settle();
        assertThat(result(world))
                .startsWith("failed: no version could be made of it")
                .contains("pth");
    }

    @Test
    void samplesThatCannotBeAnsweredPromoteNothing() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.fail("the samples are gone", false);
        finish(world, "mnist-small-2", 2);
        assertThat(result(world))
                .isEqualTo("not promoted: versions could not be compared: the samples are gone");

        come(world, 500);
        world.judge.comeBack();
        world.judge.refuse(1, "it takes inputs of another size");
        world.judge.score(3, 0.99);
        finish(world, "mnist-small-3", 3);
        assertThat(result(world))
                .isEqualTo(
                        "not promoted: version 1, which is in production, could not answer the held-back samples: it takes inputs of another size");
    }

    @Test
    void aModelThatIsBusyIsComparedLater() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.fail("version 1 cannot answer now: overloaded", true);
        finish(world, "mnist-small-2", 2);
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Unavailable");
        world.judge.comeBack();
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.95);
        world.time.advance(Duration.ofMinutes(1));
        world.settle();
        assertThat(aliases(world)).containsEntry("production", 2);
    }

    @Test
    void theBestOfARoundIsTheOneThatIsCompared() {
        World world = world(every(200), "small", "wide");
        world.runModels.report(FIRST_RUN, Map.of("accuracy", 0.7), "digits:0:0:100");
        world.runModels.report(
                GivenTraining.run("mnist-wide"),
                Map.of("sparse_categorical_accuracy", 0.8),
                "digits:0:0:100");
        world.training.become(FIRST_RUN, Phase.FINISHED, "");
        finish(world, "mnist-wide", 1);
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("candidate", "version 1 of mnist-wide");
    }

    @Test
    void aModelWithoutAliasGoesOnServingUntilTheNewVersionIsJudged() {
        World world =
                World.started(
                        Given.project(),
                        GivenTraining.definition("small"),
                        GivenTraining.dataset("declared"),
                        Given.manifest(
                                MODEL,
                                ModelSpec.of(
                                        "tensorflow",
                                        List.of(new ModelSpec.Version(7, "blob:sha256:old")),
                                        Map.of())));
        world.models.decide(MODEL, 7, State.READY, "");
        world.apply(experiment(every(200)));
        world.training.become(FIRST_RUN, Phase.FINISHED, "");
        world.settle();
        assertThat(aliases(world)).isEqualTo(Map.of("production", 7));
        world.judge.score(7, 0.5);
        world.judge.score(8, 0.9);
        world.models.decide(MODEL, 8, State.READY, "");
        world.settle();
        assertThat(aliases(world)).isEqualTo(Map.of("production", 8, "previous", 7));
    }

    @Test
    void trafficThatIsPinnedStaysWhereItIs() {
        World world = inProduction(every(200));
        ModelSpec spec = (ModelSpec) world.get(MODEL).spec();
        world.apply(Given.manifest(MODEL, spec.withTraffic(new TrafficRule.Pinned(1))));
        come(world, 300);
        finish(world, "mnist-small-2", 2);
        assertThat(result(world))
                .isEqualTo("not promoted: version 2 waits: the traffic is pinned to version 1");
    }

    @Test
    void aServerThatStartsAgainGoesOnWhereItWas() {
        World world = inProduction(every(200));
        come(world, 300);
        assertThat(runs(world)).hasSize(2);
        world.restart();
        world.log.hold("digits", 0, 0, 320);
        look(world);
        assertThat(runs(world)).hasSize(2);
        assertThat(round(world, 2)).isEmpty();

        world.models.decide(MODEL, 1, State.READY, "");
        world.training.become(GivenTraining.run("mnist-small-2"), Phase.FINISHED, "");
        world.settle();
        world.restart();
        world.log.hold("digits", 0, 0, 320);
        world.models.decide(MODEL, 1, State.READY, "");
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.95);
        world.models.decide(MODEL, 2, State.READY, "");
        look(world);
        assertThat(aliases(world)).isEqualTo(Map.of("production", 2, "previous", 1));
        assertThat(((ModelSpec) world.get(MODEL).spec()).versions()).hasSize(2);
    }

    @Test
    void aStatusThatACrashHasLostIsFoundAgain() {
        World world = inProduction(every(200));
        var before = world.status(EXPERIMENT);
        come(world, 300);
        // As if the process had ended after the dataset was made and before its status was.
        world.stop();
        world.store.delete(GivenTraining.run("mnist-small-2"), Optional.empty());
        world.store.putStatus(EXPERIMENT, world.get(EXPERIMENT).metadata().uid(), before);
        world.boot();
        world.log.hold("digits", 0, 0, 900);
        look(world);
        assertThat(runs(world)).containsExactly("mnist-small", "mnist-small-2");
        assertThat(round(world, 2)).isEmpty();
        assertThat(world.status(EXPERIMENT).details()).containsEntry("round", "1");
    }

    @Test
    void aRoundWhoseDatasetSomebodyRemovedDoesNotBeginAnew() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.8);
        finish(world, "mnist-small-2", 2);
        world.delete(Given.key(Kind.DATASET, "mnist-round-1"));
        come(world, 499);
        assertThat(runs(world)).hasSize(2);
        come(world, 500);
        assertThat(round(world, 2).orElseThrow().split().heldBackFrom())
                .containsExactly(TopicRange.of("digits", 0, 300, 500));
    }

    @Test
    void anotherDatasetBeginsAnew() {
        World world = inProduction(every(200));
        come(world, 300);
        world.judge.score(1, 0.9);
        world.judge.score(2, 0.8);
        finish(world, "mnist-small-2", 2);
        world.apply(
                Given.manifest(
                        Given.key(Kind.DATASET, "other"), GivenTraining.samples("digits:0:0:400")));
        world.log.hold("digits", 0, 0, 400);
        world.apply(
                GivenTraining.experiment(
                        "mnist", Optional.of("other"), true, Optional.of(every(200)), "small"));
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("dataset", "other")
                .containsEntry("round", "0");
        assertThat(runs(world)).contains("mnist-small-3");
        world.judge.score(3, 0.7);
        finish(world, "mnist-small-3", 3);
        come(world, 600);
        assertThat(round(world, 2).orElseThrow().ranges())
                .as("numbers of rounds are not given again")
                .containsExactly(
                        TopicRange.of("digits", 0, 0, 400), TopicRange.of("digits", 0, 400, 600));
    }

    private static List<Refusal> refusals(World world, String metric, long every, long window) {
        var rule =
                new RetrainSpec(
                        OptionalLong.of(every),
                        Optional.empty(),
                        MODEL.name(),
                        metric,
                        false,
                        0,
                        OptionalLong.of(window));
        return Admission.check(world.store.image(), List.of(experiment(rule)));
    }

    @Test
    void rulesThatCannotBeFollowedAreRefused() {
        World world = world(every(200));
        assertThat(refusals(world, "val_loss", 0, 0))
                .extracting(Refusal::pointer)
                .containsExactly(
                        "/spec/retrain/metric", "/spec/retrain/every", "/spec/retrain/window");
        assertThat(refusals(world, "mae", 200, 199))
                .singleElement()
                .satisfies(refusal ->
                        assertThat(refusal.message()).contains("199 records are fewer than 200"));
        assertThat(refusals(world, "mean_absolute_error", 200, 200)).isEmpty();
    }

    @Test
    void aDatasetThatNobodyNamedYetIsWaitedForAndThenGoneOnFrom() {
        World world = World.started(Given.project(), GivenTraining.definition("small"));
        world.apply(
                GivenTraining.experiment(
                        "mnist", Optional.empty(), true, Optional.of(every(200)), "small"));
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("WaitingForData");
        world.announcements.announce(GivenTraining.announcement(1, 0, world.time.now()));
        world.log.hold("digits", 0, 0, 100);
        world.settle();
        finish(world, "mnist-small", 1);
        assertThat(aliases(world)).containsEntry("production", 1);

        world.time.advance(A_LOOK);
        world.announcements.announce(GivenTraining.announcement(1, 100, world.time.now()));
        assertThat(world.events.of(Given.key(Kind.DATASET, "KAFKA-ML-CONTROL-TOPIC-0-100")))
                .as("its records count towards the next round")
                .isEmpty();
        come(world, 300);
        assertThat(world.status(EXPERIMENT).details())
                .containsEntry("first dataset", "KAFKA-ML-CONTROL-TOPIC-0-0")
                .containsEntry("dataset", "mnist-round-1");
        assertThat(runs(world)).containsExactly("mnist-small", "mnist-small-2");
    }

    @Test
    void anOpenDatasetGoesOnFromWhereItsRunsFoundItsEnd() {
        World world =
                World.started(
                        Given.project(),
                        GivenTraining.definition("small"),
                        Given.manifest(
                                Given.key(Kind.DATASET, "declared"),
                                GivenTraining.samples("digits")));
        world.log.hold("digits", 0, 0, 150);
        world.apply(experiment(every(200)));
        world.runModels.report(FIRST_RUN, Map.of("accuracy", 0.7), "digits:0:0:100");
        finish(world, "mnist-small", 1);
        come(world, 300);
        assertThat(round(world, 1).orElseThrow().ranges())
                .containsExactly(
                        TopicRange.of("digits", 0, 0, 100), TopicRange.of("digits", 0, 100, 300));
    }

    @Test
    void runsOfOldRoundsAreRemoved() {
        World world = inProduction(every(200));
        world.judge.score(1, 0.9);
        for (int round = 1; round <= 7; round++) {
            come(world, 100 + 200 * round);
            world.judge.score(round + 1, 0.5);
            finish(world, "mnist-small-" + (round + 1), round + 1);
        }
        assertThat(runs(world))
                .as("the first training, and the last five rounds")
                .containsExactlyInAnyOrder(
                        "mnist-small",
                        "mnist-small-4",
                        "mnist-small-5",
                        "mnist-small-6",
                        "mnist-small-7",
                        "mnist-small-8");
        assertThat(world.store.image().all(Kind.DATASET)).hasSize(2);
        assertThat(((ModelSpec) world.get(MODEL).spec()).versions()).hasSize(8);
    }

    @Test
    void theLogThatIsAwayIsAskedAgain() {
        World world = inProduction(every(200));
        world.log.goDown();
        look(world);
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Unavailable");
        world.log.comeBack();
        world.time.advance(Duration.ofMinutes(1));
        come(world, 300);
        assertThat(round(world, 1)).isPresent();
    }
}
