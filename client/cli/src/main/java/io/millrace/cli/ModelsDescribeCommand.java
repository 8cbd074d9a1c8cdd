package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import io.millrace.client.ApiResource;
import java.util.ArrayList;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "describe",
        description = "Show a model, its versions with their checks, and how calls go.",
        footer = {"", "Example: millrace models describe digits:2"})
final class ModelsDescribeCommand implements Callable<Integer> {

    private static final int LABEL_WIDTH = 12;
    private static final int HASH_SHOWN = 12;

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(paramLabel = "NAME[:VERSION]", description = "Of the model.")
    private String name = "";

    ModelsDescribeCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ModelRef ref = ModelRef.parse(name);
        ResourceKey key = ref.key(context.project());
        OptionalInt number = ref.version();
        if (number.isPresent()) {
            JsonNode version = context.client().models().version(key, number.getAsInt());
            print(version, () -> version(version));
            return 0;
        }
        ApiResource model = context.client().get(key);
        JsonNode traffic = context.client().models().traffic(key);
        ObjectNode both = JsonMapper.shared().createObjectNode();
        both.set("model", model.json());
        both.set("traffic", traffic);
        if (model.spec().path("monitor").isObject()) {
            both.set("drift", context.client().models().drift(key));
        }
        print(both, () -> describe(model, traffic, both.path("drift")));
        return 0;
    }

    private void print(JsonNode tree, Runnable table) {
        if (output.format() == OutputFormat.TABLE) {
            table.run();
        } else {
            ResultPrinter.print(context.terminal(), output.format(), tree);
        }
    }

    private void describe(ApiResource model, JsonNode traffic, JsonNode drift) {
        heading(model.label());
        JsonNode spec = model.spec();
        field("project", model.project());
        field("framework", spec.path("framework").asString(""));
        field("serving", ModelsListCommand.serving(model));
        model.ready().ifPresent(ready -> field("ready", ready(ready)));
        field("remark", traffic.path("remark").asString(""));
        field("aliases", aliases(spec.path("aliases")));
        field("traffic", TrafficText.rule(spec.path("traffic")));
        field("batching", batching(spec.path("batching")));
        field("signature", "a change is " + changed(spec.path("signatureChange")));
        for (JsonNode version : model.status().path("versions")) {
            context.terminal().out().println();
            version(version);
        }
        context.terminal().out().println();
        heading("Traffic");
        TrafficText.printReport(context.terminal(), traffic, "  ");
        if (drift.isObject()) {
            context.terminal().out().println();
            heading("Drift");
            DriftText.printSummary(context.terminal(), drift, "  ");
        }
    }

    private void version(JsonNode version) {
        heading("Version " + version.path("version").asString("?"));
        String sha256 = version.path("sha256").asString("");
        long size = version.path("sizeBytes").asLong(0);
        field("state", version.path("state").asString(""));
        field("reason", version.path("message").asString(""));
        field("loaded", version.path("loaded").asBoolean(false) ? "yes" : "no");
        field("origin", version.path("origin").asString(""));
        field("sha256", sha256.substring(0, Math.min(HASH_SHOWN, sha256.length())));
        field("size", size == 0 ? "" : Sizes.of(size));
        field("signature", version.path("signature").asString(""));
        for (JsonNode check : version.path("checks")) {
            field(
                    "check",
                    check.path("name").asString("") + ": " + check.path("result").asString(""));
        }
    }

    private static String ready(Condition ready) {
        String text = ready.status().label() + " " + ready.reason();
        return ready.message().isEmpty() ? text : text + ": " + ready.message();
    }

    private static String aliases(JsonNode aliases) {
        var parts = new ArrayList<String>();
        for (var alias : aliases.properties()) {
            parts.add(alias.getKey() + "=" + alias.getValue().asString(""));
        }
        return String.join(", ", parts);
    }

    private static String batching(JsonNode batching) {
        int workers = batching.path("workers").asInt(0);
        return "up to %s items, delay %s, queue %s, workers %s"
                .formatted(
                        batching.path("maxBatchSize").asString("?"),
                        batching.path("maxDelay").asString("?"),
                        batching.path("maxQueuedItems").asString("?"),
                        workers == 0 ? "one for each core" : String.valueOf(workers));
    }

    private static String changed(JsonNode change) {
        return change.asString("").equals("allow") ? "allowed" : "refused";
    }

    private void heading(String text) {
        context.terminal().out().println(context.terminal().styled(Style.BOLD, text));
    }

    private void field(String label, String value) {
        if (!value.isEmpty()) {
            String padded = label + " ".repeat(Math.max(1, LABEL_WIDTH - label.length()));
            context.terminal().out().println("  " + padded + Terminal.printable(value));
        }
    }
}
