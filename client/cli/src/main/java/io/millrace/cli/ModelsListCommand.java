package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.Scope;
import io.millrace.client.ApiResource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(name = "list", description = "List models with the version that serves.")
final class ModelsListCommand implements Callable<Integer> {

    private static final String SERVING = "version ";

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Option(
            names = {"-A", "--all-projects"},
            description = "Of all projects.")
    private boolean allProjects;

    ModelsListCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (output.format() != OutputFormat.TABLE) {
            return new GetCommand(context, Kind.MODEL, output, allProjects).call();
        }
        Scope scope = allProjects ? new Scope.Install() : new Scope.InProject(context.project());
        List<ApiResource> models = context.client().list(Kind.MODEL, scope).items();
        if (models.isEmpty()) {
            String where = allProjects ? "" : " in project " + context.project();
            context.terminal().err().println("there are no models" + where);
            return 0;
        }
        var headers =
                new ArrayList<>(List.of("NAME", "FRAMEWORK", "SERVING", "VERSIONS", "TRAFFIC"));
        if (allProjects) {
            headers.addFirst("PROJECT");
        }
        var table = new Table(headers);
        models.forEach(model -> table.add(cells(model)));
        table.print(context.terminal(), "");
        return 0;
    }

    private List<String> cells(ApiResource model) {
        JsonNode spec = model.spec();
        var cells = new ArrayList<String>();
        if (allProjects) {
            cells.add(model.project());
        }
        cells.add(model.name());
        cells.add(spec.path("framework").asString(""));
        cells.add(serving(model));
        cells.add(ready(model) + "/" + spec.path("versions").size());
        cells.add(TrafficText.shortRule(spec.path("traffic")));
        return cells;
    }

    /** The version that answers, as the status tells it; a dash when none does. */
    static String serving(ApiResource model) {
        String text = model.status().path("details").path("serving").asString("");
        return text.isEmpty() ? "-" : text.replace(SERVING, "");
    }

    private static int ready(ApiResource model) {
        int ready = 0;
        for (JsonNode version : model.status().path("versions")) {
            ready += version.path("state").asString("").equals("Ready") ? 1 : 0;
        }
        return ready;
    }
}
