package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "delete", description = "Delete a model, or a version that nothing names.")
final class ModelsDeleteCommand implements Callable<Integer> {

    private static final int LONGEST_ANSWER = 16;

    private final CliContext context;

    @Parameters(paramLabel = "NAME[:VERSION]", description = "Of the model.")
    private String name = "";

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    ModelsDeleteCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        ModelRef ref = ModelRef.parse(name);
        if (!yes && !isConfirmed(ref)) {
            context.terminal().err().println("nothing was deleted");
            return 1;
        }
        ResourceKey key = ref.key(context.project());
        OptionalInt version = ref.version();
        if (version.isPresent()) {
            context.client().models().deleteVersion(key, version.getAsInt());
        } else {
            context.client().delete(key);
        }
        context.terminal().out().println(ref.label() + " deleted");
        return 0;
    }

    private boolean isConfirmed(ModelRef ref) throws IOException {
        if (!context.terminal().isInteractive()) {
            throw MillraceException.invalid(
                    "say --yes to delete " + ref.label() + " where nobody can be asked");
        }
        context.terminal().err().print("delete " + ref.label() + "? [y/N] ");
        context.terminal().err().flush();
        return line().strip().equalsIgnoreCase("y");
    }

    private String line() throws IOException {
        var text = new StringBuilder();
        for (int c = context.input().read();
                c >= 0 && c != '\n' && text.length() < LONGEST_ANSWER;
                c = context.input().read()) {
            text.append((char) c);
        }
        return text.toString();
    }
}
