package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.client.DeadLettersApi;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

@Command(
        name = "list",
        description = "List dead letters, by position.",
        footer = {"", "Example: millrace dlq list pipeline/fashion --contains KeyError"})
final class DlqListCommand implements Callable<Integer> {

    private static final int REASON_SHOWN = 80;

    private final CliContext context;

    @Parameters(paramLabel = "pipeline/NAME", description = "Of which pipeline.")
    private String what = "";

    @Mixin private final LetterOptions filter = new LetterOptions();

    @Option(
            names = "--state",
            paramLabel = "STATE",
            defaultValue = "open",
            description = "open, redriven, dropped or all (default: open).")
    private String state = "open";

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "At most so many (default: 50).")
    private int limit;

    @Mixin private final OutputOption output = new OutputOption();

    DlqListCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (limit < 1) {
            throw MillraceException.invalid("--limit takes a number from 1, was " + limit);
        }
        ResourceKey pipeline = DlqCommand.pipeline(context, what);
        Map<String, String> parameters = filter.parameters(context.time().now());
        parameters.put("state", state);
        DeadLettersApi.Letters found =
                context.client().deadLetters().list(pipeline, parameters, limit);
        if (output.format() != OutputFormat.TABLE) {
            ArrayNode all = JsonMapper.shared().createArrayNode();
            found.letters().forEach(all::add);
            ResultPrinter.print(context.terminal(), output.format(), all);
        } else if (!found.letters().isEmpty()) {
            printTable(found.letters());
        }
        remark(pipeline, found);
        return 0;
    }

    private void remark(ResourceKey pipeline, DeadLettersApi.Letters found) {
        if (found.hasMore()) {
            context.terminal().err().println("there may be more: use --limit, or filter");
        } else if (found.letters().isEmpty()) {
            String kept =
                    found.isKept() ? "" : "; it keeps none, because of onError.deadLetter: false";
            context.terminal()
                    .err()
                    .println("pipeline/" + pipeline.name() + " has no such dead letters" + kept);
        }
    }

    private void printTable(List<JsonNode> letters) {
        boolean showsState = !state.equals("open");
        var table =
                new Table(
                        List.of(
                                "POSITION",
                                showsState ? "FATE" : "AGE",
                                "CODE",
                                "STAGE",
                                "TRIES",
                                "KEY",
                                "REASON"));
        Instant now = context.time().now();
        for (JsonNode letter : letters) {
            table.add(
                    List.of(
                            letter.path("position").asString("?"),
                            showsState
                                    ? letter.path("state").asString("?")
                                    : age(letter.path("diedAt").asString(""), now),
                            letter.path("code").asString("?"),
                            letter.path("stage").asString("?"),
                            letter.path("attempts").asString("?"),
                            letter.path("key").asString("-"),
                            shortened(letter.path("reason").asString(""))));
        }
        table.print(context.terminal(), "");
    }

    private static String age(String diedAt, Instant now) {
        try {
            return Ages.since(Instant.parse(diedAt), now);
        } catch (DateTimeParseException _) {
            return "?";
        }
    }

    private static String shortened(String reason) {
        return reason.length() <= REASON_SHOWN
                ? reason
                : reason.substring(0, REASON_SHOWN - 1) + "…";
    }
}
