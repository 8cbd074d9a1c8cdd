package io.millrace.cli;

import picocli.CommandLine.Command;

@Command(
        name = "drop",
        description =
                "Say that dead letters are not needed. They stay in the log until its retention ends, and are not listed as open.",
        footer = {"", "Example: millrace dlq drop pipeline/fashion 0/17 0/18"})
final class DlqDropCommand extends LetterJobCommand {

    DlqDropCommand(CliContext context) {
        super(context, "drop");
    }
}
