package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.client.ApiException;
import java.util.List;
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

    private void epochs(JsonNode epochs) {
        if (epochs.isEmpty()) {
            return;
        }
        context.terminal().out().println();
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
