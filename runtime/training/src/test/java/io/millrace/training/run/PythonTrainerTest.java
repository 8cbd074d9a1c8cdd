package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.EnvironmentCatalog;
import io.millrace.process.EnvironmentSettings;
import io.millrace.process.PythonKit;
import io.millrace.process.VirtualEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the trainer's own tests, which are written in Python, with the real libraries. */
@Timeout(1500)
class PythonTrainerTest {

    private static final Path WORKER = Path.of("..", "..", "worker", "python").toAbsolutePath();
    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace", "environments");

    @TempDir Path folder;

    @Test
    void passesItsOwnTests() throws Exception {
        unittest(build("tensorflow-python").python().toString(), "trainer_tests");
    }

    @Test
    void trainsWithPytorch() throws Exception {
        unittest(PytorchEnvironment.orSkip().python().toString(), "torch_tests");
    }

    private static VirtualEnvironment build(String name) throws IOException, InterruptedException {
        return new EnvironmentBuilder(EnvironmentSettings.of(CACHE))
                .build(EnvironmentCatalog.recipe(name, List.of()));
    }

    private void unittest(String python, String tests) throws IOException, InterruptedException {
        Path log = folder.resolve("unittest.log");
        ProcessBuilder builder =
                new ProcessBuilder(python, "-m", "unittest", "discover", "-t", ".", "-s", tests)
                        .directory(WORKER.normalize().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        Process process = builder.start();
        assertThat(process.waitFor(900, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log))
                .containsPattern("Ran \\d+ tests")
                .doesNotContain("skipped");
    }

    @Test
    void everyFileOfTheTrainerTravelsInTheJar() throws IOException {
        try (Stream<Path> files = Files.list(WORKER.resolve(TrainerKit.PACKAGE))) {
            List<String> names =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".py"))
                            .sorted()
                            .toList();
            assertThat(TrainerKit.FILES).containsExactlyElementsOf(names);
        }
        PythonKit kit = TrainerKit.unpack(folder);
        assertThat(kit.main()).exists();
        assertThat(TrainerKit.unpack(folder)).isEqualTo(kit);
    }
}
