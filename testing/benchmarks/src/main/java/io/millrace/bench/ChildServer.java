package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link BareServer} in a process of its own, with the memory settings of the real server. */
final class ChildServer implements AutoCloseable {

    private final Process process;
    private final int port;

    private ChildServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static ChildServer start(String parser, Path folder) throws IOException {
        var command = new ArrayList<String>();
        for (String word :
                Files.readAllLines(Path.of(System.getProperty("millrace.server.cold.command")))) {
            if (word.equals("-cp")) {
                break;
            }
            if (!word.startsWith("-XX:Tier4")) {
                command.add(word);
            }
        }
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        BareServer.class.getName(),
                        parser));
        File log = folder.resolve("bare-" + parser + ".log").toFile();
        Process process = new ProcessBuilder(command).redirectError(log).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw MillraceException.internal(
                    "the bare server did not start: " + Files.readString(log.toPath()), null);
        }
        return new ChildServer(process, Integer.parseInt(line.strip()));
    }

    int port() {
        return port;
    }

    Duration cpu() {
        return ProcessorTime.of(process);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
