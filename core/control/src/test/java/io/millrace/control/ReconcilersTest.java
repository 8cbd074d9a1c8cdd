package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.api.Condition;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec.Parameter;
import io.millrace.api.FunctionSpec.ParameterType;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.MonitorSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.spi.DriftReport;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelinePlan.Input;
import io.millrace.spi.PipelineState;
import io.millrace.spi.SourceState;
import io.millrace.testkit.FakePipelineHost.Removal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ReconcilersTest {
    private static final ResourceKey CAMERA = Given.key(Kind.DATA_SOURCE, "camera");
    private static final ResourceKey PIPELINE = Given.key(Kind.PIPELINE, "p");
    private static final ResourceKey FUNCTION = Given.key(Kind.FUNCTION, "f");
    private static final ResourceKey MODEL = Given.key(Kind.MODEL, "m");
    private static final String LOG_TOPIC = "fashion.source.camera.image";

    private static Manifest<?> camera() {
        return Given.source("camera", Map.of("kind", "image"), Given.field("image", "images"));
    }

    private static World world(Manifest<?>... more) {
        World world =
                World.started(Given.project(), Given.category("kind", "image", "sound"), camera());
        world.apply(more);
        return world;
    }

    private static PipelineSpec.Selection images() {
        return Given.categories(Map.of("kind", List.of("image")));
    }

    @Nested
    final class Projects {
        @Test
        void aServiceDomainThatIsNotThereIsNamed() {
            World world =
                    World.started(
                            new Manifest<>(
                                    ResourceKey.ofProject(Given.PROJECT),
                                    "",
                                    Map.of(),
                                    new ProjectSpec("", List.of(), List.of("local", "mars"))));

            Condition ready = world.ready(ResourceKey.ofProject(Given.PROJECT));
            assertThat(ready.reason()).isEqualTo("UnknownServiceDomain");
            assertThat(ready.message()).contains("mars").doesNotContain("local,");
        }
    }

    @Nested
    final class DataSources {
        @Test
        void getsItsTopicsAndTakesData() {
            World world = world();

            assertThat(world.log.topics()).containsExactly(LOG_TOPIC);
            var routes = world.mqtt.binding(CAMERA).orElseThrow().routes();
            assertThat(routes).hasSize(1);
            assertThat(routes.getFirst().topic()).isEqualTo("images");
            assertThat(routes.getFirst().logTopic()).isEqualTo(LOG_TOPIC);
            assertThat(world.get(CAMERA).isReady()).isTrue();
            assertThat(world.status(CAMERA).details())
                    .containsEntry("field image", "images -> " + LOG_TOPIC);
        }

        @Test
        void anUnknownCategoryIsNamedUntilItIsThere() {
            World world = world(Given.source("b", Map.of("site", "sfo"), Given.field("x", "t")));
            ResourceKey key = Given.key(Kind.DATA_SOURCE, "b");
            assertThat(world.ready(key).reason()).isEqualTo("UnknownCategory");
            assertThat(world.ready(key).message()).contains("'site'").contains("'x'");
            assertThat(world.mqtt.binding(key)).as("data is taken meanwhile").isPresent();

            world.apply(Given.category("site", "sjc"));
            assertThat(world.ready(key).message()).contains("no value 'sfo'").contains("sjc");

            world.apply(Given.category("site", "sjc", "sfo"));
            assertThat(world.get(key).isReady()).isTrue();
            assertThat(world.mqtt.binding(key)).isPresent();
        }

        @Test
        void aTopicBelongsToTheOlderSourceUntilThatIsGone() {
            World world = world();
            world.time.advance(Duration.ofSeconds(1));
            world.apply(Given.source("a-second", Map.of(), Given.field("x", "images")));
            ResourceKey second = Given.key(Kind.DATA_SOURCE, "a-second");
            assertThat(world.ready(second).reason()).isEqualTo("Conflict");
            assertThat(world.ready(second).message()).contains("'images'").contains("'camera'");
            assertThat(world.get(CAMERA).isReady()).isTrue();

            world.delete(CAMERA);

            assertThat(world.get(second).isReady()).isTrue();
            assertThat(world.mqtt.binding(CAMERA)).isEmpty();
        }

        @Test
        void aFarSideThatIsAwayIsShownUntilItIsBack() {
            World world = world();
            world.mqtt.say(CAMERA, new SourceState(false, "BrokerAway", "connection refused"));
            world.settle();
            assertThat(world.ready(CAMERA).reason()).isEqualTo("BrokerAway");
            assertThat(world.ready(CAMERA).message()).isEqualTo("connection refused");
            assertThat(world.get(CAMERA).isReady()).isFalse();
            assertThat(world.status(CAMERA).details()).containsKey("field image");

            world.mqtt.say(CAMERA, SourceState.LISTENING);
            world.settle();
            assertThat(world.get(CAMERA).isReady()).isTrue();
            assertThat(world.ready(CAMERA).reason()).isEqualTo("Listening");
        }

        @Test
        void thatAFarSideGoesAndComesBackAreEvents() {
            World world = world();
            assertThat(world.events.of(CAMERA)).isEmpty();
            var away = new SourceState(false, "BrokerAway", "connection refused");
            world.mqtt.say(CAMERA, away);
            world.settle();
            world.mqtt.say(CAMERA, away);
            world.settle();
            world.mqtt.say(CAMERA, new SourceState(false, "Connecting", "once more"));
            world.settle();
            world.mqtt.say(CAMERA, SourceState.LISTENING);
            world.settle();
            assertThat(world.events.of(CAMERA))
                    .extracting(EventLog.Event::severity, EventLog.Event::reason)
                    .containsExactly(
                            tuple(EventLog.Severity.WARNING, "BrokerAway"),
                            tuple(EventLog.Severity.NORMAL, "Listening"));
        }

        @Test
        void whatTheConnectorRefusesIsShownAndTriedAgain() {
            World world = world();
            world.mqtt.failNext(
                    new MillraceException(ErrorCode.CONFLICT, "topic 'a/+' overlaps another"));
            world.apply(Given.source("b", Map.of(), Given.field("x", "a/+")));
            ResourceKey key = Given.key(Kind.DATA_SOURCE, "b");
            assertThat(world.ready(key).reason()).isEqualTo("Conflict");

            world.time.advance(Duration.ofMillis(200));
            world.settle();

            assertThat(world.get(key).isReady()).isTrue();
        }
    }

    @Nested
    final class Functions {
        @Test
        void isReadyWhenItsEnvironmentIs() {
            World world = world(Given.function("f", "x"));
            assertThat(world.ready(FUNCTION).reason()).isEqualTo("BuildingEnvironment");

            world.functions.become(FUNCTION, new EnvironmentState.Ready());
            world.settle();

            assertThat(world.get(FUNCTION).isReady()).isTrue();
        }

        @Test
        void isForgottenWhenDeleted() {
            World world = world(Given.function("f", "x"));
            assertThat(world.functions.knows(FUNCTION)).isTrue();

            world.delete(FUNCTION);

            assertThat(world.functions.knows(FUNCTION)).isFalse();
        }
    }

    @Nested
    final class Models {
        @Test
        void showsWhatBecameOfItsVersions() {
            World world = world(Given.model("m", Map.of(), Given.version(1), Given.version(2)));
            assertThat(world.ready(MODEL).reason()).isEqualTo("Loading");

            world.models.decide(MODEL, 1, State.READY, "");
            world.models.decide(MODEL, 2, State.REJECTED, "no SavedModel in it");
            world.settle();

            assertThat(world.get(MODEL).isReady()).isTrue();
            assertThat(world.ready(MODEL).message()).contains("2: no SavedModel in it");
            assertThat(world.status(MODEL).versions())
                    .extracting(ModelVersionStatus::state)
                    .containsExactly(State.READY, State.REJECTED);
            assertThat(world.status(MODEL).details()).containsEntry("serving", "version 1");
        }

        @Test
        void saysWhetherTheVersionThatAnswersHasDrifted() {
            var monitor =
                    new MonitorSpec(
                            1,
                            new MonitorSpec.FirstRecords(100),
                            100,
                            MonitorSpec.Distance.PSI,
                            0.2,
                            3,
                            Optional.empty());
            Manifest<ModelSpec> plain = Given.model("m", Map.of(), Given.version(1));
            World world = world(Given.manifest(MODEL, plain.spec().withMonitor(monitor)));
            world.models.decide(MODEL, 1, State.READY, "");
            world.settle();
            assertThat(drifted(world).status()).isEqualTo(Condition.Truth.UNKNOWN);
            assertThat(drifted(world).reason()).isEqualTo("Learning");

            world.monitor.see(MODEL, 1, DriftReport.State.STEADY, "");
            world.settle();
            assertThat(drifted(world).status()).isEqualTo(Condition.Truth.FALSE);

            world.monitor.see(MODEL, 1, DriftReport.State.DRIFTED, "input x differs");
            world.settle();
            assertThat(drifted(world).isTrue()).isTrue();
            assertThat(drifted(world).message()).isEqualTo("version 1: input x differs");
            assertThat(world.get(MODEL).isReady()).as("it answers all the same").isTrue();
            var before = world.get(MODEL).metadata().revision();
            world.monitor.see(MODEL, 1, DriftReport.State.DRIFTED, "input x differs");
            world.settle();
            assertThat(world.get(MODEL).metadata().revision())
                    .as("nothing is written when nothing changed")
                    .isEqualTo(before);

            world.apply(plain);
            assertThat(world.status(MODEL).condition("Drifted")).isEmpty();
        }

        @Test
        void labelsOfASourceThatKafkaClientsWriteToAreReadFromTheirTopic() {
            var labels =
                    new MonitorSpec.Labels(
                            new MonitorSpec.LabelField(
                                    new ResourceName("truth"), new ResourceName("load")),
                            Optional.empty(),
                            "load",
                            Optional.empty(),
                            new MonitorSpec.NumberTarget(0),
                            Duration.ofHours(1),
                            Optional.empty());
            var monitor =
                    new MonitorSpec(
                            1,
                            new MonitorSpec.FirstRecords(100),
                            100,
                            MonitorSpec.Distance.PSI,
                            0.2,
                            3,
                            Optional.of(labels));
            Manifest<ModelSpec> plain = Given.model("m", Map.of(), Given.version(1));
            World world = world(Given.manifest(MODEL, plain.spec().withMonitor(monitor)));
            assertThat(labelSource(world)).isEqualTo(labels.source());

            world.apply(
                    Given.manifest(
                            Given.key(Kind.DATA_SOURCE, "truth"),
                            new DataSourceSpec(
                                    new DataSourceSpec.LogTopics(),
                                    List.of(Given.field("load", "measured-loads")),
                                    Map.of())));
            assertThat(labelSource(world))
                    .as("the source came after the model")
                    .isEqualTo(new MonitorSpec.LabelTopic("measured-loads"));
        }

        private static MonitorSpec.LabelSource labelSource(World world) {
            return world.monitor
                    .report(MODEL)
                    .flatMap(report -> report.monitor().labels())
                    .orElseThrow()
                    .source();
        }

        private static Condition drifted(World world) {
            return world.status(MODEL).condition("Drifted").orElseThrow();
        }

        @Test
        void theProductionVersionMustBeReady() {
            World world =
                    world(
                            Given.model(
                                    "m",
                                    Map.of("production", 2),
                                    Given.version(1),
                                    Given.version(2)));
            world.models.decide(MODEL, 1, State.READY, "");
            world.settle();
            assertThat(world.get(MODEL).isReady()).isFalse();

            world.models.decide(MODEL, 2, State.REJECTED, "truncated");
            world.settle();
            assertThat(world.ready(MODEL).reason()).isEqualTo("VersionRejected");
            assertThat(world.ready(MODEL).message()).contains("truncated");
        }

        @Test
        void isReadyWithTheVersionThatTheHostServesInsteadOfProduction() {
            World world =
                    world(
                            Given.model(
                                    "m",
                                    Map.of("production", 2),
                                    Given.version(1),
                                    Given.version(2)),
                            Given.pipeline("p", images(), "out", Given.infer("m", "")));
            world.models.decide(MODEL, 1, State.READY, "");
            world.models.decide(MODEL, 2, State.REJECTED, "truncated");
            world.settle();
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("ModelNotReady");

            world.models.serveInstead(MODEL, 1);
            world.settle();

            assertThat(world.get(MODEL).isReady()).isTrue();
            assertThat(world.ready(MODEL).message())
                    .contains("version 1 serves")
                    .contains("production's version 2")
                    .contains("truncated");
            assertThat(world.status(MODEL).details()).containsEntry("serving", "version 1");
            assertThat(world.pipelines.plan(PIPELINE)).isPresent();
        }

        @Test
        void saysWhyTheWantedVersionIsNotInService() {
            World world = world(Given.model("m", Map.of("production", 2), Given.version(1)));
            world.models.decide(MODEL, 1, State.READY, "");
            world.models.serveInstead(MODEL, 1);
            world.models.remark(MODEL, "version 2 is ready but not in service: its output differs");
            world.settle();

            assertThat(world.get(MODEL).isReady()).isTrue();
            assertThat(world.ready(MODEL).message())
                    .isEqualTo("version 2 is ready but not in service: its output differs");
        }

        @Test
        void whatWasUnloadedIsNotReadyAndNotRejected() {
            World world = world(Given.model("m", Map.of("production", 2), Given.version(1)));
            world.models.decide(MODEL, 1, State.READY, "");
            world.models.remark(MODEL, "it was unloaded by hand");
            world.settle();

            assertThat(world.ready(MODEL).reason()).isEqualTo("NotServing");
            assertThat(world.ready(MODEL).message()).isEqualTo("it was unloaded by hand");
        }

        @Test
        void aModelWithoutVersionsSaysHowToGetOne() {
            World world = world(Given.model("m", Map.of()));

            assertThat(world.ready(MODEL).reason()).isEqualTo("NoVersions");
            assertThat(world.ready(MODEL).message()).contains("millrace models upload");
        }

        @Test
        void isNoLongerServedWhenDeleted() {
            World world = world(Given.model("m", Map.of(), Given.version(1)));
            assertThat(world.models.isServing(MODEL)).isTrue();

            world.delete(MODEL);

            assertThat(world.models.isServing(MODEL)).isFalse();
        }
    }

    @Nested
    final class Pipelines {
        @Test
        void readsWhatCarriesTheCategoriesAndTakesInWhatComesLater() {
            World world = world(Given.pipeline("p", images(), "out"));
            assertThat(world.pipelines.plan(PIPELINE).orElseThrow().inputs())
                    .containsExactly(
                            new Input(LOG_TOPIC, Map.of("kind", "image")),
                            new Input("fashion.retry.p", Map.of()));

            world.apply(
                    Given.source("later", Map.of("kind", "image"), Given.field("x", "later")),
                    Given.source("deaf", Map.of("kind", "sound"), Given.field("y", "deaf")));

            assertThat(world.pipelines.plan(PIPELINE).orElseThrow().inputs())
                    .extracting(Input::logTopic)
                    .containsExactly(LOG_TOPIC, "fashion.source.later.x", "fashion.retry.p");
            assertThat(world.log.topics()).contains("fashion.dead.p", "fashion.retry.p");
        }

        @Test
        void isReadyWhenItRuns() {
            World world = world(Given.pipeline("p", images(), "out"));
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("Starting");

            world.pipelines.become(PIPELINE, new PipelineState.Running(Map.of("group", "g1")));
            world.settle();
            assertThat(world.get(PIPELINE).isReady()).isTrue();
            assertThat(world.status(PIPELINE).details())
                    .containsEntry("reads", "camera/image")
                    .containsEntry("writes", "mqtt out")
                    .containsEntry("group", "g1")
                    .containsEntry("failed records", "log topic fashion.dead.p");

            world.pipelines.become(PIPELINE, new PipelineState.Failing("broker gone"));
            world.settle();
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("Failing");
            assertThat(world.ready(PIPELINE).message()).isEqualTo("broker gone");
        }

        @Test
        void waitingForStreamsIsHealthy() {
            World world =
                    world(
                            Given.pipeline(
                                    "p", Given.categories(Map.of("kind", List.of("sound"))), "o"));

            assertThat(world.get(PIPELINE).isReady()).isTrue();
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("WaitingForStreams");
            assertThat(world.pipelines.plan(PIPELINE)).isEmpty();
        }

        @Test
        void aPipelineWhoseStreamsWentWaitsAndKeepsItsPosition() {
            World world = world(Given.pipeline("p", images(), "out"));

            world.delete(CAMERA);

            assertThat(world.ready(PIPELINE).reason()).isEqualTo("WaitingForStreams");
            assertThat(world.pipelines.removals()).containsExactly(new Removal(PIPELINE, false));
        }

        @Test
        void anUnknownCategoryOrSourceOrFieldIsNamed() {
            World world =
                    world(
                            Given.pipeline(
                                    "p", Given.categories(Map.of("site", List.of("x"))), "o"),
                            Given.pipeline("q", Given.dataSource("none"), "o"),
                            Given.pipeline("r", Given.dataSource("camera", "depth"), "o"));

            assertThat(world.ready(PIPELINE).reason()).isEqualTo("UnknownCategory");
            Condition noSource = world.ready(Given.key(Kind.PIPELINE, "q"));
            assertThat(noSource.reason()).isEqualTo("UnknownDataSource");
            assertThat(noSource.message()).contains("'none'");
            Condition noField = world.ready(Given.key(Kind.PIPELINE, "r"));
            assertThat(noField.reason()).isEqualTo("UnknownField");
            assertThat(noField.message()).contains("'depth'").contains("'camera'");
        }

        @Test
        void aNameThatTheSendersTopicDoesNotHaveIsNamed() {
            World world =
                    world(
                            Given.source("tenants", Map.of(), Given.field("in", "{tenant}/in")),
                            Given.pipeline("p", Given.dataSource("tenants"), "{tenant}/out"),
                            Given.pipeline("q", Given.dataSource("tenants"), "{tenants}/out"));

            assertThat(world.ready(PIPELINE).reason()).isEqualTo("Starting");
            Condition wrong = world.ready(Given.key(Kind.PIPELINE, "q"));
            assertThat(wrong.reason()).isEqualTo("UnknownTemplate");
            assertThat(wrong.message()).contains("did you mean {tenant}?").contains("tenants/in");
        }

        @Test
        void readsWhatAnotherPipelineKeeps() {
            World world =
                    world(
                            Given.pipeline("p", images(), new PipelineSpec.StreamOutput()),
                            Given.pipeline(
                                    "q", new PipelineSpec.ByPipeline(name("p")), "{tenant}/out"),
                            Given.pipeline("r", new PipelineSpec.ByPipeline(name("q")), "x"),
                            Given.pipeline("s", new PipelineSpec.ByPipeline(name("none")), "x"));

            assertThat(world.ready(Given.key(Kind.PIPELINE, "q")).reason()).isEqualTo("Starting");
            assertThat(world.pipelines.plan(Given.key(Kind.PIPELINE, "q")).orElseThrow().inputs())
                    .extracting(Input::logTopic)
                    .containsExactly(
                            LogTopic.ofStream(Given.PROJECT, name("p")),
                            LogTopic.ofRetries(Given.PROJECT, name("q")));
            Condition noStream = world.ready(Given.key(Kind.PIPELINE, "r"));
            assertThat(noStream.reason()).isEqualTo("NoStream");
            assertThat(noStream.message()).contains("stream: {}");
            assertThat(world.ready(Given.key(Kind.PIPELINE, "s")).reason())
                    .isEqualTo("UnknownPipeline");
        }

        @Test
        void readsATopicThatKafkaClientsWrite() {
            World world =
                    world(
                            Given.pipeline(
                                    "p",
                                    new PipelineSpec.ByLogTopic("requests"),
                                    new PipelineSpec.KafkaOutput("answers")));

            assertThat(world.ready(PIPELINE).reason()).isEqualTo("Starting");
            // Its readers may come before the first answer.
            assertThat(world.log.topics()).contains("requests", "answers");
        }

        @Test
        void keepsThePlacesOfReadersThatComeLater() {
            World world =
                    world(
                            Given.pipeline(
                                    "p",
                                    new PipelineSpec.ByLogTopic("requests"),
                                    new PipelineSpec.KafkaOutput(
                                            "answers",
                                            Optional.empty(),
                                            false,
                                            List.of("output_group"),
                                            PipelineSpec.KafkaOutput.DEFAULT_REPLY_TOPICS)));

            assertThat(world.log.topics()).contains("answers");
            assertThat(world.log.places()).containsExactly("output_group in answers");
            assertThat(world.pipelines.plan(PIPELINE)).isPresent();
        }

        @Test
        void decodesAsTheVersionSaysThatAnswers() {
            PipelineSpec.Step step =
                    new PipelineSpec.ModelStep(
                            new PipelineSpec.OneModel(name("m")),
                            new VersionRef.Serving(),
                            Optional.empty(),
                            new EncodeSpec(EncodeSpec.Format.JSON, List.of(), 0, List.of()));
            DecodeSpec raw = GivenTraining.samples("digits:0:0:1").decode();
            World world =
                    world(
                            Given.model("m", Map.of("production", 1), Given.version(1)),
                            Given.pipeline("p", images(), "out", step));
            world.models.decide(MODEL, 1, State.READY, "");
            world.settle();
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("MissingDecode");
            assertThat(world.ready(PIPELINE).message()).contains("write 'decode'");

            world.apply(
                    Given.model(
                            "m",
                            Map.of("production", 2),
                            Given.version(1),
                            new ModelSpec.Version(2, "blob:sha256:2", Optional.of(raw))));
            world.models.decide(MODEL, 2, State.READY, "");
            world.settle();
            assertThat(world.pipelines.plan(PIPELINE).orElseThrow().spec().steps())
                    .containsExactly(((PipelineSpec.ModelStep) step).withDecode(raw));
        }

        private ResourceName name(String name) {
            return new ResourceName(name);
        }

        @Test
        void waitsForItsFunctionAndIsReplacedWhenThatChanges() {
            World world = world(Given.pipeline("p", images(), "out", Given.call("f", Map.of())));
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("UnknownFunction");

            world.apply(Given.function("f", "first"));
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("FunctionNotReady");
            assertThat(world.ready(PIPELINE).message()).contains("installing packages");
            world.functions.become(FUNCTION, new EnvironmentState.Ready());
            world.settle();
            assertThat(codeOfPlan(world)).isEqualTo("first");

            world.apply(Given.function("f", "second"));
            assertThat(codeOfPlan(world)).isEqualTo("first");
            assertThat(world.ready(PIPELINE).message()).contains("until then it runs as before");
            world.functions.become(FUNCTION, new EnvironmentState.Ready());
            world.settle();
            assertThat(codeOfPlan(world)).isEqualTo("second");
            assertThat(world.pipelines.deployments()).hasSize(2);
        }

        private String codeOfPlan(World world) {
            var functions = world.pipelines.plan(PIPELINE).orElseThrow().functions();
            return java.util.Objects.requireNonNull(functions.get(new ResourceName("f")))
                    .source()
                    .code();
        }

        @Test
        void waitsForTheVersionOfTheModelThatItNames() {
            World world =
                    world(
                            Given.model("m", Map.of("best", 2), Given.version(1), Given.version(2)),
                            Given.pipeline("p", images(), "out", Given.infer("m", "best")),
                            Given.pipeline("q", images(), "out", Given.infer("m", "3")));
            world.models.decide(MODEL, 1, State.READY, "");
            world.settle();
            assertThat(world.ready(PIPELINE).reason()).isEqualTo("ModelNotReady");

            world.models.decide(MODEL, 2, State.READY, "");
            world.settle();

            assertThat(world.pipelines.plan(PIPELINE)).isPresent();
            assertThat(world.ready(Given.key(Kind.PIPELINE, "q")).message())
                    .contains("no version 3");
        }

        @Test
        void deletingItForgetsItsPositionAndItsLogs() {
            World world = world(Given.pipeline("p", images(), "out"));

            world.delete(PIPELINE);

            assertThat(world.pipelines.removals()).containsExactly(new Removal(PIPELINE, true));
            assertThat(world.stepLogs.removed()).containsExactly(PIPELINE);
        }

        @Test
        void anotherOfTheSameNameHasLogsAgain() {
            World world = world(Given.pipeline("p", images(), "out"));
            world.delete(PIPELINE);
            int opened = world.stepLogs.opened().size();

            world.apply(Given.pipeline("p", images(), "out"));

            assertThat(world.stepLogs.opened()).hasSizeGreaterThan(opened).containsOnly(PIPELINE);
        }

        @Test
        void argumentsMustFitTheParameters() {
            var count = new Parameter("count", ParameterType.INTEGER);
            var label = new Parameter("label", ParameterType.STRING);

            assertThat(PipelinePlanner.wrongArguments(Map.of(), List.of())).isEmpty();
            assertThat(PipelinePlanner.wrongArguments(Map.of("any", "x"), List.of())).isEmpty();
            assertThat(
                            PipelinePlanner.wrongArguments(
                                    Map.of("label", "x", "count", "-42"), List.of(count, label)))
                    .isEmpty();
            assertThat(PipelinePlanner.wrongArguments(Map.of("label", "x"), List.of(count, label)))
                    .contains("parameter 'count' has no value");
            assertThat(PipelinePlanner.wrongArguments(Map.of("count", "4.2"), List.of(count)))
                    .contains("parameter 'count' must be an integer, was '4.2'");
            assertThat(PipelinePlanner.wrongArguments(Map.of("count", "-"), List.of(count)))
                    .isPresent();
            assertThat(
                            PipelinePlanner.wrongArguments(
                                    Map.of("count", "1", "cuont", "2"), List.of(count)))
                    .contains("it has no parameter 'cuont'");
        }

        @Test
        void wrongArgumentsAreShown() {
            World world =
                    world(
                            Given.function("f", "x", new Parameter("n", ParameterType.INTEGER)),
                            Given.pipeline(
                                    "p", images(), "out", Given.call("f", Map.of("n", "many"))));

            assertThat(world.ready(PIPELINE).reason()).isEqualTo("InvalidArguments");
            assertThat(world.ready(PIPELINE).message()).contains("'f'").contains("'many'");
        }
    }
}
