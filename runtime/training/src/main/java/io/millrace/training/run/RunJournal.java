package io.millrace.training.run;

import io.millrace.api.MillraceException;
import io.millrace.codec.json.JsonMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * What a run reported, line by line: replayed, it gives back the run as it was. A line that a crash
 * cut short is left out.
 */
final class RunJournal implements AutoCloseable {

    private final Path file;
    private @Nullable Writer out;
    private long bytes;

    RunJournal(Path file) {
        this.file = file;
    }

    /** Takes what was reported. */
    @FunctionalInterface
    interface Reader {
        void reported(JsonMap event, long epochMillis);
    }

    void replay(Reader reader) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        // Bytes that are no text are replaced: one of them must not cost the whole run.
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                Files.newInputStream(file), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonMap entry;
                try {
                    entry = JsonMap.parse(line);
                } catch (MillraceException e) {
                    continue; // cut short by a crash
                }
                reader.reported(entry.object("event"), entry.number("at"));
            }
        }
    }

    /**
     * Adds a line.
     *
     * @param event a JSON object
     */
    synchronized void add(String event, long epochMillis) throws IOException {
        Writer writer = out;
        if (writer == null) {
            writer =
                    Files.newBufferedWriter(
                            file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            out = writer;
            bytes = Files.size(file);
            writer.write('\n'); // ends a line that a crash cut short
        }
        writer.write("{\"at\":" + epochMillis + ",\"event\":" + event + "}\n");
        writer.flush();
        bytes += event.length(); // most of it is ASCII
    }

    /** About how large it is; 0 before the first line is added. */
    synchronized long bytes() {
        return bytes;
    }

    @Override
    public synchronized void close() throws IOException {
        if (out != null) {
            out.close();
            out = null;
        }
    }
}
