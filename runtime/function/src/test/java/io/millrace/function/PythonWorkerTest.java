package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.process.PythonKit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the worker's own tests, which are written in Python. */
@Timeout(180)
class PythonWorkerTest {

    private static final Path WORKER = Path.of("..", "..", "worker", "python").toAbsolutePath();

    @TempDir Path folder;

    @Test
    void passesItsOwnTests() throws IOException, InterruptedException {
        assumeFalse(
                Boolean.getBoolean("millrace.test.withoutPython"),
                "-Dmillrace.test.withoutPython=true");
        Path log = folder.resolve("unittest.log");
        ProcessBuilder builder =
                new ProcessBuilder(
                                "python3", "-m", "unittest", "discover", "-t", ".", "-s", "tests")
                        .directory(WORKER.normalize().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new AssertionError(
                    "python3 is needed for the tests of function workers (apt install python3"
                            + " python3-venv); to do without: -Dmillrace.test.withoutPython=true",
                    e);
        }
        assertThat(process.waitFor(150, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log)).containsPattern("Ran \\d\\d+ tests");
    }

    @Test
    void everyFileOfTheWorkerTravelsInTheJar() throws IOException {
        try (Stream<Path> files = Files.list(WORKER.resolve(WorkerKit.PACKAGE))) {
            List<String> names =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".py"))
                            .sorted()
                            .toList();
            assertThat(WorkerKit.FILES).containsExactlyElementsOf(names);
        }
    }

    @Test
    void unpacksOnceByContent() throws IOException {
        PythonKit kit = WorkerKit.unpack(folder);
        Path main = kit.main();
        assertThat(main).exists().hasFileName("__main__.py");
        var before = Files.getLastModifiedTime(main);
        assertThat(WorkerKit.unpack(folder)).isEqualTo(kit);
        assertThat(Files.getLastModifiedTime(main)).isEqualTo(before);
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void theNumbersOfTheProtocolAreTheSameOnBothSides() throws IOException {
        assertThat(Files.readString(WORKER.resolve("millrace_worker/protocol.py")))
                .contains("HELLO = " + Protocol.HELLO + "\n")
                .contains("CONFIG = " + Protocol.CONFIG + "\n")
                .contains("READY = " + Protocol.READY + "\n")
                .contains("START_FAILED = " + Protocol.START_FAILED + "\n")
                .contains("CALL = " + Protocol.CALL + "\n")
                .contains("STARTED = " + Protocol.STARTED + "\n")
                .contains("RESULT = " + Protocol.RESULT + "\n")
                .contains("DRAIN = " + Protocol.DRAIN + "\n")
                .contains("CONFIG_TRANSFORMER = " + Protocol.CONFIG_TRANSFORMER + "\n")
                .contains("REQUEST = " + Protocol.REQUEST + "\n")
                .contains("PREDICT = " + Protocol.PREDICT + "\n")
                .contains("PREDICTED = " + Protocol.PREDICTED + "\n")
                .contains("RESPONSE = " + Protocol.RESPONSE + "\n")
                .contains("EXPLAIN = " + Protocol.EXPLAIN + "\n")
                .contains("EVENT = " + Protocol.EVENT + " ")
                .contains("MAX_SENDS = " + Protocol.MAX_SENDS + "\n");
    }
}
