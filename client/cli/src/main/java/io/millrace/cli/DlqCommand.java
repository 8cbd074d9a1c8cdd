package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "dlq",
        description = "Look at what pipelines gave up, and have it tried again or dropped.",
        footer = {
            "",
            "Example: millrace dlq list pipeline/fashion --code USER_CODE --since 2h",
            "         millrace dlq show pipeline/fashion 0/17",
            "         millrace dlq redrive pipeline/fashion --stage function/classify",
            "         millrace dlq drop pipeline/fashion 0/17 0/18"
        })
final class DlqCommand {

    private DlqCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new DlqCommand());
        Object[] commands = {
            new DlqListCommand(context),
            new DlqShowCommand(context),
            new DlqRedriveCommand(context),
            new DlqDropCommand(context),
            new DlqCountCommand(context),
            new DlqJobsCommand(context)
        };
        for (Object command : commands) {
            var line = new CommandLine(command);
            spec.addSubcommand(line.getCommandName(), line);
        }
        return spec;
    }

    /** The pipeline that is meant by {@code pipeline/NAME}, or by its name alone. */
    static ResourceKey pipeline(CliContext context, String what) {
        ResourceRef ref = ResourceRef.parseOne(what.contains("/") ? what : "pipeline/" + what);
        if (ref.kind() != Kind.PIPELINE) {
            throw MillraceException.invalid(
                    "only pipelines have dead letters, as in: millrace dlq list pipeline/NAME");
        }
        return ref.key(context.project());
    }
}
