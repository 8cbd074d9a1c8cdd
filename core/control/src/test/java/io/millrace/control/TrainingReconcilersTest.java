package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrainingRunSpec;
import io.millrace.spi.DataAnnouncements.Announcement;
import io.millrace.spi.DatasetHost;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.testkit.FakeTrainingHost;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class TrainingReconcilersTest {
    private static final ResourceKey SMALL = Given.key(Kind.MODEL_DEFINITION, "small");
    private static final ResourceKey SENT = Given.key(Kind.DATASET, "KAFKA-ML-CONTROL-TOPIC-0-7");
    private static final ResourceKey EXPERIMENT = Given.key(Kind.EXPERIMENT, "mnist");
    private static final ResourceKey RUN = GivenTraining.run("mnist-small");
    private static final ResourceKey OTHER_RUN = GivenTraining.run("mnist-wide");

    private static World world() {
        return World.started(
                Given.project(),
                GivenTraining.definition("small"),
                GivenTraining.definition("wide"));
    }

    private static String number(World world, String experiment) {
        return world.status(Given.key(Kind.EXPERIMENT, experiment))
                .details()
                .getOrDefault("number", "");
    }

    @Nested
    final class Definitions {
        @Test
        void mistakesAreShownWithTheUsersLine() {
            World world = world();
            assertThat(world.ready(SMALL).reason()).isEqualTo("Checking");

            world.training.decide(
                    SMALL, new DefinitionState.Invalid("small.py, line 3: no 'model'"));
            world.settle();
            assertThat(world.get(SMALL).isReady()).isFalse();
            assertThat(world.ready(SMALL).reason()).isEqualTo("Invalid");
            assertThat(world.ready(SMALL).message()).contains("line 3");

            world.training.decide(
                    SMALL, new DefinitionState.Valid("50,890 parameters", "lr is new"));
            world.settle();
            assertThat(world.get(SMALL).isReady()).isTrue();
            assertThat(world.ready(SMALL).message()).isEqualTo("lr is new");
            assertThat(world.status(SMALL).details()).containsEntry("model", "50,890 parameters");

            world.training.decide(SMALL, new DefinitionState.Unknown("no package index"));
            world.settle();
            assertThat(world.ready(SMALL).reason()).isEqualTo("NotChecked");
        }

        @Test
        void aDefinitionThatIsGoneIsForgotten() {
            World world = world();
            world.training.decide(SMALL, new DefinitionState.Valid("", ""));
            world.delete(SMALL);
            assertThat(world.training.definition(SMALL)).isEmpty();
        }
    }

    @Nested
    final class Datasets {
        private final ResourceKey key = Given.key(Kind.DATASET, "digits");

        @Test
        void saysWhatTheLogHas() {
            World world = world();
            world.apply(GivenTraining.dataset("digits"));
            assertThat(world.ready(key).reason()).isEqualTo("Checking");

            world.datasets.find(key, new DatasetHost.State(100, 5, "uint8 28x28", "", ""));
            world.settle();
            assertThat(world.get(key).isReady()).isTrue();
            assertThat(world.status(key).details())
                    .containsEntry("records", "100")
                    .containsEntry("unlabelled", "5")
                    .containsEntry("ranges", "digits:0:0:100")
                    .containsEntry("sample", "uint8 28x28");

            world.datasets.find(key, new DatasetHost.State(0, 0, "", "Expired", "removed at 50"));
            world.settle();
            assertThat(world.ready(key).reason()).isEqualTo("Expired");
            assertThat(world.ready(key).message()).isEqualTo("removed at 50");

            world.delete(key);
            assertThat(world.datasets.knows(key)).isFalse();
        }

        @Test
        void isDeniedWhatBelongsToOthers() {
            World world = world();
            world.apply(GivenTraining.dataset("digits"));
            assertThat(world.datasets.knows(key)).isTrue();
            for (String topic : List.of("other.source.cameras", "__consumer_offsets")) {
                world.apply(Given.manifest(key, GivenTraining.samples(topic + ":0:0:100")));
                assertThat(world.ready(key).reason()).isEqualTo("Denied");
                assertThat(world.ready(key).message()).contains("belongs to");
                assertThat(world.datasets.knows(key)).isFalse();
            }
            String own = key.project() + ".source.cameras:0:0:100";
            world.apply(Given.manifest(key, GivenTraining.samples(own)));
            assertThat(world.datasets.knows(key)).isTrue();
        }
    }

    @Nested
    final class Experiments {
        @Test
        void numbersCountFromOneAndStayAcrossARestart() {
            World world = world();
            world.put(
                    GivenTraining.experiment("b", "small"), GivenTraining.experiment("a", "small"));
            world.settle();
            assertThat(List.of(number(world, "a"), number(world, "b")))
                    .containsExactlyInAnyOrder("1", "2");
            String kept = number(world, "b");

            world.delete(Given.key(Kind.EXPERIMENT, "a"));
            world.restart();
            world.apply(GivenTraining.experiment("c", "small"));

            assertThat(number(world, "b")).isEqualTo(kept);
            assertThat(number(world, "c")).isNotEqualTo(kept);
        }

        @Test
        void waitsForSamplesOfItsNumberAndThenTrainsEachDefinition() {
            World world = world();
            world.apply(GivenTraining.experiment("mnist", "small", "wide"));
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("WaitingForData");
            assertThat(world.ready(EXPERIMENT).message()).contains("number 1");

            announce(world, 1, 7);

            assertThat(world.store.image().find(SENT)).isPresent();
            assertThat(world.training.plan(RUN).orElseThrow().definition().source().file())
                    .isEqualTo("small.py");
            assertThat(world.training.plan(OTHER_RUN).orElseThrow().dataset())
                    .isEqualTo(GivenTraining.samples("digits:0:7:107"));
            assertThat(world.status(EXPERIMENT).details())
                    .containsEntry("dataset", SENT.name().value())
                    .containsEntry("run mnist-small", "queued");
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Training");

            world.training.become(RUN, Phase.FINISHED, "");
            world.settle();
            assertThat(world.ready(EXPERIMENT).message()).isEqualTo("1 of 2 runs have ended");
            world.training.become(OTHER_RUN, Phase.FINISHED, "");
            world.settle();
            assertThat(world.get(EXPERIMENT).isReady()).isTrue();
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Finished");
        }

        @Test
        void aRunThatFailedIsNamed() {
            World world = world();
            world.apply(
                    GivenTraining.dataset("digits"),
                    GivenTraining.experimentOn("digits", "mnist", "small"));
            world.training.become(RUN, Phase.FAILED, "out of memory");
            world.settle();
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("RunsFailed");
            assertThat(world.ready(EXPERIMENT).message()).isEqualTo("mnist-small: out of memory");
        }

        @Test
        void theFirstAnnouncementWinsAndTheSameOneTwiceIsOne() {
            World world = world();
            world.apply(GivenTraining.experiment("mnist", "small"));
            announce(world, 1, 7);
            announce(world, 1, 7);
            world.time.advance(Duration.ofSeconds(1));
            announce(world, 1, 8);

            assertThat(world.store.image().all(Kind.DATASET)).hasSize(2);
            assertThat(runs(world)).containsExactly(RUN);
            assertThat(world.status(EXPERIMENT).details())
                    .containsEntry("dataset", SENT.name().value());
            ResourceKey later = Given.key(Kind.DATASET, "KAFKA-ML-CONTROL-TOPIC-0-8");
            assertThat(world.events.of(later))
                    .singleElement()
                    .satisfies(event -> assertThat(event.message()).contains("has its samples"));
        }

        @Test
        void whatWasSaidBeforeItWasThereIsNotForIt() {
            World world = world();
            announce(world, 1, 7);
            assertThat(world.events.of(SENT).getFirst().message())
                    .isEqualTo("no experiment has number 1");
            world.time.advance(Duration.ofMinutes(5));
            world.apply(GivenTraining.experiment("mnist", "small"));
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("WaitingForData");

            // Read late: it was written long before the experiment was there.
            world.announcements.announce(
                    GivenTraining.announcement(
                            1, 8, world.time.now().minus(Duration.ofMinutes(2))));
            world.settle();
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("WaitingForData");
            assertThat(
                            world.events
                                    .of(Given.key(Kind.DATASET, "KAFKA-ML-CONTROL-TOPIC-0-8"))
                                    .getFirst()
                                    .message())
                    .contains("before Experiment/mnist was made");

            announce(world, 2, 9);
            assertThat(runs(world)).isEmpty();
            announce(world, 1, 10);
            assertThat(runs(world)).containsExactly(RUN);
        }

        @Test
        void aLogThatBeganAnewHasOtherDatasets() {
            World world = world();
            announce(world, 1, 7);
            world.time.advance(Duration.ofMinutes(5));
            announce(world, 1, 7);
            assertThat(world.store.image().all(Kind.DATASET)).hasSize(2);
        }

        @Test
        void samplesOfALiveStreamAreTrainedOnUntilItIsSilent() {
            World world = world();
            world.apply(GivenTraining.experiment("mnist", "small"));
            Announcement once = GivenTraining.announcement(1, 7, world.time.now());
            world.announcements.announce(
                    new Announcement(
                            once.project(),
                            once.number(),
                            once.position(),
                            once.time(),
                            once.dataset(),
                            true));
            world.settle();
            assertThat(world.training.plan(RUN).orElseThrow().spec().online().orElseThrow().idle())
                    .contains(Duration.ofMinutes(1));
        }

        @Test
        void whatIsMissingIsNamedUntilItIsThere() {
            World world = world();
            world.apply(GivenTraining.experimentOn("digits", "mnist", "small", "deep"));
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("UnknownModelDefinition");
            assertThat(world.ready(EXPERIMENT).message()).contains("'deep'");

            world.apply(GivenTraining.definition("deep"));
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("UnknownDataset");
            assertThat(world.ready(EXPERIMENT).message()).contains("'digits'");

            world.apply(GivenTraining.dataset("digits"));
            assertThat(runs(world)).hasSize(2);
        }

        @Test
        void onlyKeptItDoesNothing() {
            World world = world();
            world.apply(
                    GivenTraining.dataset("digits"),
                    GivenTraining.experiment(
                            "mnist", Optional.of("digits"), false, Optional.empty(), "small"));
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Kept");
            assertThat(runs(world)).isEmpty();
            assertThat(number(world, "mnist")).isEmpty();
            world.apply(GivenTraining.experiment("other", "small"));
            assertThat(number(world, "other")).isEqualTo("1");
        }

        @Test
        void anotherDatasetIsAnotherRoundAndADeletedRunStaysAway() {
            World world = world();
            world.apply(
                    GivenTraining.dataset("digits"),
                    GivenTraining.dataset("more"),
                    GivenTraining.experimentOn("digits", "mnist", "small"));
            world.training.become(RUN, Phase.FINISHED, "");
            world.settle();
            world.apply(GivenTraining.experimentOn("more", "mnist", "small"));
            ResourceKey second = GivenTraining.run("mnist-small-2");
            assertThat(runs(world)).containsExactly(RUN, second);

            world.delete(second);
            world.restart();
            assertThat(runs(world)).containsExactly(RUN);
            assertThat(world.training.removed()).contains(second);
        }

        @Test
        void afterARestartThingsAreAsTheyWere() {
            World world = world();
            world.apply(GivenTraining.experiment("mnist", "small", "wide"));
            announce(world, 1, 7);
            List<ResourceKey> before = runs(world);
            world.time.advance(Duration.ofMinutes(1));
            world.restart();
            assertThat(runs(world)).isEqualTo(before);
            assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Training");
        }
    }

    @Nested
    final class Runs {
        private final ResourceKey key = GivenTraining.run("one");

        private World running() {
            World world = world();
            world.apply(
                    GivenTraining.dataset("digits"), GivenTraining.run("one", "small", "digits"));
            return world;
        }

        @Test
        void saysHowFarItIs() {
            World world = running();
            assertThat(world.ready(key).reason()).isEqualTo("Queued");
            world.training.become(
                    key,
                    FakeTrainingHost.state(Phase.TRAINING, 2, 3, Map.of("val_loss", 0.123456), ""));
            world.settle();
            assertThat(world.get(key).isReady()).isFalse();
            assertThat(world.ready(key).reason()).isEqualTo("Training");
            assertThat(world.status(key).details())
                    .containsEntry("phase", "training")
                    .containsEntry("epoch", "2 of 3")
                    .containsEntry("metric val_loss", "0.1235");

            world.training.become(key, Phase.FINISHED, "");
            world.settle();
            assertThat(world.get(key).isReady()).isTrue();
            assertThat(world.events.reasons(key)).containsExactly("RunFinished");
        }

        @Test
        void aFaultIsShownWithItsReason() {
            World world = running();
            world.training.become(key, Phase.FAILED, "the trainer was killed: out of memory");
            world.settle();
            Condition ready = world.ready(key);
            assertThat(ready.reason()).isEqualTo("Failed");
            assertThat(ready.message()).contains("out of memory");
            assertThat(world.status(key).details()).containsEntry("fault", "TrainerKilled");
            assertThat(world.events.reasons(key)).containsExactly("RunFailed");
        }

        @Test
        void whatItNeedsIsNamed() {
            World world = world();
            world.apply(GivenTraining.run("one", "deep", "digits"));
            assertThat(world.ready(key).reason()).isEqualTo("UnknownModelDefinition");
            world.apply(GivenTraining.definition("deep"));
            assertThat(world.ready(key).reason()).isEqualTo("UnknownDataset");
        }

        @Test
        void isStoppedAndRemoved() {
            World world = running();
            world.apply(Given.manifest(key, GivenTraining.runSpec("small", "digits").stopped()));
            assertThat(world.ready(key).reason()).isEqualTo("Stopped");
            world.delete(key);
            assertThat(world.training.removed()).contains(key);
        }

        @Test
        void onlyStoppingChangesIt() {
            World world = running();
            TrainingRunSpec spec = GivenTraining.runSpec("small", "digits");
            assertThat(check(world, Given.manifest(key, spec))).isEmpty();
            assertThat(check(world, Given.manifest(key, spec.stopped()))).isEmpty();
            assertThat(check(world, Given.manifest(key, GivenTraining.runSpec("wide", "digits"))))
                    .singleElement()
                    .satisfies(refusal -> {
                        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(refusal.message()).contains("only stopped");
                    });
            world.apply(Given.manifest(key, spec.stopped()));
            assertThat(check(world, Given.manifest(key, spec)).getFirst().message())
                    .contains("does not go on");
        }
    }

    @Test
    void whatRunsUseStaysUntilTheyHaveEnded() {
        World world = world();
        world.apply(
                GivenTraining.dataset("digits"),
                GivenTraining.experimentOn("digits", "mnist", "small"));
        ResourceKey digits = Given.key(Kind.DATASET, "digits");
        assertThat(refusal(world, EXPERIMENT)).contains("is used by fashion/TrainingRun/");
        assertThat(refusal(world, digits)).contains("Experiment/mnist").contains("TrainingRun/");
        assertThat(refusal(world, SMALL)).contains("Experiment/mnist");

        world.training.become(RUN, Phase.FINISHED, "");
        world.settle();
        assertThat(refusal(world, EXPERIMENT)).isEmpty();
        assertThat(refusal(world, SMALL)).contains("Experiment/mnist").doesNotContain("Run");
        world.delete(EXPERIMENT);
        assertThat(refusal(world, SMALL)).isEmpty();
        assertThat(refusal(world, digits)).isEmpty();

        // The run stays what it is without what it was made of.
        world.delete(SMALL);
        world.delete(digits);
        assertThat(world.get(RUN).isReady()).isTrue();
    }

    @Test
    void anExperimentThatIsMadeAgainHasRunsOfItsOwn() {
        World world = world();
        world.apply(
                GivenTraining.dataset("digits"),
                GivenTraining.experimentOn("digits", "mnist", "small"));
        world.training.become(RUN, Phase.FINISHED, "");
        world.settle();
        world.delete(EXPERIMENT);
        world.time.advance(Duration.ofSeconds(1));
        world.apply(GivenTraining.experimentOn("digits", "mnist", "small"));
        assertThat(runs(world)).containsExactly(RUN, GivenTraining.run("mnist-small-2"));
        assertThat(world.ready(EXPERIMENT).reason()).isEqualTo("Training");
    }

    private static void announce(World world, long number, long offset) {
        world.announcements.announce(GivenTraining.announcement(number, offset, world.time.now()));
        world.settle();
    }

    private static List<ResourceKey> runs(World world) {
        return world.store.image().all(Kind.TRAINING_RUN).stream()
                .<ResourceKey>map(run -> run.key())
                .toList();
    }

    private static List<Refusal> check(
            World world, io.millrace.api.Manifest<TrainingRunSpec> manifest) {
        return Admission.check(world.store.image(), List.of(manifest));
    }

    private static String refusal(World world, ResourceKey key) {
        return Admission.checkDelete(world.store.image(), key).map(Refusal::message).orElse("");
    }
}
