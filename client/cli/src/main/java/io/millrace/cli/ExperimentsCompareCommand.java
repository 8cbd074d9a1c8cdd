package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "compare",
        description = "Compare the runs of an experiment.",
        footer = {"", "Example: millrace experiments compare mnist"})
final class ExperimentsCompareCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "NAME", description = "Of the experiment.")
    private String name = "";

    @Mixin private final OutputOption output = new OutputOption();

    ExperimentsCompareCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key =
                ResourceKey.of(Kind.EXPERIMENT, context.project(), new ResourceName(name));
        var runs = new ArrayList<JsonNode>();
        context.client().training().compare(key).path("runs").forEach(runs::add);
        if (runs.isEmpty() && output.format() == OutputFormat.TABLE) {
            context.terminal().err().println("experiment " + name + " has no runs yet");
            return 0;
        }
        RunsCompareCommand.print(context.terminal(), output.format(), runs);
        return 0;
    }
}
