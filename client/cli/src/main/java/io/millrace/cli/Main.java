package io.millrace.cli;

import io.millrace.api.TimeSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The command line. */
public final class Main {

    private Main() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        Map<String, String> environment = System.getenv();
        StandardOutput output = StandardOutput.ofProcess();
        Terminal terminal = Terminal.ofProcess(output, environment);
        int code;
        try (var context =
                new CliContext(
                        terminal, TimeSource.system(), System.in, Path.of(""), environment)) {
            code = new Commands(context).run(List.of(args));
        }
        terminal.out().flush();
        if (output.fault().isPresent()) {
            terminal.err().println("millrace: output is lost: " + output.fault().get());
            code = Math.max(1, code);
        }
        System.exit(code);
    }
}
