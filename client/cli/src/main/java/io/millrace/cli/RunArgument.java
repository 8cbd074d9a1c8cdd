package io.millrace.cli;

import io.millrace.api.ResourceKey;
import picocli.CommandLine.Parameters;

/** The run that a command is about. */
final class RunArgument {

    @Parameters(paramLabel = "RUN", description = "Which run.")
    private String name = "";

    ResourceKey key(CliContext context) {
        return RunsCommand.run(context, name);
    }
}
