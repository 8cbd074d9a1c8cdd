package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small Java program in a process of its own, with the memory settings of the real server. Its
 * first line says that it is ready, and where; it stops when its input ends.
 */
final class ChildServer implements AutoCloseable {

    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final String firstLine;

    private ChildServer(Process process, BufferedReader out, String firstLine) {
        this.process = process;
        this.out = out;
        this.in = process.outputWriter(StandardCharsets.UTF_8);
        this.firstLine = firstLine;
    }

    /** A {@link BareServer}. */
    static ChildServer bare(String parser, Path folder) throws IOException {
        return start(
                "bare-" + parser,
                System.getProperty("java.class.path"),
                List.of(BareServer.class.getName(), parser),
                folder);
    }

    static ChildServer start(
            String name, String classPath, List<String> mainAndArguments, Path folder)
            throws IOException {
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
        command.addAll(List.of("-cp", classPath));
        command.addAll(mainAndArguments);
        File log = folder.resolve(name + ".log").toFile();
        Process process = new ProcessBuilder(command).redirectError(log).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw MillraceException.internal(
                    name + " did not start: " + Files.readString(log.toPath()), null);
        }
        return new ChildServer(process, out, line);
    }

    int port() {
        return Integer.parseInt(firstLine);
    }

    Duration cpu() {
        return ProcessorTime.of(process);
    }

    Process process() {
        return process;
    }

    /** One line there, one line back. */
    String ask(String line) throws IOException {
        in.write(line);
        in.newLine();
        in.flush();
        String answer = out.readLine();
        if (answer == null) {
            throw new IOException("the program ended instead of answering: " + line);
        }
        return answer;
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
