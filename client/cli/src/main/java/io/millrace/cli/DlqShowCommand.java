package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.cli.Terminal.Style;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "show",
        description = "Show one dead letter with its payload and headers.",
        footer = {"", "Example: millrace dlq show pipeline/fashion 0/17"})
final class DlqShowCommand implements Callable<Integer> {

    private static final int LABEL_WIDTH = 12;

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "pipeline/NAME", description = "Of which pipeline.")
    private String what = "";

    @Parameters(index = "1", paramLabel = "POSITION", description = "As dlq list tells it.")
    private String position = "";

    @Mixin private final OutputOption output = new OutputOption();

    DlqShowCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        requirePosition(position);
        JsonNode letter =
                context.client().deadLetters().find(DlqCommand.pipeline(context, what), position);
        if (output.format() == OutputFormat.TABLE) {
            describe(letter);
        } else {
            ResultPrinter.print(context.terminal(), output.format(), letter);
        }
        return 0;
    }

    static void requirePosition(String text) {
        if (!text.matches("\\d{1,9}/\\d{1,18}")) {
            throw MillraceException.invalid(
                    "a dead letter is named by its position, as in 0/17; was '" + text + "'");
        }
    }

    private void describe(JsonNode letter) {
        heading("Dead letter " + letter.path("position").asString("?"));
        field("state", letter, "state");
        field("reason", letter, "reason");
        field("code", letter, "code");
        field("stage", letter, "stage");
        field("attempts", letter, "attempts");
        field("died", letter, "diedAt");
        field("read at", letter, "readAt");
        field("dated", letter, "time");
        field("key", letter, "key");
        var steps = new ArrayList<String>();
        letter.path("steps").forEach(step -> steps.add(step.asString("")));
        field("versions", String.join(", ", steps));
        for (JsonNode header : letter.path("headers")) {
            field(
                    "header",
                    header.path("name").asString("") + ": " + header.path("value").asString(""));
        }
        context.terminal().out().println();
        payload(letter.path("payload"));
    }

    private void payload(JsonNode payload) {
        heading(
                "Payload: %s, %s%s"
                        .formatted(
                                payload.path("form").asString("?"),
                                Sizes.of(payload.path("size").asLong(0)),
                                payload.path("isCut").asBoolean(false) ? ", its beginning" : ""));
        String text;
        if (payload.has("json")) {
            text = Documents.json(payload.path("json"));
        } else if (payload.has("text")) {
            text = payload.path("text").asString("");
        } else {
            text = payload.path("hex").asString("");
        }
        text.lines()
                .map(Terminal::printable)
                .forEach(line -> context.terminal().out().println("  " + line));
    }

    private void heading(String text) {
        context.terminal().out().println(context.terminal().styled(Style.BOLD, text));
    }

    private void field(String label, JsonNode letter, String name) {
        field(label, letter.path(name).asString(""));
    }

    private void field(String label, String value) {
        if (!value.isEmpty()) {
            String padded = label + " ".repeat(Math.max(1, LABEL_WIDTH - label.length()));
            context.terminal().out().println("  " + padded + Terminal.printable(value));
        }
    }
}
