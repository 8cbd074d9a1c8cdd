package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.OnlineSpec;
import io.millrace.api.SemiSupervisedSpec;
import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentSettings;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the real Keras, in the environment that the server builds itself. */
@Timeout(1500)
class TrainerProcessesTest {

    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace", "environments");
    private static final Duration LONG = Duration.ofMinutes(4);

    @TempDir Path data;

    private NpySamples samples = new NpySamples(Path.of("unused"), 0);
    private TrainerProcesses host;

    @BeforeEach
    void start() {
        samples = new NpySamples(data.resolve("samples"), 400);
        host = newHost();
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private TrainerSettings settings() {
        return TrainerSettings.of(data.resolve("training"), EnvironmentSettings.of(CACHE));
    }

    private TrainerProcesses newHost() {
        return new TrainerProcesses(settings(), samples, TimeSource.system());
    }

    private Phase phase(TrainingPlan plan) {
        return host.observe(plan.run()).orElseThrow().phase();
    }

    private RunReport ended(TrainingPlan plan) {
        await().atMost(LONG).until(() -> phase(plan).isEnd());
        return host.report(plan.run()).orElseThrow();
    }

    private RunReport train(TrainingPlan plan) {
        host.train(plan, () -> {});
        return ended(plan);
    }

    private void awaitEpoch(TrainingPlan plan, int epoch) {
        await().atMost(LONG)
                .until(() ->
                        host.observe(plan.run()).orElseThrow().epoch() >= epoch
                                || phase(plan).isEnd());
        assertThat(phase(plan)).as(host.observe(plan.run()).toString()).isEqualTo(Phase.TRAINING);
    }

    @Test
    void trainsJudgesAndWritesAModel() throws Exception {
        TrainingPlan plan = Plans.of("first", Plans.TUTORIAL).plan();
        var changes = new CopyOnWriteArrayList<Phase>();
        host.train(plan, () -> host.observe(plan.run()).ifPresent(s -> changes.add(s.phase())));
        var events = new CopyOnWriteArrayList<RunEvent>();
        AutoCloseable follower = host.follow(plan.run(), events::add);
        RunReport report = ended(plan);

        assertThat(report.state().phase()).as(host.output(plan.run())).isEqualTo(Phase.FINISHED);
        assertThat(report.epochs()).extracting(RunEvent::epoch).containsExactly(1, 2);
        assertThat(report.epochs().getLast().metrics())
                .containsOnlyKeys("loss", "accuracy", "val_loss", "val_accuracy");
        assertThat(report.test()).containsOnlyKeys("loss", "accuracy");
        assertThat(report.state().metrics()).containsKeys("loss", "val_loss", "test_accuracy");
        assertThat(report.labels()).containsExactly("north", "east", "south", "west");
        assertThat(report.confusion().stream().flatMap(List::stream).mapToLong(n -> n).sum())
                .isEqualTo(40);
        assertThat(report.samples()).isEqualTo(new RunReport.Samples(320, 40, 40, 400));
        assertThat(report.lineage())
                .contains(
                        entry("definition generation", "3"),
                        entry("ranges", "points:0:5:405"),
                        entry("seed", "7"),
                        entry("records", "400"))
                .hasEntrySatisfying(
                        "environment", name -> assertThat(name).startsWith("tensorflow-python-"))
                .containsKeys("machine", "package keras", "package tensorflow", "confinement");
        assertThat(report.notices())
                .contains("Adam(lr=…) is taken as learning_rate=…", "nothing was left out");
        assertThat(report.formats())
                .containsExactlyInAnyOrder(
                        Format.KERAS, Format.H5, Format.SAVED_MODEL, Format.TFLITE);
        for (Format format : report.formats()) {
            assertThat(host.model(plan.run(), format)).isNotEmptyFile();
        }
        assertThatThrownBy(() -> host.model(plan.run(), Format.ONNX))
                .hasMessageContaining("no model in the format onnx; there are keras");
        assertThat(report.started()).isPresent();
        assertThat(report.ended()).isPresent();
        assertThat(report.state().elapsed()).isPositive();
        assertThat(changes).contains(Phase.PREPARING, Phase.FINISHED);

        await().until(() -> events.getLast().text().equals("FINISHED"));
        follower.close();
        assertThat(events.stream().filter(e -> e.kind() == RunEvent.Kind.PHASE))
                .extracting(RunEvent::text)
                .containsExactly("QUEUED", "PREPARING", "TRAINING", "FINISHING", "FINISHED");
        assertThat(events.stream().filter(e -> e.kind() == RunEvent.Kind.EPOCH)).hasSize(2);
        assertThat(events.stream().filter(e -> e.kind() == RunEvent.Kind.TEST)).hasSize(1);

        assertThat(samples.released).containsExactly(plan.uid());

        // The same with the next server, which need not be told what was wanted.
        host.close();
        host = newHost();
        assertThat(host.report(plan.run())).contains(report);
        assertThat(host.model(plan.run(), Format.KERAS)).isNotEmptyFile();
        host.train(plan, () -> {});
        assertThat(phase(plan)).isEqualTo(Phase.FINISHED);
        host.remove(plan.run());
        assertThat(host.observe(plan.run())).isEmpty();
        try (Stream<Path> left = Files.list(data.resolve("training/runs"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void goesOnAfterItsTrainerOrItsServerWasKilled() throws Exception {
        TrainingPlan whole = Plans.of("whole", Plans.TUTORIAL).fit(Map.of("epochs", "40")).plan();
        RunReport undisturbed = train(whole);

        // Slow enough to be hit in the middle.
        String slow = Plans.TUTORIAL + SLOW;
        TrainingPlan plan = Plans.of("hit", slow).fit(Map.of("epochs", "40")).plan();
        host.train(plan, () -> {});
        var resumed = new CountDownLatch(1);
        AutoCloseable follower =
                host.follow(
                        plan.run(),
                        event -> {
                            if (event.kind() == RunEvent.Kind.RESUMED) {
                                resumed.countDown();
                            }
                        });
        awaitEpoch(plan, 3);
        kill(plan);
        assertThat(resumed.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        follower.close();
        awaitEpoch(plan, 5);
        host.close();
        assertThat(phase(plan)).isEqualTo(Phase.TRAINING);

        host = newHost();
        host.train(plan, () -> {});
        RunReport report = ended(plan);
        assertThat(report.state().phase()).as(host.output(plan.run())).isEqualTo(Phase.FINISHED);
        assertThat(report.epochs()).extracting(RunEvent::epoch).doesNotHaveDuplicates().hasSize(40);
        // Not a bit is different from a run that nothing happened to.
        assertThat(report.test()).isEqualTo(undisturbed.test());
        assertThat(report.epochs().getLast().metrics())
                .isEqualTo(undisturbed.epochs().getLast().metrics());
    }

    @Test
    void aTrainerThatOutlivedItsServerIsEndedAndNoOther() throws Exception {
        Process orphan = new ProcessBuilder("sleep", "3600").start();
        Process other = new ProcessBuilder("sleep", "3600").start();
        try {
            long start = Run.startOf(orphan.toHandle());
            for (var each :
                    Map.of("a", orphan.pid() + " " + start, "b", other.pid() + " 1").entrySet()) {
                Path home = data.resolve("training/runs").resolve(each.getKey());
                Files.createDirectories(home);
                Files.writeString(home.resolve("trainer.pid"), each.getValue());
            }
            assertThat(host.observe(Plans.of("any", "").plan().run())).isEmpty();
            assertThat(orphan.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(other.isAlive()).isTrue();
            assertThat(data.resolve("training/runs/a")).doesNotExist();
        } finally {
            orphan.destroyForcibly();
            other.destroyForcibly();
        }
    }

    /** Ends nothing, but takes a moment after each epoch. */
    private static final String SLOW =
            """

            class Slow(keras.callbacks.Callback):
                def on_epoch_end(self, epoch, logs=None):
                    import time
                    time.sleep(0.2)
            original = model.fit
            def fit(*arguments, **named):
                named['callbacks'] = named['callbacks'] + [Slow()]
                return original(*arguments, **named)
            model.fit = fit
            """;

    private void kill(TrainingPlan plan) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("training/runs"), 2)) {
            Path file =
                    files.filter(each -> each.endsWith("trainer.pid")).findFirst().orElseThrow();
            long pid = Long.parseLong(Files.readString(file).split(" ", 2)[0]);
            assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
        }
        assertThat(phase(plan)).isEqualTo(Phase.TRAINING);
    }

    @Test
    void keepsWhatWasLearnedWhenItIsStopped() {
        TrainingPlan plan =
                Plans.of("endless", Plans.TUTORIAL).fit(Map.of("epochs", "1000000")).plan();
        TrainingPlan next = Plans.of("next", Plans.TUTORIAL).plan();
        host.train(plan, () -> {});
        host.train(next, () -> {});
        awaitEpoch(plan, 2);
        assertThat(phase(next)).isEqualTo(Phase.QUEUED);
        host.train(Plans.stopped(next), () -> {});
        assertThat(phase(next)).isEqualTo(Phase.STOPPED);
        assertThat(phase(plan)).isEqualTo(Phase.TRAINING);
        host.train(Plans.stopped(plan), () -> {});
        RunReport report = ended(plan);
        assertThat(report.state().phase()).isEqualTo(Phase.STOPPED);
        assertThat(report.test()).isNotEmpty();
        assertThat(host.model(plan.run(), Format.KERAS)).isNotEmptyFile();
        assertThat(ended(next).state().message()).contains("stopped before it began");
        assertThatThrownBy(() -> host.model(next.run(), Format.KERAS))
                .hasMessageContaining("has no model: it is stopped");
    }

    @Test
    void learnsFromSamplesWithoutLabel() {
        RunReport report =
                train(
                        Plans.of("semi", Plans.TUTORIAL)
                                .fit(Map.of("epochs", "3"))
                                .semi(new SemiSupervisedSpec(2, 0.3))
                                .plan());
        assertThat(report.state().phase()).as(report.toString()).isEqualTo(Phase.FINISHED);
        assertThat(report.epochs()).hasSize(9);
        assertThat(report.notices())
                .anyMatch(text -> text.matches("round 1: \\d+ samples got a label"));
    }

    @Test
    void learnsFromALiveStreamAndKeepsWhatIsBetter() throws Exception {
        samples.bringing(200, 200, 200);
        RunReport report =
                train(
                        Plans.of("live", "import os\nos.symlink('..', 'piece')\n" + Plans.TUTORIAL)
                                .online(
                                        new OnlineSpec(
                                                Optional.of(Duration.ofSeconds(1)),
                                                Optional.of("val_loss"),
                                                false,
                                                0.001))
                                .plan());
        assertThat(report.state().phase()).as(report.toString()).isEqualTo(Phase.FINISHED);
        assertThat(report.epochs()).hasSize(3);
        assertThat(report.epochs().getLast().metrics()).containsKeys("loss", "val_loss");
        assertThat(report.formats())
                .containsExactlyInAnyOrder(Format.KERAS, Format.H5, Format.SAVED_MODEL);
        assertThat(samples.followedFrom).containsExactly("");
        // A link in the trainer's folder leads none of the pieces elsewhere.
        try (Stream<Path> files = Files.walk(data.resolve("training/runs"))) {
            assertThat(files).noneMatch(file -> file.endsWith("x.npy"));
        }
    }

    @Test
    void saysWhatIsWrongWithADefinition() {
        assertThat(checked(Plans.TUTORIAL))
                .isInstanceOfSatisfying(
                        DefinitionState.Valid.class,
                        valid -> {
                            assertThat(valid.summary())
                                    .contains("148 parameters", "input float32 (?, 4)");
                            assertThat(valid.notice()).contains("Adam(lr=…)");
                        });
        assertThat(invalid("model = keras.Sequential([\n  keras.layers.Dens(4)])"))
                .startsWith("small.py, line 2: keras.layers.Dens(4)])\nAttributeError: ")
                .doesNotContain("millrace");
        assertThat(invalid("a = 1\nmodel = = 2"))
                .startsWith("small.py, line 2: model = = 2\nSyntaxError: invalid syntax");
        assertThat(invalid("mode = 1")).contains("does not define 'model'");
        assertThat(invalid("model = keras.Sequential([keras.layers.Dense(1)])"))
                .contains("is not compiled");
        assertThat(invalid("model = 7")).contains("'model' is of type int");
        assertThat(invalid("tfds.load('mnist')")).contains("tensorflow-datasets");
        assertThat(invalid("import socket\nsocket.create_connection(('127.0.0.1', 1))"))
                .contains("small.py, line 2:", "has no network");
    }

    @Test
    void aDefinitionThatNeverEndsIsEnded() {
        host.close();
        host =
                new TrainerProcesses(
                        settings().withCheckLimit(Duration.ofSeconds(2)),
                        samples,
                        TimeSource.system());
        assertThat(invalid("n = 0\nwhile True:\n    n += 1\n"))
                .contains("did not end within 2 s; it was in small.py, line");
    }

    @Test
    void codeOfARunThatNeverEndsIsEnded() {
        TrainingPlan plan =
                Plans.of("endless-code", Plans.TUTORIAL + "while True:\n    pass\n")
                        .timeout(Duration.ofSeconds(10))
                        .plan();
        RunReport report = train(plan);
        assertThat(report.state().phase()).isEqualTo(Phase.FAILED);
        assertThat(report.state().reason()).isEqualTo("Timeout");
        assertThat(report.state().message()).contains("longer than its limit of PT10S");
        assertThat(train(Plans.of("next", Plans.TUTORIAL).plan()).state().phase())
                .isEqualTo(Phase.FINISHED);
    }

    @Test
    void samplesThatCannotBeDecodedFailTheRunWithTheirPlace() {
        samples.failing(MillraceException.invalid("the record points/0/17: 3 bytes, not 4"));
        RunReport report = train(Plans.of("bad-record", Plans.TUTORIAL).plan());
        assertThat(report.state().phase()).isEqualTo(Phase.FAILED);
        assertThat(report.state().reason()).isEqualTo("InvalidSamples");
        assertThat(report.state().message()).isEqualTo("the record points/0/17: 3 bytes, not 4");
        assertThat(samples.released).containsExactly("uid-bad-record");
    }

    private String invalid(String code) {
        DefinitionState state = checked(code);
        assertThat(state).isInstanceOf(DefinitionState.Invalid.class);
        return ((DefinitionState.Invalid) state).message();
    }

    private DefinitionState checked(String code) {
        host.check(Plans.DEFINITION, Plans.definition(code), () -> {});
        await().atMost(LONG)
                .until(() ->
                        !(host.definition(Plans.DEFINITION).orElseThrow()
                                instanceof DefinitionState.Checking));
        return host.definition(Plans.DEFINITION).orElseThrow();
    }

    @Test
    void whatACodeMayNotDoFails() throws Exception {
        String tries =
                """
                found = []
                for path, mode in (('/tmp/millrace-x', 'w'), ('%s/x', 'w'), ('%s/plan.json', 'r')):
                    try:
                        open(path, mode)
                        found.append(path)
                    except PermissionError:
                        pass
                if found:
                    raise ValueError(found)
                open('/tmp/millrace-outside', 'w')
                """
                        .formatted(System.getProperty("user.home"), secret());
        assertThat(failure("outside", tries))
                .contains("UserCode: small.py, line 10:", "PermissionError", "its own folder only");
        assertThat(failure("wrong-epochs", "", Map.of("epochs", "__import__('os').getpid()")))
                .contains("fit argument epochs=", "expected a Python literal");
        assertThat(
                        failure(
                                "greedy",
                                "hold = [bytearray(b'x' * 2**27) for _ in range(64)]",
                                Map.of()))
                .contains("of memory, its limit is 1Gi");
    }

    @Test
    void whatPrintsMuchAndForksIsCleanedUp() throws Exception {
        TrainingPlan plan =
                Plans.of(
                                "loud",
                                """
                                import os, subprocess, sys
                                for i in range(20000):
                                    print(i, 'x' * 50)
                                child = subprocess.Popen(['sleep', '7654321'])
                                os.system('(sleep 7654321 &)')
                                """
                                        + Plans.TUTORIAL)
                        .plan();
        RunReport report = train(plan);
        assertThat(report.state().phase()).as(report.toString()).isEqualTo(Phase.FINISHED);
        assertThat(host.output(plan.run())).hasSizeLessThanOrEqualTo(64 << 10).isNotEmpty();
        await().untilAsserted(() ->
                assertThat(ProcessHandle.allProcesses())
                        .noneMatch(each ->
                                each.info().commandLine().orElse("").contains("sleep 7654321")));
    }

    @Test
    void whatATrainerLeavesDoesNotChangeWhatTheNextIsTold() throws Exception {
        String code =
                """
                import os
                if not os.path.exists('again'):
                    open('again', 'w').close()
                    if os.path.exists('job.json'):
                        os.remove('job.json')
                    os.symlink('../plan.json', 'job.json')
                    os.kill(os.getpid(), 9)
                """;
        TrainingPlan plan = Plans.of("sly", code + Plans.TUTORIAL).plan();
        RunReport report = train(plan);
        assertThat(report.state().phase()).as(report.toString()).isEqualTo(Phase.FINISHED);
        try (Stream<Path> files = Files.walk(data.resolve("training/runs"), 2)) {
            Path file = files.filter(each -> each.endsWith("plan.json")).findFirst().orElseThrow();
            assertThat(file).content().contains(plan.uid());
        }
    }

    /** The folder of another run. */
    private Path secret() throws IOException {
        Path folder = Files.createDirectories(data.resolve("training/runs/other"));
        Files.writeString(folder.resolve("plan.json"), "{}");
        return folder;
    }

    private String failure(String name, String code) {
        return failure(name, code, Map.of("epochs", "1"));
    }

    private String failure(String name, String code, Map<String, String> fit) {
        RunReport report =
                train(
                        Plans.of(name, code + "\n" + Plans.TUTORIAL)
                                .fit(fit)
                                .memory(DataSize.ofMebibytes(1024))
                                .plan());
        assertThat(report.state().phase()).isEqualTo(Phase.FAILED);
        return report.state().reason() + ": " + report.state().message();
    }
}
