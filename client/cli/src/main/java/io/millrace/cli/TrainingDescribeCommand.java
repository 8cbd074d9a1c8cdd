package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.client.ApiException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "describe", description = "Show all about one.")
final class TrainingDescribeCommand implements Callable<Integer> {

    private final CliContext context;
    private final Kind kind;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(paramLabel = "NAME", description = "Which one.")
    private String name = "";

    TrainingDescribeCommand(CliContext context, Kind kind) {
        this.context = context;
        this.kind = kind;
    }

    @Override
    public Integer call() {
        ResourceKey key =
                kind == Kind.TRAINING_RUN
                        ? RunsCommand.run(context, name)
                        : ResourceKey.of(kind, context.project(), new ResourceName(name));
        if (kind != Kind.TRAINING_RUN) {
            return new DescribeCommand(context, key, output).call();
        }
        JsonNode report = report(key);
        if (output.format() != OutputFormat.TABLE) {
            ObjectNode both = JsonMapper.shared().createObjectNode();
            both.set("run", context.client().get(key).json());
            both.set("report", report);
            ResultPrinter.print(context.terminal(), output.format(), both);
            return 0;
        }
        int code = new DescribeCommand(context, key, output).call();
        samples(report);
        epochs(report.path("epochs"));
        new RunTables(context.terminal()).confusion(report);
        return code;
    }

    /** A run that waits has reported nothing. */
    private JsonNode report(ResourceKey key) {
        try {
            return context.client().training().report(key);
        } catch (ApiException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return JsonMapper.shared().createObjectNode();
            }
            throw e;
        }
    }

    /** What it was trained on, and what its result depends on. */
    private void samples(JsonNode report) {
        section("Samples", report.path("samples"));
        section("Inputs", report.path("decode"));
        section("Labels", report.path("label"));
        section("Lineage", report.path("lineage"));
        section("Test", report.path("test"));
        var notices = report.path("notices");
        if (!notices.isEmpty()) {
            out().println();
            out().println("Notices:");
            notices.forEach(
                    notice -> out().println("  " + Terminal.printable(notice.asString(""))));
        }
    }

    private void section(String title, JsonNode values) {
        if (values.isEmpty()) {
            return;
        }
        out().println();
        out().println(title + ":");
        for (Map.Entry<String, JsonNode> value : values.properties()) {
            String text =
                    value.getValue().isString()
                            ? value.getValue().asString()
                            : value.getValue().toString();
            out().println(Terminal.printable("  %-22s %s".formatted(value.getKey(), text)));
        }
    }

    private PrintStream out() {
        return context.terminal().out();
    }

    private void epochs(JsonNode epochs) {
        if (epochs.isEmpty()) {
            return;
        }
        out().println();
        var table = new Table(List.of("EPOCH", "TIME", "METRICS"));
        for (JsonNode epoch : epochs) {
            table.add(
                    List.of(
                            epoch.path("epoch").asString(""),
                            RunTables.duration(epoch.path("millis").asLong(0)),
                            RunTables.metrics(epoch.path("metrics"))));
        }
        table.print(context.terminal(), "");
    }
}
