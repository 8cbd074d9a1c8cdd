package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of commands after which another version answers. */
final class SwapOptions {

    @Option(names = "--no-wait", description = "Do not wait until the version answers.")
    private boolean noWait;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "How long to wait (default: 2m).")
    private Duration timeout = Duration.ofMinutes(2);

    /** Waits, and tells what came of it; answers the exit code. */
    int finish(
            CliContext context,
            ResourceKey key,
            ApiResource wanted,
            int version,
            OutputFormat format) {
        String label = key.label() + " version " + version;
        Optional<String> problem =
                noWait
                        ? Optional.empty()
                        : new ModelSwap(context.client(), context.time())
                                .await(key, wanted, version, timeout);
        if (problem.isPresent()) {
            context.terminal()
                    .err()
                    .println(
                            "millrace: "
                                    + label
                                    + " does not serve: "
                                    + Terminal.printable(problem.get()));
            return 1;
        }
        if (format == OutputFormat.TABLE) {
            context.terminal().out().println(label + (noWait ? " promoted" : " serves"));
        } else {
            ResultPrinter.print(context.terminal(), format, context.client().get(key).json());
        }
        return 0;
    }
}
