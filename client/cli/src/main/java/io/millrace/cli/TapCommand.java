package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "tap",
        description = {
            "Show records on their way through a pipeline. The pipeline never waits for that: what"
                    + " comes faster than the rate is counted and told."
        },
        footer = {
            "",
            "Examples:",
            "  millrace tap pipeline/fashion            what the outputs accepted, and what failed",
            "  millrace tap pipeline/fashion:in         what is read",
            "  millrace tap pipeline/fashion:classify   what a step makes of it"
        })
final class TapCommand implements Callable<Integer> {

    private static final int LONGEST = 400;

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(
            paramLabel = "pipeline/NAME[:EDGE]",
            description =
                    "Of which pipeline, and where: in, out, or a step by its number, its function or"
                            + " its model (default: out).")
    private String what = "";

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20",
            description = "At most so many records in a second (default: 20).")
    private double rate;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "1",
            description = "One record in so many (default: 1).")
    private int every;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "COUNT",
            description = "End after so many records.")
    private long count;

    private long shown;

    TapCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        PipelineRef ref = PipelineRef.parse(what);
        ResourceKey key = ref.key(context.project());
        String edge = ref.edge().isEmpty() ? "out" : ref.edge();
        context.client().pipelines().tap(key, edge, rate, every, this::show);
        return 0;
    }

    private boolean show(String event, JsonNode data) {
        if (event.equals("missed")) {
            missed(data);
            return true;
        }
        if (!event.equals("record")) {
            return true;
        }
        shown++;
        String line =
                output.format() == OutputFormat.TABLE ? line(data) : Documents.compactJson(data);
        return context.terminal().tryPrintNow(line) && (count <= 0 || shown < count);
    }

    private void missed(JsonNode data) {
        long sampled = data.path("sampled").asLong(0);
        long behind = data.path("behind").asLong(0);
        String late = behind == 0 ? "" : ", " + behind + " of them for a slow connection";
        context.terminal()
                .err()
                .println(
                        context.terminal()
                                .styled(
                                        Style.DIM,
                                        "millrace: %d more passed and were not shown%s"
                                                .formatted(sampled + behind, late)));
    }

    private String line(JsonNode record) {
        Terminal terminal = context.terminal();
        String head =
                "%s %s %s"
                        .formatted(
                                record.path("time").asString(""),
                                record.path("edge").asString(""),
                                record.path("position").asString(""));
        String key = record.has("key") ? " " + record.path("key").asString("") : " -";
        String text =
                shortened(Terminal.printable(record.path("payload").path("text").asString("")));
        JsonNode failure = record.path("failure");
        String end =
                failure.isMissingNode()
                        ? ""
                        : "  "
                                + terminal.styled(
                                        Style.RED,
                                        Terminal.printable(
                                                "FAILED %s: %s"
                                                        .formatted(
                                                                failure.path("code").asString(""),
                                                                failure.path("reason")
                                                                        .asString(""))));
        return terminal.styled(Style.DIM, head) + Terminal.printable(key) + " " + text + end;
    }

    /** One line for each record, on a terminal; all of it where a program reads. */
    private String shortened(String text) {
        return !context.terminal().isInteractive() || text.length() <= LONGEST
                ? text
                : text.substring(0, LONGEST) + "…";
    }
}
