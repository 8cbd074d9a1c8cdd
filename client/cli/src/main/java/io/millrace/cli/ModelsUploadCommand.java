package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.cli.manifest.ModelArchive;
import io.millrace.client.UploadedVersion;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "upload",
        description =
                "Upload a version of a model; creates the model when it is not there yet. The"
                        + " server tries the version out before it answers.",
        footer = {
            "",
            "Example: millrace models upload digits digits.onnx --model-version 1",
            "         millrace models upload digits --from s3://models/digits/2 --model-version 2"
        })
final class ModelsUploadCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "NAME", description = "Of the model.")
    private String name = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            description = "A .zip, .onnx, .tflite, .keras or .h5 file, or a folder.")
    private @Nullable String file;

    @Option(
            names = "--from",
            paramLabel = "URI",
            description =
                    "Where the server fetches it instead: https://, s3:// or, of its own machine,"
                            + " file:///.")
    private @Nullable String uri;

    @Option(
            names = "--framework",
            paramLabel = "NAME",
            description = "tensorflow, onnx, tflite or keras (default: what the content shows).")
    private String framework = "";

    @Option(
            names = "--model-version",
            paramLabel = "NUMBER",
            required = true,
            description = "Its number.")
    private int version;

    @Mixin private final OutputOption output = new OutputOption();

    @Spec private @Nullable CommandSpec spec;

    ModelsUploadCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        ResourceKey model = ResourceKey.of(Kind.MODEL, context.project(), new ResourceName(name));
        String path = file;
        String address = uri;
        UploadedVersion uploaded;
        if (path != null && address == null) {
            uploaded = upload(model, path);
        } else if (address != null && path == null) {
            context.terminal().showProgress("the server fetches it and tries it out");
            uploaded = context.client().models().fetch(model, version, address, framework);
        } else {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(), "give FILE or --from URI");
        }
        context.terminal().clearProgress();
        if (output.format() == OutputFormat.TABLE) {
            context.terminal()
                    .out()
                    .println("Model/" + name + " version " + version + described(uploaded));
        } else {
            ResultPrinter.print(context.terminal(), output.format(), uploaded.json());
        }
        return 0;
    }

    private UploadedVersion upload(ResourceKey model, String path) throws IOException {
        Terminal terminal = context.terminal();
        try (ModelArchive archive = archive(path)) {
            return context.client()
                    .models()
                    .upload(
                            model,
                            version,
                            framework.isEmpty() ? archive.framework() : framework,
                            archive.file(),
                            (sent, total) -> terminal.showProgress(progress(sent, total)));
        }
    }

    private ModelArchive archive(String path) throws IOException {
        try {
            return ModelArchive.of(context.resolve(path));
        } catch (MillraceException e) {
            throw new MillraceException(e.code(), path + ": " + e.text(), e);
        }
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
}
