package io.millrace.cli;

import io.millrace.api.ResourceKey;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "drift",
        description = "Show whether a model still sees what it was made for, and is still right.",
        footer = {"", "Example: millrace models drift lstm"})
final class ModelsDriftCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "NAME[:VERSION]", description = "Of the model.")
    private String name = "";

    @Option(names = "--all", description = "Show all features, not only the most different ones.")
    private boolean isAll;

    @Mixin private final OutputOption output = new OutputOption();

    ModelsDriftCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ModelRef ref = ModelRef.parse(name);
        ResourceKey key = ref.key(context.project());
        JsonNode drift = context.client().models().drift(key);
        if (output.format() != OutputFormat.TABLE) {
            ResultPrinter.print(context.terminal(), output.format(), drift);
            return 0;
        }
        context.terminal().out().println(key.label() + ": " + DriftText.rule(drift));
        DriftText.printReport(context.terminal(), drift, ref.version(), isAll);
        return 0;
    }
}
