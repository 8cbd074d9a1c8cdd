package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "help", description = "Show help for a command.")
final class HelpCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "As in: models upload.")
    private final List<String> path = new ArrayList<>();

    @Spec private @Nullable CommandSpec spec;

    HelpCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        CommandLine self = Objects.requireNonNull(spec).commandLine();
        CommandLine shown = self.getParent();
        for (String name : path) {
            CommandLine next = shown.getSubcommands().get(name);
            if (next == null) {
                throw new ParameterException(
                        self, "there is no command '" + String.join(" ", path) + "'");
            }
            shown = next;
        }
        shown.usage(context.terminal().out());
        return 0;
    }
}
