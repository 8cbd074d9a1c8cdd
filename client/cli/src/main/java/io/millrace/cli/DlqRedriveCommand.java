package io.millrace.cli;

import picocli.CommandLine.Command;

@Command(
        name = "redrive",
        description =
                "Have the pipeline try dead letters again, after the function or model was mended.",
        footer = {"", "Example: millrace dlq redrive pipeline/fashion --stage function/classify"})
final class DlqRedriveCommand extends LetterJobCommand {

    DlqRedriveCommand(CliContext context) {
        super(context, "redrive");
    }
}
