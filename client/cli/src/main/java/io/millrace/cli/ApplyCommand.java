package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import io.millrace.cli.manifest.ManifestSet;
import io.millrace.cli.manifest.Manifests;
import io.millrace.client.ApiResource;
import io.millrace.client.Applied;
import io.millrace.codec.kserve.KServeResources.SecretValues;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

@Command(
        name = "apply",
        description = "Create or change resources: all of them or, when one is wrong, none.",
        footer = {
            "",
            "Functions' files are sent along, and models' files are uploaded. Resource files of KServe",
            "(InferenceService, InferenceGraph, KafkaSource with their Secret and ServiceAccount) are",
            "taken as they are; docs/kserve.md says what becomes of each field.",
            "Example: millrace apply -f examples/fashion --wait"
        })
final class ApplyCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final FilesOption files = new FilesOption();
    @Mixin private final OutputOption output = new OutputOption();

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "60s",
            paramLabel = "TIME",
            description = "Wait until all are ready, at most so long (60s when no time is given).")
    private @Nullable Duration wait;

    @Spec private @Nullable CommandSpec spec;

    ApplyCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (!files.isGiven()) {
            throw new ParameterException(
                    java.util.Objects.requireNonNull(spec).commandLine(),
                    "say what to apply, as in: millrace apply -f FILE");
        }
        var manifests = new Manifests(context.client(), context.project(), this::showUpload);
        ManifestSet set = files.readAll(context);
        List<Applied> results = manifests.apply(set);
        context.terminal().clearProgress();
        print(set.secrets(), results);
        return wait == null || results.isEmpty() ? 0 : awaitReady(results, wait);
    }

    private void showUpload(String file, long sent, long total) {
        context.terminal()
                .showProgress(
                        "uploading " + file + ": " + Sizes.of(sent) + " of " + Sizes.of(total));
    }

    private void print(List<SecretValues> secrets, List<Applied> results) {
        Terminal terminal = context.terminal();
        if (output.format() == OutputFormat.TABLE) {
            for (SecretValues secret : secrets) {
                terminal.out().println("Secret/" + secret.name() + " set");
            }
            for (Applied result : results) {
                terminal.out().println(result.label() + " " + colored(result.change()));
            }
        } else {
            ResultPrinter.print(terminal, output.format(), asJson(results));
        }
        terminal.out().flush();
    }

    private String colored(String change) {
        return switch (change) {
            case "created" -> context.terminal().styled(Style.GREEN, change);
            case "unchanged" -> context.terminal().styled(Style.DIM, change);
            default -> context.terminal().styled(Style.YELLOW, change);
        };
    }

    private static ArrayNode asJson(List<Applied> results) {
        ArrayNode array = JsonMapper.shared().createArrayNode();
        for (Applied result : results) {
            array.addObject()
                    .put("kind", result.kind())
                    .put("project", result.project())
                    .put("name", result.name())
                    .put("change", result.change());
        }
        return array;
    }

    private int awaitReady(List<Applied> results, Duration limit) {
        List<ResourceKey> keys = results.stream().map(Readiness::keyOf).toList();
        Terminal terminal = context.terminal();
        List<ApiResource> pending =
                new Readiness(context.client(), context.time())
                        .await(
                                keys,
                                limit,
                                resource -> {
                                    if (!resource.isReady()) {
                                        terminal.showProgress(
                                                resource.label()
                                                        + ": "
                                                        + Readiness.describe(resource));
                                    }
                                    return true;
                                });
        terminal.clearProgress();
        if (pending.isEmpty()) {
            terminal.err().println(keys.size() == 1 ? "ready" : "all " + keys.size() + " ready");
            return 0;
        }
        terminal.err().println("not ready after " + limit.toSeconds() + " s:");
        for (ApiResource resource : pending) {
            terminal.err().println("  " + resource.label());
            for (Condition condition : resource.conditions()) {
                terminal.err().println("    " + ConditionText.of(condition));
            }
            if (resource.conditions().isEmpty()) {
                terminal.err().println("    nothing is known yet");
            }
        }
        return 1;
    }
}
