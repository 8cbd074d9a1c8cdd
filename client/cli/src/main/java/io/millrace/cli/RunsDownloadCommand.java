package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "download",
        description = "Get a trained model as a file.",
        footer = {"", "Example: millrace runs download mnist-wide --format keras -o wide.keras"})
final class RunsDownloadCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final RunArgument run = new RunArgument();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            required = true,
            description = "saved-model, keras, h5, tflite, onnx or pth.")
    private String format = "";

    @Option(
            names = {"-o", "--output", "-f", "--file"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write it.")
    private String file = "";

    RunsDownloadCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Path target = context.resolve(file);
        try {
            long bytes = context.client().training().download(run.key(context), format, target);
            context.terminal().out().println(target + ", " + Sizes.of(bytes));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, file + " cannot be written: " + e.getMessage(), e);
        }
        return 0;
    }
}
