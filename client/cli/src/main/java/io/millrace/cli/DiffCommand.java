package io.millrace.cli;

import io.millrace.cli.Terminal.Style;
import io.millrace.cli.manifest.ApplyListener;
import io.millrace.cli.manifest.Manifests;
import io.millrace.client.Applied;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "diff",
        description = "Show what applying would change; nothing is changed.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing would change", "1:something would", "2:it cannot be told"},
        exitCodeOnExecutionException = 2)
final class DiffCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final FilesOption files = new FilesOption();
    @Mixin private final OutputOption output = new OutputOption();
    @Spec private @Nullable CommandSpec spec;

    DiffCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (!files.isGiven()) {
            throw new ParameterException(
                    java.util.Objects.requireNonNull(spec).commandLine(),
                    "say what to compare, as in: millrace diff -f FILE");
        }
        var manifests = new Manifests(context.client(), context.project(), ApplyListener.NONE);
        List<Applied> results = manifests.preview(files.readAll(context));
        if (output.format() == OutputFormat.TABLE) {
            results.forEach(this::print);
        } else {
            ResultPrinter.print(context.terminal(), output.format(), asJson(results));
        }
        return results.stream().allMatch(Applied::isUnchanged) ? 0 : 1;
    }

    private void print(Applied result) {
        Terminal terminal = context.terminal();
        switch (result.change()) {
            case "unchanged" -> {}
            case "created" -> {
                terminal.out().println(terminal.styled(Style.GREEN, "+ " + result.label()));
                new SpecDiff(terminal).printNew(result.after());
            }
            default -> {
                terminal.out().println(terminal.styled(Style.BOLD, "~ " + result.label()));
                if (!new SpecDiff(terminal).print(result.before(), result.after())) {
                    terminal.out().println("    title or labels");
                }
            }
        }
    }

    private static ArrayNode asJson(List<Applied> results) {
        ArrayNode array = JsonMapper.shared().createArrayNode();
        for (Applied result : results) {
            ObjectNode object =
                    array.addObject()
                            .put("kind", result.kind())
                            .put("project", result.project())
                            .put("name", result.name())
                            .put("change", result.change());
            if (!result.before().isMissingNode()) {
                object.set("before", result.before());
            }
            if (!result.after().isMissingNode()) {
                object.set("after", result.after());
            }
        }
        return array;
    }
}
