package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "runs",
        description = "Watch, compare, download, register and deploy trained models.",
        footer = {
            "",
            "Example: millrace runs compare mnist-small mnist-wide",
            "         millrace runs download mnist-wide --format keras -f wide.keras",
            "         millrace runs register mnist-wide --model digits",
            "         millrace runs deploy mnist-wide --input questions --output answers"
        })
final class RunsCommand {

    private RunsCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new RunsCommand());
        Object[] commands = {
            new TrainingListCommand(context, Kind.TRAINING_RUN),
            new TrainingDescribeCommand(context, Kind.TRAINING_RUN),
            new RunsCompareCommand(context),
            new RunsDownloadCommand(context),
            new RunsRegisterCommand(context),
            new RunsDeployCommand(context),
            new RunsStopCommand(context),
            new RunsOutputCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }

    /** The run that is meant by its name, alone or behind its kind. */
    static ResourceKey run(CliContext context, String text) {
        int slash = text.indexOf('/');
        if (slash >= 0
                && Kind.find(text.substring(0, slash)).orElse(null) != Kind.TRAINING_RUN
                && !text.startsWith("run/")) {
            throw MillraceException.invalid(
                    "'" + text + "' is no training run; write its name, such as mnist-small");
        }
        return ResourceKey.of(
                Kind.TRAINING_RUN, context.project(), new ResourceName(text.substring(slash + 1)));
    }
}
