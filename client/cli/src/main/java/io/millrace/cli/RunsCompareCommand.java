package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "compare",
        description =
                "Compare runs: final metrics, precision and recall of each class, time per epoch.",
        footer = {"", "Example: millrace runs compare mnist-small mnist-wide"})
final class RunsCompareCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Which runs.")
    private List<String> names = List.of();

    @Mixin private final OutputOption output = new OutputOption();

    RunsCompareCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var runs = new ArrayList<JsonNode>();
        for (String name : names) {
            ResourceKey key = RunsCommand.run(context, name);
            runs.add(compared(context.client().get(key), context.client().training().report(key)));
        }
        print(context.terminal(), output.format(), runs);
        return 0;
    }

    static void print(Terminal terminal, OutputFormat format, List<JsonNode> runs) {
        if (format == OutputFormat.TABLE) {
            new RunTables(terminal).comparison(runs);
            return;
        }
        ObjectNode all = JsonMapper.shared().createObjectNode();
        var items = all.putArray("runs");
        runs.forEach(items::add);
        ResultPrinter.print(terminal, format, all);
    }

    /** In the form that the server gives for the runs of an experiment. */
    private static ObjectNode compared(ApiResource run, JsonNode report) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("run", run.name());
        json.put("definition", run.spec().path("definition").asString(""));
        json.put("dataset", run.spec().path("dataset").asString(""));
        json.put("phase", report.path("state").path("phase").asString(""));
        json.put("epochs", report.path("epochs").size());
        json.put("elapsedMillis", report.path("state").path("elapsedMillis").asLong(0));
        long millis = 0;
        for (JsonNode epoch : report.path("epochs")) {
            millis += epoch.path("millis").asLong(0);
        }
        if (!report.path("epochs").isEmpty()) {
            json.put("epochMillis", millis / report.path("epochs").size());
        }
        json.set("metrics", report.path("state").path("metrics"));
        json.set("test", report.path("test"));
        json.set("classes", report.path("classes"));
        return json;
    }
}
