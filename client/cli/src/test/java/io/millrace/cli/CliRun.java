package io.millrace.cli;

import io.millrace.api.TimeSource;
import io.millrace.client.FakeApi;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One run of the command line.
 *
 * @param code its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CliRun(int code, String out, String err) {

    /** Runs a command against a fake server, in a folder, with some standard input. */
    static CliRun of(FakeApi api, Path folder, String input, String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal =
                new Terminal(
                        new PrintStream(out, false, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        false);
        int code;
        try (var context =
                new CliContext(
                        terminal,
                        TimeSource.system(),
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        folder,
                        Map.of("MILLRACE_SERVER", api.address().toString()))) {
            code = new Commands(context).run(List.of(arguments));
        }
        terminal.out().flush();
        return new CliRun(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static CliRun of(FakeApi api, String... arguments) {
        return of(api, Path.of(""), "", arguments);
    }
}
