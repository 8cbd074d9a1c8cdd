package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.client.UploadedVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "models", description = "Upload model versions, list models.")
final class ModelsCommand {

    private final CliContext context;

    ModelsCommand(CliContext context) {
        this.context = context;
    }

    @Command(
            name = "upload",
            description =
                    "Upload a version of a model; creates the model when it is not there yet. The"
                            + " server tries the version out before it answers.",
            footer = {
                "",
                "Example: millrace models upload digits --framework tensorflow --model-version 1"
                        + " digits.zip"
            })
    int upload(
            @Parameters(paramLabel = "NAME", description = "Of the model.") String name,
            @Parameters(paramLabel = "FILE.zip", description = "The zipped model.") String file,
            @Option(
                            names = "--framework",
                            paramLabel = "NAME",
                            defaultValue = "tensorflow",
                            description = "What made it (default: tensorflow).")
                    String framework,
            @Option(
                            names = "--model-version",
                            paramLabel = "NUMBER",
                            required = true,
                            description = "Its number.")
                    int version,
            @Mixin OutputOption output) {
        Path archive = context.resolve(file);
        if (!Files.isRegularFile(archive)) {
            throw MillraceException.invalid("there is no file " + file);
        }
        Terminal terminal = context.terminal();
        UploadedVersion uploaded =
                context.client()
                        .uploadModelVersion(
                                context.project(),
                                new ResourceName(name),
                                version,
                                framework,
                                archive,
                                (sent, total) -> terminal.showProgress(progress(sent, total)));
        terminal.clearProgress();
        if (output.format() == OutputFormat.TABLE) {
            terminal.out().println("Model/" + name + " version " + version + described(uploaded));
        } else {
            ResultPrinter.print(terminal, output.format(), uploaded.json());
        }
        return 0;
    }

    private static String progress(long sent, long total) {
        return sent < total
                ? "uploading: " + Sizes.of(sent) + " of " + Sizes.of(total)
                : "uploaded " + Sizes.of(total) + "; the server is trying it out";
    }

    private static String described(UploadedVersion uploaded) {
        var text = new StringBuilder(" ").append(uploaded.state());
        if (uploaded.sizeBytes() > 0) {
            text.append(", ").append(Sizes.of(uploaded.sizeBytes()));
        }
        for (String part : new String[] {uploaded.signature(), uploaded.message()}) {
            if (!part.isEmpty()) {
                text.append(", ").append(Terminal.printable(part));
            }
        }
        return text.toString();
    }

    @Command(name = "list", description = "List models; the same as: millrace get models.")
    int list(
            @Mixin OutputOption output,
            @Option(
                            names = {"-A", "--all-projects"},
                            description = "Of all projects.")
                    boolean allProjects) {
        return new GetCommand(context, Kind.MODEL, output, allProjects).call();
    }
}
