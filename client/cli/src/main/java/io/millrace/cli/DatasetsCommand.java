package io.millrace.cli;

import io.millrace.api.Kind;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "datasets",
        description = "Say where samples are, and whether they are there.",
        footer = {
            "",
            "Example: millrace datasets create digits --range digits:0:0:1797 --type uint8 --shape 8,8",
            "             --label-type uint8 --validation 0.1 --test 0.1",
            "         millrace datasets list"
        })
final class DatasetsCommand {

    private DatasetsCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new DatasetsCommand());
        Object[] commands = {
            new TrainingListCommand(context, Kind.DATASET),
            new TrainingDescribeCommand(context, Kind.DATASET),
            new DatasetsCreateCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }
}
