package io.millrace.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs programs as a user would and keeps what they printed. */
final class CommandLine {

    /**
     * What a program did.
     *
     * @param exitCode 0 only on success
     * @param out standard output
     * @param err standard error
     */
    record Outcome(int exitCode, String out, String err) {
        Outcome orFail() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + "\n" + out + "\n" + err);
            }
            return this;
        }
    }

    private CommandLine() {}

    /** Runs {@code millrace …} against a server. */
    static Outcome millrace(ServerProcess server, String... arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                Repository.root()
                                        .resolve("client/cli/target/dist/millrace-cli.jar")
                                        .toString(),
                                "io.millrace.cli.Main"));
        command.addAll(List.of(arguments));
        return run(command, Map.of("MILLRACE_SERVER", server.url().toString()));
    }

    static Outcome run(List<String> command, Map<String, String> environment) {
        try {
            Path out = Files.createTempFile("millrace-test", ".out");
            Path err = Files.createTempFile("millrace-test", ".err");
            var builder =
                    new ProcessBuilder(command)
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().putAll(environment);
            int code = builder.start().waitFor();
            var outcome =
                    new Outcome(
                            code,
                            Files.readString(out, StandardCharsets.UTF_8),
                            Files.readString(err, StandardCharsets.UTF_8));
            Files.delete(out);
            Files.delete(err);
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
