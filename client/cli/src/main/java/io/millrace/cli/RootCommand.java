package io.millrace.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

@Command(
        name = "millrace",
        description = "Machine learning on streams.",
        synopsisHeading = "Usage: ",
        customSynopsis = "millrace COMMAND [OPTIONS]",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        versionProvider = RootCommand.Version.class,
        footer = {
            "",
            "More about a command: millrace COMMAND --help",
            "Nothing to try it on yet? ./millrace demo"
        })
final class RootCommand implements Callable<Integer> {

    private final CliContext context;

    @Spec private @Nullable CommandSpec spec;

    RootCommand(CliContext context) {
        this.context = context;
    }

    @Option(
            names = {"-p", "--project"},
            paramLabel = "PROJECT",
            scope = ScopeType.INHERIT,
            description = "The project (default: MILLRACE_PROJECT, else default).")
    void project(String name) {
        context.useProject(name);
    }

    @Option(
            names = "--server",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "The server (default: MILLRACE_SERVER, else http://localhost:8080).")
    void server(String url) {
        context.useServer(url);
    }

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    void help(boolean asked) {
        // picocli itself shows the help
    }

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    void version(boolean asked) {
        // picocli itself shows the version
    }

    @Override
    public Integer call() {
        java.util.Objects.requireNonNull(spec).commandLine().usage(context.terminal().out());
        return 0;
    }

    /** The version, read only when somebody asks for it. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"millrace " + VersionCommand.own()};
        }
    }
}
