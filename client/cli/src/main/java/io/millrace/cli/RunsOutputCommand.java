package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "output", description = "Show what the trainer of a run printed, the last of it.")
final class RunsOutputCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final RunArgument run = new RunArgument();

    RunsOutputCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        context.client()
                .training()
                .output(run.key(context))
                .lines()
                .map(Terminal::printable)
                .forEach(context.terminal().out()::println);
        return 0;
    }
}
