package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.client.MillraceClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * The server as a child process. Its standard input is a pipe that nobody writes to: when this
 * process dies, however suddenly, the pipe closes and the server stops by itself.
 */
final class ServerProcess implements AutoCloseable {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
    private static final Duration TO_DRAIN = Duration.ofSeconds(10);
    private static final int LAST_LINES = 20;

    private final Process process;
    private final Path log;
    private final TimeSource time;

    private ServerProcess(Process process, Path log, TimeSource time) {
        this.process = process;
        this.log = log;
        this.time = time;
    }

    /**
     * Starts a server.
     *
     * @param commandFile the command that starts one, an argument a line
     * @param folder for its data and log
     * @param portBase what to add to its default ports
     */
    static ServerProcess start(Path commandFile, RunFolder folder, int portBase, TimeSource time) {
        try {
            var command = new ArrayList<String>(Files.readAllLines(commandFile));
            command.removeIf(String::isEmpty);
            command.addAll(
                    List.of(
                            "--data",
                            folder.data().toString(),
                            "--port-base",
                            Integer.toString(portBase),
                            "--mqtt-plain",
                            "--stop-on-stdin-eof"));
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(folder.log().toFile())
                            .start();
            return new ServerProcess(process, folder.log(), time);
        } catch (IOException e) {
            throw MillraceException.internal("cannot start the server: " + e.getMessage(), e);
        }
    }

    /** Waits until it can work. */
    void awaitReady(MillraceClient client, Duration limit) {
        long deadline = time.nanoTime() + limit.toNanos();
        while (!client.isUp()) {
            if (!process.isAlive()) {
                throw MillraceException.internal(
                        "the server ended with exit code " + process.exitValue() + lastLines(),
                        null);
            }
            if (time.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                throw new MillraceException(
                        ErrorCode.TIMEOUT,
                        "the server is not ready after " + limit.toSeconds() + " s" + lastLines());
            }
            time.pause(BETWEEN_LOOKS);
        }
    }

    /** Calls back with its exit code when it ends. */
    void onExit(IntConsumer listener) {
        CompletableFuture<?> _ =
                process.onExit().thenAccept(ended -> listener.accept(ended.exitValue()));
    }

    /** The end of what it printed, for an error message. */
    String lastLines() {
        try {
            String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
            List<String> lines = text.lines().toList();
            if (lines.isEmpty()) {
                return " without a word";
            }
            int from = Math.max(0, lines.size() - LAST_LINES);
            return "; its last lines:\n  " + String.join("\n  ", lines.subList(from, lines.size()));
        } catch (IOException | UncheckedIOException e) {
            return "; its log " + log + " cannot be read: " + e.getMessage();
        }
    }

    /** Lets it finish its work, at most 10 s. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(TO_DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
