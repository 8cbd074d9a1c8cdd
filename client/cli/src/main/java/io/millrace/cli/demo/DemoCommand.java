package io.millrace.cli.demo;

import io.millrace.cli.CliContext;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the whole job on this machine. */
@Command(
        name = "demo",
        description =
                "See the whole job at work: starts a server of its own, applies examples/fashion,"
                        + " sends pictures over MQTT with a client certificate and shows the"
                        + " predictions that come back. Ends with Ctrl-C and leaves nothing behind.")
public final class DemoCommand implements Callable<Integer> {

    private static final int PICTURES = 20;

    private final CliContext context;

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--once",
            arity = "0..1",
            fallbackValue = "20",
            paramLabel = "N",
            description =
                    "End after N pictures (20); the exit code is 0 only if all were answered and at"
                            + " least 80 %% of the answers are right.")
    private @Nullable Integer once;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            defaultValue = "700ms",
            description = "From one picture to the next (default: 700ms).")
    private Duration interval = Duration.ZERO;

    @Option(
            names = "--model-step",
            description = "Do without the Python function: Millrace's own model step answers.")
    private boolean modelStep;

    @Option(
            names = "--port-base",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Add N to every default port (default: 0, or more when they are taken).")
    private int portBase;

    /** The command, to be run in some surroundings. */
    public DemoCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        int pictures = once == null ? PICTURES : once;
        if (pictures < 1) {
            throw new ParameterException(
                    java.util.Objects.requireNonNull(spec).commandLine(),
                    "--once needs a number from 1 on, got " + pictures);
        }
        var settings =
                new DemoSettings(
                        DemoSettings.homeOfLauncher(),
                        DemoSettings.serverCommandOfLauncher(),
                        DemoSettings.cacheFolder(context.environment()),
                        pictures,
                        once == null,
                        interval,
                        modelStep,
                        portBase);
        return new Demo(settings, new DemoScreen(context.terminal()), context.time()).run();
    }
}
