package io.millrace.cli;

import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "redrive",
        description =
                "Have the pipeline try dead letters again, after the function or model was mended.",
        footer = {"", "Example: millrace dlq redrive pipeline/fashion --stage function/classify"})
final class DlqRedriveCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "pipeline/NAME", description = "Of which pipeline.")
    private String what = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "POSITION",
            description = "Only these, as dlq list tells them.")
    private List<String> positions = List.of();

    @Mixin private final LetterOptions filter = new LetterOptions();

    @Option(names = "--all", description = "All that are open.")
    private boolean all;

    @Option(names = "--no-wait", description = "Do not wait until it is done.")
    private boolean noWait;

    @Mixin private final OutputOption output = new OutputOption();

    DlqRedriveCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey pipeline = DlqCommand.pipeline(context, what);
        ObjectNode selection =
                LetterJobRun.selection(
                        positions, filter.parameters(context.time().now()), all, "redrive");
        return new LetterJobRun(context, pipeline, "redrive")
                .run(selection, !noWait, output.format());
    }
}
