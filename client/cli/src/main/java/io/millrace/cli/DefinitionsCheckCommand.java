package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.client.ApiResource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "check",
        description = "Have the server build the model of a file once, and say what is wrong.",
        footer = {"", "Example: millrace definitions check digits.py"})
final class DefinitionsCheckCommand implements Callable<Integer> {

    private static final int INVALID = 1;

    private final CliContext context;

    @Parameters(paramLabel = "FILE.py", description = "Source that leaves the model in 'model'.")
    private String file = "";

    @Option(
            names = "--library",
            paramLabel = "NAME",
            defaultValue = "keras",
            description = "keras or pytorch (default: keras).")
    private String library = "";

    @Option(
            names = "--requirement",
            paramLabel = "PACKAGE",
            description = "A package it needs, as pip writes it; may be given several times.")
    private List<String> requirements = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "10m",
            description = "The longest to wait, environments may have to be built (default: 10m).")
    private Duration timeout = Duration.ofMinutes(10);

    @Mixin private final OutputOption output = new OutputOption();

    DefinitionsCheckCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Path path = context.resolve(file);
        String name = "check-" + Long.toString(context.time().now().toEpochMilli(), 36);
        var declaration = new Declaration(context, Kind.MODEL_DEFINITION, name);
        fill(declaration, path);
        context.client().putIf(declaration.key(), declaration.manifest(), Revision.NONE);
        try {
            return verdict(await(declaration.key()), path);
        } finally {
            context.client().delete(declaration.key());
        }
    }

    private void fill(Declaration declaration, Path path) {
        declaration.metadata().put("title", "a check of " + path.getFileName());
        ObjectNode spec = declaration.spec();
        spec.put("library", library);
        spec.putObject("source")
                .put("file", String.valueOf(path.getFileName()))
                .put("inline", declaration.content(file));
        var packages = spec.putArray("requirements");
        requirements.forEach(packages::add);
    }

    private ApiResource await(ResourceKey key) {
        new Readiness(context.client(), context.time())
                .await(
                        List.of(key),
                        timeout,
                        seen -> {
                            seen.ready()
                                    .map(Condition::message)
                                    .ifPresent(context.terminal()::showProgress);
                            return seen.ready()
                                    .filter(ready -> ready.reason().equals("Invalid"))
                                    .isEmpty();
                        });
        context.terminal().clearProgress();
        return context.client().get(key);
    }

    private int verdict(ApiResource seen, Path path) {
        Condition ready =
                seen.ready()
                        .orElseThrow(() ->
                                new MillraceException(
                                        ErrorCode.TIMEOUT, file + " was not looked at in time"));
        boolean isValid = seen.isReady();
        String summary = seen.status().path("details").path("model").asString("");
        if (output.format() != OutputFormat.TABLE) {
            ObjectNode result = JsonMapper.shared().createObjectNode();
            result.put("file", path.toString())
                    .put("valid", isValid)
                    .put("reason", ready.reason())
                    .put("message", ready.message())
                    .put("model", summary);
            ResultPrinter.print(context.terminal(), output.format(), result);
        } else if (isValid) {
            String notice = ready.message().isEmpty() ? "" : "\n" + ready.message();
            context.terminal().out().println(file + ": valid, " + summary + notice);
        } else {
            context.terminal().out().println(file + ": " + ready.reason() + ": " + ready.message());
        }
        return isValid ? 0 : INVALID;
    }
}
