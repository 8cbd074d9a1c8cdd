package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "trace",
        description =
                "Follow one record through a pipeline: what came, what became of it, and what the"
                        + " present steps make of it, one by one, with nothing written.",
        footer = {
            "",
            "Examples:",
            "  millrace trace pipeline/fashion default.source.camera.images/0/1042",
            "  millrace trace pipeline/fashion --next"
        })
final class TraceCommand implements Callable<Integer> {

    private static final int LONGEST = 2_000;

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(index = "0", paramLabel = "pipeline/NAME", description = "Through which pipeline.")
    private String what = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "POSITION",
            description =
                    "TOPIC/PARTITION/OFFSET of the record, or the header millrace.provenance of an"
                            + " output.")
    private @Nullable String position;

    @Option(names = "--next", description = "The next record that the pipeline reads.")
    private boolean next;

    @Option(names = "--no-try", description = "Do not send it through the present steps.")
    private boolean noTry;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "With --next: how long to wait until it is answered (default: 10s).")
    private Duration patience = Duration.ofSeconds(10);

    TraceCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (next == (position != null)) {
            throw MillraceException.invalid(
                    "say which record: either its position, or --next for the next one");
        }
        ResourceKey key = PipelineRef.parseWhole(what, context.project());
        String place = position == null ? awaitNext(key) : position;
        JsonNode trace = context.client().pipelines().trace(key, place, !noTry);
        switch (output.format()) {
            case TABLE -> show(trace);
            case JSON -> context.terminal().out().println(Documents.json(trace));
            case YAML -> context.terminal().out().println(Documents.yaml(trace));
        }
        return 0;
    }

    /** The position of the next record, after it was answered or has waited long enough. */
    private String awaitNext(ResourceKey key) {
        var found = new String[] {""};
        context.terminal().err().println("millrace: waiting for the next record…");
        context.client()
                .pipelines()
                .tap(
                        key,
                        "in",
                        1,
                        1,
                        (event, data) -> {
                            found[0] =
                                    event.equals("record")
                                            ? data.path("position").asString("")
                                            : "";
                            return found[0].isEmpty();
                        });
        long end = context.time().nanoTime() + patience.toNanos();
        while (isPending(key, found[0]) && context.time().nanoTime() - end < 0) {
            context.time().pause(Duration.ofMillis(200));
        }
        return found[0];
    }

    private boolean isPending(ResourceKey key, String place) {
        return context.client()
                .pipelines()
                .trace(key, place, false)
                .at("/state/name")
                .asString("")
                .equals("pending");
    }

    private void show(JsonNode trace) {
        JsonNode input = trace.path("input");
        title("Record", input.path("position").asString(""));
        line("time", input.path("time").asString(""));
        if (input.has("received")) {
            line("received", input.path("received").asString(""));
        }
        if (input.has("key")) {
            line("key", input.path("key").asString(""));
        }
        for (JsonNode header : input.path("headers")) {
            line(header.path("name").asString(""), header.path("value").asString(""));
        }
        line("payload", payload(input.path("payload")));
        showState(trace.path("state"));
        for (JsonNode made : trace.path("outputs")) {
            title("Output", made.path("position").asString(""));
            line("time", made.path("time").asString(""));
            line("steps", String.join(", ", Texts.of(made.path("steps"))));
            line("payload", payload(made.path("payload")));
        }
        for (JsonNode remark : trace.path("remarks")) {
            line("note", remark.asString(""));
        }
        if (!trace.path("steps").isEmpty()) {
            title("Now", "through the present steps, with nothing written");
            trace.path("steps").forEach(this::showStep);
        }
    }

    private void showState(JsonNode state) {
        String name = state.path("name").asString("");
        switch (name) {
            case "dead" -> {
                title("State", "dead letter " + state.path("letter").asString(""));
                line("time", state.path("time").asString(""));
                line("reason", failure(state.path("failure")));
            }
            case "pending" ->
                    title(
                            "State",
                            state.has("committed")
                                    ? "pending: the pipeline has finished all before the offset "
                                            + state.path("committed").asLong(0)
                                    : "pending: the pipeline has finished nothing of this partition");
            default -> title("State", name);
        }
    }

    private void showStep(JsonNode step) {
        String took = String.format(Locale.ROOT, "%.1f ms", step.path("millis").asDouble(0));
        context.terminal().out().println("  " + step.path("step").asString("") + "  " + took);
        if (step.has("failure")) {
            line("  failed", failure(step.path("failure")));
        } else if (step.path("payloads").isEmpty()) {
            line("  gives", "nothing");
        }
        for (JsonNode made : step.path("payloads")) {
            line("  gives", payload(made));
        }
    }

    private static String failure(JsonNode failure) {
        return "%s: %s %s"
                .formatted(
                        failure.path("stage").asString(""),
                        failure.path("code").asString(""),
                        failure.path("reason").asString(""));
    }

    private static String payload(JsonNode payload) {
        String text = payload.path("text").asString("");
        String kept = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
        return "%s (%s, %d bytes)"
                .formatted(
                        kept, payload.path("format").asString(""), payload.path("size").asInt(0));
    }

    private void title(String name, String text) {
        Terminal terminal = context.terminal();
        terminal.out().println(terminal.styled(Style.BOLD, name) + "  " + Terminal.printable(text));
    }

    private void line(String name, String text) {
        context.terminal().out().println("  " + name + ": " + Terminal.printable(text));
    }
}
