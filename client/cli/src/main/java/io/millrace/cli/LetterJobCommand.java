package io.millrace.cli;

import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** A command that does something to chosen dead letters of a pipeline. */
abstract class LetterJobCommand implements Callable<Integer> {

    private final CliContext context;
    private final String action;

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

    /** A command for an action of the API. */
    LetterJobCommand(CliContext context, String action) {
        this.context = context;
        this.action = action;
    }

    @Override
    public Integer call() {
        ResourceKey pipeline = DlqCommand.pipeline(context, what);
        ObjectNode selection =
                LetterJobRun.selection(
                        positions, filter.parameters(context.time().now()), all, action);
        return new LetterJobRun(context, pipeline, action).run(selection, !noWait, output.format());
    }
}
