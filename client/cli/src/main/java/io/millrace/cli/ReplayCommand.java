package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "replay",
        description =
                "Send the past through a pipeline's steps again, apart from all that is live, and"
                        + " compare the answers with those that were given then.",
        footer = {
            "",
            "Times are as in 2026-01-31T12:00:00Z, 2026-01-31 (its beginning in UTC), 2h (ago), now.",
            "",
            "Example: millrace replay pipeline/fashion --from 2h --to now --model fashion=3"
        })
final class ReplayCommand implements Callable<Integer> {

    private static final Duration POLL = Duration.ofMillis(300);
    private static final int FAILED = 1;

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(paramLabel = "pipeline/NAME", description = "Through which pipeline.")
    private String what = "";

    @Option(names = "--from", paramLabel = "TIME", description = "Records from this time on.")
    private @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "TIME",
            defaultValue = "now",
            description = "Records before this time (default: now).")
    private String to = "now";

    @Option(
            names = "--model",
            paramLabel = "NAME=VERSION",
            description = "Another version of a model of a model step; may be repeated.")
    private Map<String, Integer> models = Map.of();

    @Option(
            names = "--into",
            paramLabel = "BRANCH",
            description = "Also keep the new answers in the log, in a topic of this name.")
    private @Nullable String into;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100000",
            description = "At most so many records (default: 100000).")
    private long limit;

    @Option(
            names = "--show",
            paramLabel = "N",
            defaultValue = "10",
            description = "Show so many records that differ (default: 10).")
    private int examples;

    @Option(names = "--list", description = "List the replays of the pipeline instead.")
    private boolean list;

    @Option(names = "--cancel", paramLabel = "ID", description = "End a replay early instead.")
    private @Nullable String cancel;

    ReplayCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = PipelineRef.parseWhole(what, context.project());
        if (cancel != null) {
            return finish(context.client().pipelines().cancelReplay(key, cancel));
        }
        if (list) {
            return list(context.client().pipelines().replays(key));
        }
        JsonNode job = context.client().pipelines().startReplay(key, request());
        String id = job.path("id").asString("");
        while (job.path("state").asString("").equals("running")) {
            context.terminal()
                    .showProgress(
                            "%s: %d of about %d records"
                                    .formatted(
                                            job.path("message").asString(""),
                                            job.path("done").asLong(0),
                                            job.path("total").asLong(0)));
            context.time().pause(POLL);
            if (Thread.currentThread().isInterrupted()) {
                job = context.client().pipelines().cancelReplay(key, id);
                break;
            }
            job = context.client().pipelines().replay(key, id);
        }
        context.terminal().clearProgress();
        return finish(job);
    }

    private ObjectNode request() {
        if (from == null) {
            throw MillraceException.invalid("say from when, as in --from 2h or --from 2026-01-31");
        }
        ObjectNode request =
                JsonMapper.shared()
                        .createObjectNode()
                        .put("from", TimeText.parse(from, context.time().now()).toString())
                        .put("to", TimeText.parse(to, context.time().now()).toString())
                        .put("limit", limit)
                        .put("examples", examples);
        ObjectNode versions = request.putObject("models");
        models.forEach((name, version) -> versions.put(new ResourceName(name).value(), version));
        if (into != null) {
            request.put("into", into);
        }
        return request;
    }

    private int finish(JsonNode job) {
        if (output.format() == OutputFormat.TABLE) {
            new ReplayReport(context.terminal()).print(job);
        } else {
            ResultPrinter.print(context.terminal(), output.format(), job);
        }
        return job.path("state").asString("").equals("failed") ? FAILED : 0;
    }

    private int list(JsonNode jobs) {
        if (output.format() != OutputFormat.TABLE) {
            ResultPrinter.print(context.terminal(), output.format(), jobs);
            return 0;
        }
        var table = new Table(List.of("ID", "STATE", "RECORDS", "AGREEMENT", "FROM", "TO"));
        for (JsonNode job : jobs.path("items")) {
            var cells = new ArrayList<String>();
            cells.add(job.path("id").asString(""));
            cells.add(job.path("state").asString(""));
            cells.add(job.path("done").asLong(0) + "/" + job.path("total").asLong(0));
            cells.add(ReplayReport.agreement(job.path("report")));
            cells.add(job.path("from").asString(""));
            cells.add(job.path("to").asString(""));
            table.add(cells);
        }
        if (table.isEmpty()) {
            context.terminal()
                    .err()
                    .println("there were no replays of " + what + " since the server started");
        } else {
            table.print(context.terminal(), "");
        }
        return 0;
    }
}
