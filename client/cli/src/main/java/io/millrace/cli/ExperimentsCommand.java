package io.millrace.cli;

import io.millrace.api.Kind;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "experiments",
        description = "List and compare models trained on the same samples.",
        footer = {
            "",
            "Example: millrace experiments list",
            "         millrace experiments compare mnist"
        })
final class ExperimentsCommand {

    private ExperimentsCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new ExperimentsCommand());
        Object[] commands = {
            new TrainingListCommand(context, Kind.EXPERIMENT),
            new TrainingDescribeCommand(context, Kind.EXPERIMENT),
            new ExperimentsCompareCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }
}
