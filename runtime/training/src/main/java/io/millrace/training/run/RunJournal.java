package io.millrace.training.run;

import io.millrace.api.MillraceException;
import io.millrace.codec.json.JsonMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
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
        try (BufferedReader lines = Files.newBufferedReader(file)) {
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
            writer.write('\n'); // ends a line that a crash cut short
        }
        writer.write("{\"at\":" + epochMillis + ",\"event\":" + event + "}\n");
        writer.flush();
    }

    @Override
    public synchronized void close() throws IOException {
        if (out != null) {
            out.close();
            out = null;
        }
    }
}
