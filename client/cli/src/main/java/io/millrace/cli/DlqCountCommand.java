package io.millrace.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "count", description = "Count dead letters, by what became of them.")
final class DlqCountCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "pipeline/NAME", description = "Of which pipeline.")
    private String what = "";

    @Mixin private final OutputOption output = new OutputOption();

    DlqCountCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        JsonNode counts = context.client().deadLetters().counts(DlqCommand.pipeline(context, what));
        if (output.format() == OutputFormat.TABLE) {
            var table = new Table(List.of("OPEN", "REDRIVEN", "DROPPED"));
            table.add(
                    List.of(
                            counts.path("open").asString("?"),
                            counts.path("redriven").asString("?"),
                            counts.path("dropped").asString("?")));
            table.print(context.terminal(), "");
        } else {
            ResultPrinter.print(context.terminal(), output.format(), counts);
        }
        return 0;
    }
}
