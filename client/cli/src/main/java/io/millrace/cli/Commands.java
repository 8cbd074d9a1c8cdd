package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.cli.Terminal.Style;
import io.millrace.cli.demo.DemoCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * All commands. Only those that the arguments name are built in full, because building one takes
 * longer than running most: the others are known by name and by one line for the help.
 */
public final class Commands {

    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private record Entry(String description, Supplier<Object> command) {}

    private final CliContext context;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** The commands, to be run in some surroundings. */
    public Commands(CliContext context) {
        this.context = context;
        add(
                "demo",
                "See the whole job: images in, predictions out.",
                () -> new DemoCommand(context));
        launcher("server", "Run the server.");
        add("apply", "Create or change resources.", () -> new ApplyCommand(context));
        add("diff", "Show what applying would change.", () -> new DiffCommand(context));
        add("delete", "Delete resources.", () -> new DeleteCommand(context));
        add("get", "List resources, or show one.", () -> new GetCommand(context));
        add("describe", "Show all about one resource.", () -> new DescribeCommand(context));
        add(
                "models",
                "Upload, try, promote and watch versions of models.",
                () -> ModelsCommand.spec(context));
        add("data", "Send samples for training.", () -> DataCommand.spec(context));
        add("train", "Have an experiment train, and watch it.", () -> new TrainCommand(context));
        add(
                "definitions",
                "Try the source of a model that shall be trained.",
                () -> DefinitionsCommand.spec(context));
        add(
                "datasets",
                "Say where samples are, and whether they are there.",
                () -> DatasetsCommand.spec(context));
        add(
                "experiments",
                "List and compare models trained on the same samples.",
                () -> ExperimentsCommand.spec(context));
        add(
                "runs",
                "Watch, compare, download, register and deploy trained models.",
                () -> RunsCommand.spec(context));
        add("sources", "Get client certificates.", () -> new SourcesCommand(context));
        add(
                "secrets",
                "Keep passwords and keys for other brokers and clusters.",
                () -> new SecretsCommand(context));
        add(
                "buckets",
                "Say who may come to the object store inside; have objects become records.",
                () -> new BucketsCommand(context));
        add("events", "Show what happened to resources.", () -> new EventsCommand(context));
        add("logs", "Show what functions print and log.", () -> new LogsCommand(context));
        add(
                "dlq",
                "Look at what pipelines gave up, and have it tried again or dropped.",
                () -> DlqCommand.spec(context));
        add("tap", "Show records on their way.", () -> new TapCommand(context));
        add("trace", "Follow one record.", () -> new TraceCommand(context));
        add("replay", "Send the past through a pipeline again.", () -> new ReplayCommand(context));
        launcher("test", "Run all tests of the repository; --faults breaks more, for hours.");
        launcher("bench", "Measure speed and size on this machine.");
        add(
                "version",
                "Show the versions of client and server.",
                () -> new VersionCommand(context));
        add("help", "Show help for a command.", () -> new HelpCommand(context));
    }

    /** Runs one command and answers the exit code. */
    public int run(List<String> arguments) {
        CommandLine line = new CommandLine(new RootCommand(context));
        entries.forEach(
                (name, entry) -> line.addSubcommand(name, subcommand(name, entry, arguments)));
        line.registerConverter(Duration.class, new DurationText());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setAbbreviatedOptionsAllowed(false);
        line.setUsageHelpAutoWidth(true);
        line.setColorScheme(
                CommandLine.Help.defaultColorScheme(
                        context.terminal().isColored() ? Ansi.ON : Ansi.OFF));
        line.setOut(new PrintWriter(context.terminal().out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(context.terminal().err(), true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler((e, _) -> misused(e));
        line.setExecutionExceptionHandler((e, failed, _) -> failed(e, failed));
        return line.execute(arguments.toArray(String[]::new));
    }

    private static CommandLine subcommand(String name, Entry entry, List<String> arguments) {
        if (arguments.contains(name)) {
            var command = new CommandLine(entry.command().get());
            if (command.getCommandSpec().usageMessage().description().length == 0) {
                command.getCommandSpec().usageMessage().description(entry.description());
            }
            return command;
        }
        CommandSpec stub = CommandSpec.create().name(name);
        stub.usageMessage().description(entry.description());
        return new CommandLine(stub);
    }

    private void add(String name, String description, Supplier<Object> command) {
        entries.put(name, new Entry(description, command));
    }

    private void launcher(String name, String description) {
        add(name, description, () -> new LauncherCommand(context, name));
    }

    private int misused(ParameterException e) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println(prefix() + e.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(e, err)) {
            String name = e.getCommandLine().getCommandSpec().qualifiedName();
            err.println("See: " + name + " --help");
        }
        err.flush();
        return USAGE;
    }

    private int failed(Exception e, CommandLine command) {
        Terminal terminal = context.terminal();
        terminal.clearProgress();
        terminal.out().flush();
        if (e instanceof MillraceException known) {
            terminal.err().println(prefix() + known.text());
        } else {
            terminal.err().println(prefix() + "this is a defect of the command line: " + e);
        }
        if (!context.environment().getOrDefault("MILLRACE_DEBUG", "").isEmpty()) {
            e.printStackTrace(terminal.err());
        }
        int code = command.getCommandSpec().exitCodeOnExecutionException();
        return code == 0 ? FAILED : code;
    }

    private String prefix() {
        return context.terminal().styled(Style.RED, "millrace: ");
    }
}
