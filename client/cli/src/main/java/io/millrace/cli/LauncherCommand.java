package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** A command that another program runs; the launcher at the repository's root starts it. */
@Command
final class LauncherCommand implements Callable<Integer> {

    private final CliContext context;
    private final String name;

    @Unmatched private final List<String> arguments = new ArrayList<>();

    LauncherCommand(CliContext context, String name) {
        this.context = context;
        this.name = name;
    }

    @Override
    public Integer call() {
        String line = (name + " " + String.join(" ", arguments)).strip();
        context.terminal()
                .err()
                .println(
                        "millrace: '"
                                + name
                                + "' is not part of this program; the launcher in the repository"
                                + " runs it: ./millrace "
                                + line);
        return 2;
    }
}
