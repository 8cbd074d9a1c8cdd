package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "rollback",
        description = "Put the version back into production that was there before.")
final class ModelsRollbackCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "NAME", description = "Of the model.")
    private String name = "";

    @Mixin private final SwapOptions swap = new SwapOptions();
    @Mixin private final OutputOption output = new OutputOption();

    ModelsRollbackCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = ModelRef.parse(name).key(context.project());
        ApiResource wanted = context.client().models().rollBack(key);
        int version = wanted.spec().path("aliases").path("production").asInt(0);
        return swap.finish(context, key, wanted, version, output.format());
    }
}
