package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "stop",
        description = "End a run; what it has learned so far is kept.",
        footer = {"", "Example: millrace runs stop mnist-wide"})
final class RunsStopCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final RunArgument run = new RunArgument();

    RunsStopCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = run.key(context);
        ApiResource now = context.client().get(key);
        ObjectNode manifest = TrainCommand.manifest(now);
        ((ObjectNode) manifest.path("spec")).put("stopped", true);
        context.client().put(key, manifest);
        context.terminal().out().println(now.label() + " is told to end");
        return 0;
    }
}
