package io.millrace.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

@Command(
        name = "data",
        description = "Send samples for training.",
        footer = {
            "",
            "Example: millrace data send digits.npz --topic digits --experiment digits",
            "         millrace data send photos/ --topic photos --label folder --number 3"
        })
final class DataCommand {

    private DataCommand() {}

    static CommandSpec spec(CliContext context) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(new DataCommand());
        var send = new CommandLine(new DataSendCommand(context));
        spec.addSubcommand(send.getCommandName(), send);
        return spec;
    }
}
