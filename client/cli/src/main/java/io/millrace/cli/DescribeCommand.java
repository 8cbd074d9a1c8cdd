package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import io.millrace.client.ApiEvent;
import io.millrace.client.ApiException;
import io.millrace.client.ApiResource;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "describe",
        description =
                "Show all about one resource: its spec, conditions, details, versions and events.")
final class DescribeCommand implements Callable<Integer> {

    private static final int LABEL_WIDTH = 14;

    private final CliContext context;

    @Mixin private final OutputOption output;

    @Parameters(paramLabel = "KIND/NAME", description = "As in model/fashion_classifier.")
    private String what = "";

    DescribeCommand(CliContext context) {
        this.context = context;
        this.output = new OutputOption();
    }

    /** Of one resource, for commands of its kind. */
    DescribeCommand(CliContext context, ResourceKey key, OutputOption output) {
        this.context = context;
        this.output = output;
        this.what = key.kind().plural() + "/" + key.name();
    }

    @Override
    public Integer call() {
        var key = ResourceRef.parseOne(what).key(context.project());
        ApiResource resource = context.client().get(key);
        if (output.format() == OutputFormat.TABLE) {
            describe(resource);
            if (key.kind().isInProject()) {
                events(events(key));
            }
        } else {
            ResultPrinter.print(context.terminal(), output.format(), resource.json());
        }
        return 0;
    }

    private void describe(ApiResource resource) {
        Terminal terminal = context.terminal();
        terminal.out().println(terminal.styled(Style.BOLD, resource.label()));
        field("title", resource.title());
        field("project", resource.project());
        for (var label : resource.json().path("metadata").path("labels").properties()) {
            field("label", label.getKey() + "=" + label.getValue().asString(""));
        }
        field("generation", String.valueOf(resource.generation()));
        field("revision", resource.revision().toString());
        Instant now = context.time().now();
        resource.createdAt()
                .ifPresent(at -> field("created", at + " (" + Ages.since(at, now) + " ago)"));
        conditions(resource.conditions(), now);
        details(resource.status().path("details"));
        versions(resource.status().path("versions"));
        heading("Spec");
        PrintStream out = terminal.out();
        Documents.yaml(resource.spec()).lines().forEach(line -> out.println("  " + line));
    }

    private void conditions(List<Condition> conditions, Instant now) {
        if (conditions.isEmpty()) {
            return;
        }
        heading("Conditions");
        var table = new Table(List.of("TYPE", "READY", "SINCE", "REASON", "MESSAGE"));
        for (Condition condition : conditions) {
            table.add(
                    List.of(
                            condition.type(),
                            condition.status().label(),
                            Ages.since(condition.lastTransitionTime(), now),
                            condition.reason(),
                            condition.message()));
        }
        table.rowLines(context.terminal())
                .forEach(row -> context.terminal().out().println("  " + row));
    }

    private void details(JsonNode details) {
        if (details.isEmpty()) {
            return;
        }
        heading("Details");
        int width = details.propertyNames().stream().mapToInt(String::length).max().orElse(0);
        for (Map.Entry<String, JsonNode> detail : details.properties()) {
            String name = detail.getKey();
            context.terminal()
                    .out()
                    .println(
                            "  "
                                    + name
                                    + " ".repeat(width - name.length() + 2)
                                    + Terminal.printable(detail.getValue().asString("")));
        }
    }

    private void versions(JsonNode versions) {
        if (versions.isEmpty()) {
            return;
        }
        heading("Versions");
        VersionsTable.of(versions).print(context.terminal(), "  ");
    }

    /** A server from before there were events has none; all else was shown already. */
    private List<ApiEvent> events(ResourceKey key) {
        try {
            return context.client().events(key);
        } catch (ApiException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    private void events(List<ApiEvent> events) {
        if (!events.isEmpty()) {
            heading("Events");
            EventsTable.of(events, false, context.time().now()).print(context.terminal(), "  ");
        }
    }

    private void heading(String text) {
        context.terminal().out().println();
        context.terminal().out().println(context.terminal().styled(Style.BOLD, text));
    }

    private void field(String name, String value) {
        if (!value.isEmpty()) {
            String padded = name + " ".repeat(Math.max(1, LABEL_WIDTH - name.length()));
            context.terminal().out().println("  " + padded + Terminal.printable(value));
        }
    }
}
