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
        name = "drop",
        description =
                "Say that dead letters are not needed. They stay in the log until its retention ends, and are not listed as open.",
        footer = {"", "Example: millrace dlq drop pipeline/fashion 0/17 0/18"})
final class DlqDropCommand implements Callable<Integer> {

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

    DlqDropCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey pipeline = DlqCommand.pipeline(context, what);
        ObjectNode selection =
                LetterJobRun.selection(
                        positions, filter.parameters(context.time().now()), all, "drop");
        return new LetterJobRun(context, pipeline, "drop").run(selection, !noWait, output.format());
    }
}
