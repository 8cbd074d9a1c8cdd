package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.Kind;
import io.millrace.api.Scope;
import io.millrace.client.ApiResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(name = "list", description = "List them, with how they do.")
final class TrainingListCommand implements Callable<Integer> {

    private static final String METRIC = "metric ";
    private static final int METRICS_SHOWN = 4;

    private final CliContext context;
    private final Kind kind;

    @Mixin private final OutputOption output = new OutputOption();

    @Option(
            names = {"-A", "--all-projects"},
            description = "Of all projects.")
    private boolean allProjects;

    TrainingListCommand(CliContext context, Kind kind) {
        this.context = context;
        this.kind = kind;
    }

    @Override
    public Integer call() {
        if (output.format() != OutputFormat.TABLE) {
            return new GetCommand(context, kind, output, allProjects).call();
        }
        Scope scope = allProjects ? new Scope.Install() : new Scope.InProject(context.project());
        List<ApiResource> found = context.client().list(kind, scope).items();
        if (found.isEmpty()) {
            String where = allProjects ? "" : " in project " + context.project();
            context.terminal().err().println("there are no " + kind.plural() + where);
            return 0;
        }
        var headers = new ArrayList<String>();
        if (allProjects) {
            headers.add("PROJECT");
        }
        headers.add("NAME");
        headers.addAll(headers());
        var table = new Table(headers);
        for (ApiResource resource : found) {
            var cells = new ArrayList<String>();
            if (allProjects) {
                cells.add(resource.project());
            }
            cells.add(resource.name());
            cells.addAll(cells(resource));
            table.add(cells);
        }
        table.print(context.terminal(), "");
        return 0;
    }

    private List<String> headers() {
        return switch (kind) {
            case DATASET -> List.of("RECORDS", "SAMPLE", "RANGES", "STATUS");
            case EXPERIMENT -> List.of("NUMBER", "DEFINITIONS", "DATASET", "STATUS");
            case TRAINING_RUN -> List.of("DEFINITION", "DATASET", "EPOCH", "METRICS", "STATUS");
            default -> List.of("LIBRARY", "MODEL", "STATUS");
        };
    }

    private List<String> cells(ApiResource resource) {
        JsonNode spec = resource.spec();
        JsonNode details = resource.status().path("details");
        String status = resource.ready().map(Condition::reason).orElse("-");
        return switch (kind) {
            case DATASET ->
                    List.of(
                            text(details, "records"),
                            text(details, "sample"),
                            joined(spec.path("ranges")),
                            status);
            case EXPERIMENT ->
                    List.of(
                            text(details, "number"),
                            joined(spec.path("definitions")),
                            text(details, "dataset"),
                            status);
            case TRAINING_RUN ->
                    List.of(
                            text(spec, "definition"),
                            text(spec, "dataset"),
                            text(details, "epoch"),
                            metrics(details),
                            status);
            default -> List.of(text(spec, "library"), text(details, "model"), status);
        };
    }

    private static String text(JsonNode node, String name) {
        String text = node.path(name).asString("");
        return text.isEmpty() ? "-" : text;
    }

    private static String joined(JsonNode items) {
        var texts = new ArrayList<String>();
        items.forEach(item -> texts.add(item.asString("")));
        return String.join(",", texts);
    }

    private static String metrics(JsonNode details) {
        String metrics =
                details.properties().stream()
                        .filter(detail -> detail.getKey().startsWith(METRIC))
                        .limit(METRICS_SHOWN)
                        .map(TrainingListCommand::metric)
                        .collect(Collectors.joining(" "));
        return metrics.isEmpty() ? "-" : metrics;
    }

    private static String metric(Map.Entry<String, JsonNode> detail) {
        return detail.getKey().substring(METRIC.length()) + "=" + detail.getValue().asString("");
    }
}
