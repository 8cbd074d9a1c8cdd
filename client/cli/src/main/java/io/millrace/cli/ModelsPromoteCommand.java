package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "promote",
        description =
                "Put a version into production, without a failed call: it is loaded and warmed"
                        + " beside the one that answers now, which becomes 'previous'.")
final class ModelsPromoteCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "NAME", description = "Of the model.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "VERSION", description = "Its number.")
    private int version;

    @Option(
            names = "--allow-signature-change",
            description = "Its inputs and outputs may differ, from now on.")
    private boolean allowSignatureChange;

    @Mixin private final SwapOptions swap = new SwapOptions();
    @Mixin private final OutputOption output = new OutputOption();

    ModelsPromoteCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = ModelRef.parse(name).key(context.project());
        ApiResource wanted = context.client().models().promote(key, version, allowSignatureChange);
        return swap.finish(context, key, wanted, version, output.format());
    }
}
