package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.MillraceException;
import io.millrace.spi.EnvironmentState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(240)
class EnvironmentsTest {

    @TempDir Path data;

    private static EnvironmentCatalog.Recipe named(String environment, String... requirements) {
        return EnvironmentCatalog.recipe(environment, List.of(requirements));
    }

    private static EnvironmentCatalog.Recipe small(String... requirements) {
        return new EnvironmentCatalog.Recipe(
                "small", 309, Integer.MAX_VALUE, List.of(requirements));
    }

    private EnvironmentSettings settings() {
        return EnvironmentSettings.of(data.resolve("environments"));
    }

    /** A package that pip can build without the network, thanks to the setuptools it finds. */
    private Path localPackage() throws IOException {
        Path folder = Files.createDirectories(data.resolve("pack"));
        Files.writeString(folder.resolve("millrace_sample.py"), "VALUE = 42\n");
        Files.writeString(
                folder.resolve("pyproject.toml"),
                """
                [build-system]
                requires = []
                build-backend = "backend"
                backend-path = ["."]
                [project]
                name = "millrace-sample"
                version = "1.0"
                """);
        Files.writeString(
                folder.resolve("backend.py"),
                """
                import zipfile, os
                def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
                    name = 'millrace_sample-1.0-py3-none-any.whl'
                    info = 'millrace_sample-1.0.dist-info/'
                    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as z:
                        z.write('millrace_sample.py')
                        z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: millrace-sample\\nVersion: 1.0\\n')
                        z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
                        z.writestr(info + 'entry_points.txt', '[console_scripts]\\nsample = millrace_sample:VALUE\\n')
                        z.writestr(info + 'RECORD', '')
                    return name
                """);
        return folder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"python", "python-env", "Python3 Env", "sr-python"})
    void knowsTheNamesThatKarbonUsed(String name) {
        var recipe = named(name, " scipy==1.15.3 ");
        assertThat(recipe.name()).isEqualTo("python");
        assertThat(recipe.requirements())
                .anyMatch(line -> line.startsWith("requests=="))
                .anyMatch(line -> line.startsWith("msgpack=="))
                .anyMatch(line -> line.startsWith("numpy=="))
                .contains("scipy==1.15.3");
    }

    @Test
    void tensorflowBringsWhatTheTutorialImports() {
        var recipe = named("Tensorflow Python");
        assertThat(recipe.name()).isEqualTo("tensorflow-python");
        assertThat(recipe.requirements())
                .anyMatch(line -> line.startsWith("tensorflow-cpu=="))
                .anyMatch(line -> line.startsWith("requests=="))
                .anyMatch(line -> line.startsWith("pillow=="))
                .anyMatch(line -> line.startsWith("keras==3."))
                .anyMatch(line -> line.startsWith("numpy=="));
        assertThat(recipe.suits(313)).isTrue();
        assertThat(recipe.suits(314)).isFalse();
    }

    @Test
    void pytorchCanWriteOnnx() {
        var recipe = named("PyTorch");
        assertThat(recipe.name()).isEqualTo("pytorch-python");
        assertThat(recipe.requirements())
                .anyMatch(line -> line.startsWith("torch=="))
                .anyMatch(line -> line.startsWith("onnx=="))
                .anyMatch(line -> line.startsWith("numpy=="));
        assertThat(List.of(311, 312, 313)).allMatch(recipe::suits);
        assertThat(recipe.suits(314)).isFalse();
        // A smaller build is one of what is asked for anyway.
        assertThat(recipe.smaller()).isNotEmpty();
        assertThat(recipe.requirements())
                .containsAll(
                        recipe.smaller().stream()
                                .map(EnvironmentCatalog.Smaller::requirement)
                                .toList());
    }

    @Test
    void refusesOptionsAmongTheRequirements() {
        for (String bad : List.of("--index-url=http://evil", "-e .", "a\nb")) {
            assertThatThrownBy(() -> named("python", bad))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("is not a package");
        }
    }

    @Test
    void buildsALocalRequirementOnceAndRemovesWhatAKilledServerLeft() throws Exception {
        var config = settings();
        var recipe = small("millrace-sample @ file://" + localPackage());
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<VirtualEnvironment> build = () -> new EnvironmentBuilder(config).build(recipe);
            var both = executor.invokeAll(List.of(build, build));
            VirtualEnvironment built = both.get(0).get();
            Path python = built.python();
            assertThat(both.get(1).get()).isEqualTo(built);
            Path home = built.home();
            assertThat(home.getParent()).isEqualTo(config.folder());
            var outcome =
                    ExternalCommand.run(
                            List.of(
                                    python.toString(),
                                    "-c",
                                    "import millrace_sample; print(millrace_sample.VALUE)"),
                            data.resolve("out"),
                            Duration.ofSeconds(30));
            assertThat(outcome.output().strip()).isEqualTo("42");
            assertThat(Files.readString(home.resolve("bin/sample")))
                    .startsWith("#!" + python + "\n");

            // Half a folder from a crash, and a finished one whose interpreter is gone.
            Path staging = home.resolveSibling("." + home.getFileName() + ".building");
            Files.createDirectories(staging.resolve("bin"));
            Files.delete(python);
            assertThat(build.call()).isEqualTo(built);
            assertThat(python).exists();
            assertThat(staging).doesNotExist();
        }
    }

    @Test
    void prefersASmallerBuildWhereItCanBeHad() throws Exception {
        Path index = data.resolve("index");
        Path page = Files.createDirectories(index.resolve("millrace-sample"));
        wheel(page.resolve("millrace_sample-1.0+small-py3-none-any.whl"), "1.0+small", 7);
        Files.writeString(
                page.resolve("index.html"),
                "<a href='millrace_sample-1.0+small-py3-none-any.whl'>small</a>");
        String usual = "millrace-sample @ file://" + localPackage();
        // The usual build has the same version, and is not looked for any more.
        assertThat(valueIn(settings(), "millrace-sample==1.0", index)).isEqualTo("7");
        assertThat(valueIn(settings(), usual, data.resolve("nowhere"))).isEqualTo("42");
        // Whoever names an index means it for all packages.
        var named =
                settings()
                        .withPipOptions(List.of("--no-index", "--find-links", wheels().toString()));
        assertThat(valueIn(named, "millrace-sample == 1.0", index)).isEqualTo("8");
    }

    /** Where the usual build is, for whom there is no network. */
    private Path wheels() throws IOException {
        Path folder = Files.createDirectories(data.resolve("wheels"));
        wheel(folder.resolve("millrace_sample-1.0-py3-none-any.whl"), "1.0", 8);
        return folder;
    }

    private String valueIn(EnvironmentSettings config, String requirement, Path index)
            throws IOException, InterruptedException {
        var recipe =
                new EnvironmentCatalog.Recipe(
                        "small",
                        309,
                        Integer.MAX_VALUE,
                        List.of(requirement),
                        List.of(
                                new EnvironmentCatalog.Smaller(
                                        "millrace-sample==1.0", index.toUri().toString())));
        Path python = new EnvironmentBuilder(config).build(recipe).python();
        String code = "import millrace_sample; print(millrace_sample.VALUE)";
        return ExternalCommand.run(
                        List.of(python.toString(), "-c", code),
                        data.resolve("out"),
                        Duration.ofSeconds(30))
                .output()
                .strip();
    }

    private static void wheel(Path file, String version, int value) throws IOException {
        String info = "millrace_sample-" + version + ".dist-info/";
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var entry :
                    List.of(
                            List.of("millrace_sample.py", "VALUE = " + value + "\n"),
                            List.of(
                                    info + "METADATA",
                                    "Metadata-Version: 2.1\nName: millrace-sample\nVersion: "
                                            + version
                                            + "\n"),
                            List.of(
                                    info + "WHEEL",
                                    """
                                    Wheel-Version: 1.0
                                    Generator: x
                                    Root-Is-Purelib: true
                                    Tag: py3-none-any
                                    """),
                            List.of(info + "RECORD", ""))) {
                zip.putNextEntry(new ZipEntry(entry.get(0)));
                zip.write(entry.get(1).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void showsPipsOwnWordsAndLeavesNothingBehind() throws IOException {
        var config = settings().withPipOptions(List.of("--no-index"));
        assertThatThrownBy(() -> new EnvironmentBuilder(config).build(small("no-such-thing==1")))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("pip install failed")
                .hasMessageContaining("No matching distribution found for no-such-thing==1")
                .hasMessageContaining("spec.requirements");
        try (Stream<Path> all = Files.list(config.folder())) {
            assertThat(all.map(path -> path.getFileName().toString()))
                    .hasSize(2)
                    .anyMatch(name -> name.endsWith(".lock"))
                    .anyMatch(name -> name.endsWith(".failed.log"));
        }
    }

    @Test
    void aDefectWhileBuildingIsAFailureLikeAnyOther() {
        try (var timer = new HeldTimer();
                var environments =
                        new Environments(
                                _ -> {
                                    throw new IllegalStateException("a defect");
                                },
                                Executors.newSingleThreadExecutor(),
                                timer)) {
            var entry = environments.request("python", List.of());
            await().until(() -> entry.state() instanceof EnvironmentState.Failed);
            assertThat(entry.state().toString()).contains("a defect");
        }
    }

    @Test
    void triesAgainOnlyWhileSomebodyListens() throws Exception {
        var attempts = new AtomicInteger();
        var builders = Executors.newSingleThreadExecutor();
        try (var timer = new HeldTimer();
                var environments =
                        new Environments(
                                _ -> {
                                    attempts.incrementAndGet();
                                    throw MillraceException.invalid("no such package");
                                },
                                builders,
                                timer)) {
            var entry = environments.request("python", List.of());
            entry.listen("one", () -> {});
            entry.listen("other", () -> {});
            entry.forget("other");
            builders.submit(() -> {}).get();
            assertThat(attempts).hasValue(1);
            timer.runNext();
            builders.submit(() -> {}).get();
            assertThat(attempts).hasValue(2);

            entry.forget("one");
            timer.runNext();
            builders.submit(() -> {}).get();
            assertThat(attempts).hasValue(2);

            assertThat(environments.request("python", List.of())).isSameAs(entry);
            entry.listen("one", () -> {});
            builders.submit(() -> {}).get();
            assertThat(attempts).hasValue(3);
            timer.runNext();
            builders.submit(() -> {}).get();
            assertThat(attempts).hasValue(4);
        }
    }

    @Test
    void suggestsOnlyWhatIsNear() {
        assertThatThrownBy(() -> named("pyhton3")).hasMessageContaining("did you mean 'python'?");
        assertThatThrownBy(() -> named("ruby"))
                .hasMessageContaining("'ruby' is not known; known are python")
                .hasMessageNotContaining("did you mean");
    }

    @Test
    void commandsSeeOnlyWhatTheyNeedOfTheServersVariables() throws Exception {
        for (String name :
                List.of(
                        "PATH",
                        "HOME",
                        "LANG",
                        "LC_ALL",
                        "TZ",
                        "TMPDIR",
                        "https_proxy",
                        "NO_PROXY",
                        "PIP_INDEX_URL",
                        "SSL_CERT_FILE",
                        "REQUESTS_CA_BUNDLE",
                        "CURL_CA_BUNDLE",
                        "XDG_CONFIG_HOME")) {
            assertThat(ExternalCommand.isInherited(name)).as(name).isTrue();
        }
        for (String name :
                List.of(
                        "AWS_SECRET_ACCESS_KEY",
                        "PYTHONPATH",
                        "PYTHONHOME",
                        "VIRTUAL_ENV",
                        "GITHUB_TOKEN",
                        "MILLRACE_TOKEN",
                        "LD_PRELOAD",
                        "PATHS",
                        "MY_PIP_TOKEN")) {
            assertThat(ExternalCommand.isInherited(name)).as(name).isFalse();
        }
        assertThat(System.getenv().keySet()).anyMatch(name -> !ExternalCommand.isInherited(name));
        var outcome =
                ExternalCommand.run(List.of("env"), data.resolve("out"), Duration.ofSeconds(30));
        assertThat(outcome.output().lines())
                .anyMatch(line -> line.startsWith("PATH="))
                .allMatch(line -> ExternalCommand.isInherited(line.split("=", 2)[0]));
    }

    @Test
    void namesThePackageThatDebianLeavesOut() throws IOException {
        Path fake = data.resolve("python3");
        Files.writeString(
                fake, "#!/bin/sh\necho 'millrace-python 3 11 2|/usr/bin/python3|/usr|ensurepip'\n");
        assertThat(fake.toFile().setExecutable(true)).isTrue();
        var config = settings().withPythons(List.of(fake.toString()));
        assertThatThrownBy(() -> new EnvironmentBuilder(config).build(small()))
                .hasMessageContaining("lacks ensurepip")
                .hasMessageContaining("apt install python3.11-venv");
    }

    /** Runs what was scheduled when the test says so, however long that should have taken. */
    private static final class HeldTimer extends ScheduledThreadPoolExecutor {
        private final BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();

        HeldTimer() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            held.add(command);
            return super.schedule(() -> {}, 0, unit);
        }

        void runNext() throws InterruptedException {
            Runnable next = held.poll(30, TimeUnit.SECONDS);
            assertThat(next).isNotNull();
            next.run();
        }
    }
}
