package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "stop",
        description = "End a run; what it has learned so far is kept.",
        footer = {"", "Example: millrace runs stop mnist-wide"})
final class RunsStopCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "RUN", description = "Which run.")
    private String name = "";

    RunsStopCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = RunsCommand.run(context, name);
        ApiResource run = context.client().get(key);
        ObjectNode manifest = TrainCommand.manifest(run);
        ((ObjectNode) manifest.path("spec")).put("stopped", true);
        context.client().put(key, manifest);
        context.terminal().out().println(run.label() + " is told to end");
        return 0;
    }
}
