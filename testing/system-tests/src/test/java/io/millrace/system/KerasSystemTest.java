package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Keras file becomes a SavedModel in a process with the real Keras and is served as any other.
 * The environment for that has 1.5 GB, so it is shared with the tests of the converter.
 */
@Timeout(1_500)
class KerasSystemTest {

    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace");

    @TempDir static Path folder;
    private static ServerProcess server;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--cache",
                                CACHE.toString())
                        .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aKerasFileIsServedAsTensorFlow() {
        Path file =
                Repository.root()
                        .resolve("testing/system-tests/src/test/resources/models/weighing.keras");
        var curl = new Curl(server);

        CommandLine.Outcome uploaded =
                CommandLine.millrace(
                        server,
                        "models",
                        "upload",
                        "weighing",
                        file.toString(),
                        "--model-version",
                        "1");

        assertThat(uploaded.out()).as(uploaded.err()).contains("Ready");
        assertThat(curl.post("/v1/models/weighing:predict", "{\"instances\":[[1,2,3,4]]}").body())
                .isEqualTo("{\"predictions\":[[5.0,6.0,7.0]]}");
        assertThat(curl.call("/v2/models/weighing").body()).contains("tensorflow_savedmodel");
        assertThat(CommandLine.millrace(server, "models", "describe", "weighing").orFail().out())
                .contains("keras");
    }
}
