package io.millrace.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Pythons with the clients that users have, from the package index; each is made once. */
final class PythonClient {

    private static final Path SCRIPTS =
            Repository.root().resolve("testing/system-tests/src/test/resources/python");

    private PythonClient() {}

    /** The interpreter with the MQTT client paho. */
    static Path interpreter() {
        return environment("paho-client", List.of("paho-mqtt==2.1.0", "msgpack==1.1.0"));
    }

    /** The interpreter with the Kafka client kafka-python. */
    static Path kafka() {
        return environment("kafka-client", List.of("kafka-python==3.0.12"));
    }

    /** The interpreter with Amazon's client of S3. */
    static Path s3() {
        return environment("s3-client", List.of("boto3==1.44.5"));
    }

    /** The interpreter with what people use who send samples for training. */
    static Path sender() {
        return environment("sender-client", List.of("kafka-python==3.0.12", "numpy==2.4.6"));
    }

    /** The same with the Kafka client of Kafka-ML's own senders, which is years older. */
    static Path oldSender() {
        return environment(
                "old-sender-client", List.of("kafka-python==2.0.2", "six==1.17.0", "numpy==2.4.6"));
    }

    /** The interpreter with Triton's clients, gRPC's generator of stubs and ONNX Runtime. */
    static Path serving() {
        try {
            return environment(
                    "serving-clients",
                    Files.readAllLines(SCRIPTS.resolve("serving-requirements.txt")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of the scripts in the test resources. */
    static Path script(String name) {
        return SCRIPTS.resolve(name);
    }

    /** Runs one of the scripts in the test resources; fails with what it printed. */
    static CommandLine.Outcome run(Path interpreter, String script, String... arguments) {
        var command =
                new ArrayList<>(List.of(interpreter.toString(), "-u", script(script).toString()));
        command.addAll(Arrays.asList(arguments));
        return CommandLine.run(command, Map.of("PYTHONDONTWRITEBYTECODE", "1")).orFail();
    }

    private static synchronized Path environment(String name, List<String> packages) {
        Path home = Repository.cache().resolve(name);
        Path ready = home.resolve("ready");
        Path python = home.resolve("bin/python");
        try {
            String wanted = String.join("\n", packages);
            if (Files.exists(ready) && Files.readString(ready).equals(wanted)) {
                return python;
            }
            CommandLine.run(List.of("python3", "-m", "venv", "--clear", home.toString()), Map.of())
                    .orFail();
            var install = new ArrayList<>(List.of(python.toString(), "-m", "pip", "install", "-q"));
            packages.stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(install::add);
            CommandLine.run(install, Map.of()).orFail();
            Files.writeString(ready, wanted);
            return python;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
