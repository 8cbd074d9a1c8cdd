package io.millrace.cli;

import io.millrace.api.Kind;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "definitions",
        description = "Try the source of a model that shall be trained.",
        footer = {
            "",
            "Example: millrace definitions check digits.py",
            "         millrace definitions list"
        })
final class DefinitionsCommand {

    private DefinitionsCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new DefinitionsCommand());
        Object[] commands = {
            new TrainingListCommand(context, Kind.MODEL_DEFINITION),
            new TrainingDescribeCommand(context, Kind.MODEL_DEFINITION),
            new DefinitionsCheckCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }
}
