package io.millrace.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "models",
        description = "Upload, try, promote and watch versions of models.",
        footer = {
            "",
            "Example: millrace models upload digits digits.onnx --model-version 2",
            "         millrace models test digits:2",
            "         millrace models traffic digits --canary 2 --percent 10",
            "         millrace models promote digits 2"
        })
final class ModelsCommand {

    private ModelsCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new ModelsCommand());
        Object[] commands = {
            new ModelsUploadCommand(context),
            new ModelsListCommand(context),
            new ModelsDescribeCommand(context),
            new ModelsTestCommand(context),
            new ModelsPromoteCommand(context),
            new ModelsRollbackCommand(context),
            new ModelsTrafficCommand(context),
            new ModelsDriftCommand(context),
            new ModelsDeleteCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }
}
