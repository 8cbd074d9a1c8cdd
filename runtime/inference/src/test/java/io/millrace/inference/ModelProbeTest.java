package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.ModelVersionStatus.Check;
import io.millrace.api.TimeSource;
import io.millrace.testkit.FakeModelEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starts real processes. */
@Timeout(120)
class ModelProbeTest {

    private static final DataSize HEAP = DataSize.ofMebibytes(64);
    private static final DataSize MEMORY = DataSize.ofMebibytes(512);

    @TempDir Path folder;

    @AfterEach
    void leavesNothingBehind() throws IOException {
        Path work = Files.createDirectories(folder.resolve("work"));
        try (var files = Files.list(work)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void acceptsAModelThatWorksAndSaysHowItBatches() throws IOException {
        assertThat(probe("width=3"))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Accepted.class,
                        accepted -> {
                            var signature = accepted.signatures().getFirst();
                            assertThat(signature.batching()).isEqualTo(Batching.MERGED);
                            assertThat(signature.hasRun()).isTrue();
                            assertThat(signature.text()).contains("x: float32[-1,3]");
                        });
        assertThat(probe("batch=false"))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Accepted.class,
                        accepted ->
                                assertThat(accepted.signatures().getFirst().batching())
                                        .isEqualTo(Batching.ONE_BY_ONE));
    }

    @Test
    void aModelThatFailsOnZerosIsRejected() throws IOException {
        assertRejected("poison=0", "fails on zeros");
    }

    @Test
    void aModelThatRefusesToLoadIsRejectedWithItsReason() throws IOException {
        assertRejected("load=refuse", "this fake model refuses to load");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "load=crash,   'abort, SIGABRT'",
        "load=segfault,'segmentation fault, SIGSEGV in libc'",
        "load=exit,    the process ended by itself",
        "load=throw,   this fake model throws",
        "run=crash,    'abort, SIGABRT'",
        "run=segfault, 'segmentation fault, SIGSEGV in libc'",
        "run=exit,     the process ended by itself",
        "run=throw,    this fake model throws",
        "run=heap,     64Mi of Java memory",
        "run=memory,   512Mi of memory",
    })
    void aModelThatHarmsItsProcessIsRejected(String model, String says) throws IOException {
        assertRejected(model, says);
        // And the next one finds all as it should be.
        assertThat(probe("width=3")).isInstanceOf(ProbeVerdict.Accepted.class);
    }

    @Test
    void aModelThatTalksTooMuchIsHeardOut() throws IOException {
        assertThat(probe("load=shout")).isInstanceOf(ProbeVerdict.Accepted.class);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "run=nan     | answers NaN for zeros (output 'y', row 0)",
                "run=dim     | answers NaN for ordinary numbers (output 'y', row 0)",
                "run=wide    | output 'y': expected float32[-1,2], got float32[1,4]",
                "run=doubles | output 'y': expected float32[-1,2], got float64[1,2]",
                "run=two     | expected 1 outputs [y], got 2",
            })
    void aModelWhoseAnswersAreOfNoUseIsRejectedForGood(String model, String says) {
        assertThat(trial(model))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Rejected.class,
                        rejected -> {
                            assertThat(rejected.reason())
                                    .contains("signature 'serving_default'")
                                    .contains(says);
                            assertThat(rejected.isFinal()).isTrue();
                        });
    }

    @Test
    void infinityIsNotedAndNothingWorse() {
        assertThat(trial("run=infinity"))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Accepted.class,
                        accepted ->
                                assertThat(accepted.checks())
                                        .contains(
                                                new Check(
                                                        "infinity",
                                                        "serving_default: answers infinity for"
                                                                + " zeros (output 'y', row 0)")));
    }

    @Test
    void saysWhatWasChecked() throws IOException {
        assertThat(checks("width=3"))
                .containsEntry("operations", "none reaches outside of the model")
                .containsEntry("zeros", "serving_default: answers float32[1,3]")
                .containsEntry(
                        "batch",
                        "serving_default: rows are independent: calls are merged up to the limit")
                .hasEntrySatisfying("memory", text -> assertThat(text).matches("peak \\d+ MiB"))
                .hasEntrySatisfying(
                        "time", text -> assertThat(text).startsWith("loaded and tried"));
        assertThat(checks("batch=false"))
                .containsEntry(
                        "batch",
                        "serving_default: two rows at once fail: cannot take two rows; rows run"
                                + " one by one");
    }

    @Test
    void checksComeInTheOrderInWhichTheyWereMade() {
        assertThat(trial("run=infinity"))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Accepted.class,
                        accepted ->
                                assertThat(accepted.checks().stream().map(Check::name).distinct())
                                        .containsExactly(
                                                "operations", "infinity", "zeros", "batch"));
    }

    private Map<String, String> checks(String model) throws IOException {
        ProbeVerdict verdict = probe(model);
        assertThat(verdict).isInstanceOf(ProbeVerdict.Accepted.class);
        return ((ProbeVerdict.Accepted) verdict)
                .checks().stream().collect(Collectors.toMap(Check::name, Check::result));
    }

    /** The same as a probe, in this process. */
    private ProbeVerdict trial(String model) {
        try {
            return ModelTrial.run(new FakeModelEngine(), write(model));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aModelThatHangsIsRejected() throws IOException {
        assertRejected("load=hang", Duration.ofSeconds(2), "took longer than 2 s");
        assertRejected("run=hang", Duration.ofSeconds(2), "took longer than 2 s");
    }

    @Test
    void aProbeWhoseServerIsGoneEndsItself() throws Exception {
        Path report = folder.resolve("report");
        var builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                ProbeMain.class.getName(),
                                "fake",
                                write("run=hang").toString(),
                                report.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .directory(folder.toFile());
        builder.environment().put("CLASSPATH", ProbeConfig.ofThisProcess().classPath());
        Process probe = builder.start();
        try {
            probe.getOutputStream().close(); // as the system does when a process dies
            assertThat(probe.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(probe.exitValue()).isEqualTo(4);
            assertThat(report).doesNotExist();
        } finally {
            probe.destroyForcibly();
        }
    }

    @Test
    void aModelThatEatsMemoryIsRejected() throws IOException {
        assertRejected("load=heap", "64Mi of Java memory");
        assertRejected("load=memory", "512Mi of memory");
    }

    @Test
    void aModelSeesNothingOfTheServersEnvironmentButWhatItNeeds() throws IOException {
        String needed = "CLASSPATH|PATH|HOME|LANG|LC_.*|TZ|TMPDIR|TF_.*|ORT_DISABLE_TELEMETRY";
        assertThat(System.getenv().keySet()).anyMatch(name -> !name.matches(needed));
        assertThat(probe(write("load=environment"), Duration.ofSeconds(60)))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Rejected.class,
                        rejected ->
                                assertThat(rejected.reason().split(" "))
                                        .contains("CLASSPATH", "PATH", "TF_CPP_MIN_LOG_LEVEL")
                                        .contains("ORT_DISABLE_TELEMETRY")
                                        .allMatch(name -> name.matches("environment:|" + needed)));
    }

    @Test
    void aFolderWithoutAModelIsRejected() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertThat(probe(empty, Duration.ofSeconds(30)))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).contains("model.fake"));
    }

    @Test
    void verdictsSurviveBeingWrittenAndOnlyComplete() {
        var accepted =
                new ProbeVerdict.Accepted(
                        java.util.List.of(
                                new ProbeVerdict.TriedSignature(
                                        "a\tb", "x\n%", Batching.AS_CALLED, false, "")),
                        java.util.List.of(new Check("m\tn", "100 %\n")));
        String text = ProbeVerdict.write(accepted);
        assertThat(ProbeVerdict.read(text)).isEqualTo(accepted);
        var rejected = new ProbeVerdict.Rejected("no\nway", true);
        assertThat(ProbeVerdict.read(ProbeVerdict.write(rejected))).isEqualTo(rejected);
        for (int length = 0; length < text.length() - 1; length++) {
            String cut = text.substring(0, length);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> ProbeVerdict.read(cut))
                    .hasMessageContaining("not complete");
        }
    }

    private void assertRejected(String model, String says) throws IOException {
        assertRejected(model, Duration.ofSeconds(60), says);
    }

    private void assertRejected(String model, Duration timeout, String says) throws IOException {
        assertThat(probe(write(model), timeout))
                .isInstanceOfSatisfying(
                        ProbeVerdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).contains(says));
    }

    private ProbeVerdict probe(String model) throws IOException {
        return probe(write(model), Duration.ofSeconds(60));
    }

    private ProbeVerdict probe(Path unpacked, Duration timeout) {
        var config = ProbeConfig.ofThisProcess().withLimits(HEAP, MEMORY, timeout);
        return new ModelProbe(
                        config, folder.resolve("work"), TimeSource.system(), IdSource.random())
                .probe("fake", unpacked);
    }

    private Path write(String model) throws IOException {
        Path unpacked = Files.createDirectories(folder.resolve("model"));
        Files.writeString(unpacked.resolve(FakeModelEngine.FILE), model);
        return unpacked;
    }
}
