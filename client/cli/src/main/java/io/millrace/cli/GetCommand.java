package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.cli.Terminal.Style;
import io.millrace.client.ApiResource;
import io.millrace.client.Listing;
import io.millrace.client.WatchEvent;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "get",
        description = "List resources of a kind, or show one.",
        footer = {
            "",
            "Kinds: projects, categories, datasources, functions, models, pipelines.",
            "Examples: millrace get pipelines --watch",
            "          millrace get function/apparel-classifier -o yaml"
        })
final class GetCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final OutputOption output;

    @Parameters(paramLabel = "KIND[/NAME]", description = "What to show.")
    private String what = "";

    @Option(
            names = {"-A", "--all-projects"},
            description = "Of all projects.")
    private boolean allProjects;

    @Option(
            names = {"-w", "--watch"},
            description = "Go on showing every change.")
    private boolean watch;

    GetCommand(CliContext context) {
        this.context = context;
        this.output = new OutputOption();
    }

    GetCommand(CliContext context, Kind kind, OutputOption output, boolean allProjects) {
        this.context = context;
        this.what = kind.plural();
        this.output = output;
        this.allProjects = allProjects;
    }

    @Override
    public Integer call() {
        ResourceRef ref = ResourceRef.parse(what);
        Listing listing = read(ref);
        boolean one = ref.name().isPresent();
        switch (output.format()) {
            case TABLE -> table(ref.kind(), listing, one);
            case JSON -> trees(listing, one, OutputFormat.JSON);
            case YAML -> trees(listing, one, OutputFormat.YAML);
        }
        return 0;
    }

    private Listing read(ResourceRef ref) {
        if (ref.name().isPresent()) {
            ApiResource resource = context.client().get(ref.key(context.project()));
            return new Listing(List.of(resource), resource.revision());
        }
        return context.client().list(ref.kind(), scope(ref.kind()));
    }

    private Scope scope(Kind kind) {
        return allProjects || !kind.isInProject()
                ? new Scope.Install()
                : new Scope.InProject(context.project());
    }

    private void table(Kind kind, Listing listing, boolean one) {
        Terminal terminal = context.terminal();
        var columns = new ResourceColumns(kind, allProjects);
        var table = new Table(columns.headers());
        for (ApiResource resource : listing.items()) {
            table.add(columns.cells(resource, context.time().now()));
        }
        if (table.isEmpty() && !watch) {
            String where =
                    scope(kind) instanceof Scope.InProject in ? " in project " + in.project() : "";
            terminal.err().println("there are no " + kind.plural() + where);
            return;
        }
        table.print(terminal, "");
        terminal.out().flush();
        if (watch) {
            watch(
                    kind,
                    listing,
                    one,
                    event -> {
                        table.add(columns.cells(event.resource(), context.time().now()));
                        String line = table.lastLine(terminal);
                        return event instanceof WatchEvent.Deleted
                                ? terminal.styled(Style.DIM, line + "  (deleted)")
                                : line;
                    });
        }
    }

    private void trees(Listing listing, boolean one, OutputFormat format) {
        Terminal terminal = context.terminal();
        if (watch) {
            listing.items().forEach(item -> terminal.out().println(streamed(item, format)));
            ResourceRef ref = ResourceRef.parse(what);
            watch(ref.kind(), listing, one, event -> streamed(event.resource(), format));
        } else if (one) {
            ResultPrinter.print(terminal, format, listing.items().getFirst().json());
        } else if (format == OutputFormat.YAML) {
            for (ApiResource item : listing.items()) {
                terminal.out().println("---");
                terminal.out().println(Documents.yaml(item.json()));
            }
        } else {
            ObjectNode list = JsonMapper.shared().createObjectNode();
            var items = list.putArray("items");
            listing.items().forEach(item -> items.add(item.json()));
            ResultPrinter.print(terminal, format, list);
        }
    }

    /** One line of JSON, or one document of YAML. */
    private static String streamed(ApiResource resource, OutputFormat format) {
        return format == OutputFormat.YAML
                ? "---\n" + Documents.yaml(resource.json())
                : Documents.compactJson(resource.json());
    }

    private void watch(
            Kind kind,
            Listing listing,
            boolean one,
            java.util.function.Function<WatchEvent, String> line) {
        Revision after = listing.revision();
        context.client()
                .watch(
                        kind,
                        scope(kind),
                        after,
                        event -> !isMeant(event, listing, one) || show(line.apply(event)));
    }

    private boolean show(String line) {
        return context.terminal().tryPrintNow(line);
    }

    private static boolean isMeant(WatchEvent event, Listing listing, boolean one) {
        return !one || event.resource().name().equals(listing.items().getFirst().name());
    }
}
