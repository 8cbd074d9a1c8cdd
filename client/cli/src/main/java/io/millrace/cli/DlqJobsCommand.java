package io.millrace.cli;

import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "jobs", description = "Show the last jobs on dead letters, or stop one.")
final class DlqJobsCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "pipeline/NAME", description = "Of which pipeline.")
    private String what = "";

    @Option(
            names = "--cancel",
            paramLabel = "ID",
            description = "Stop this job after what it is at.")
    private @Nullable String cancelled;

    @Mixin private final OutputOption output = new OutputOption();

    DlqJobsCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey pipeline = DlqCommand.pipeline(context, what);
        String id = cancelled;
        if (id != null) {
            JsonNode job = context.client().deadLetters().cancel(pipeline, id);
            boolean runs = LetterJobRun.state(job).equals("running");
            context.terminal()
                    .out()
                    .println("job " + id + (runs ? " stops" : " has ended already"));
            return 0;
        }
        JsonNode jobs = context.client().deadLetters().jobs(pipeline).path("items");
        if (output.format() != OutputFormat.TABLE) {
            ResultPrinter.print(context.terminal(), output.format(), jobs);
        } else if (jobs.isEmpty()) {
            context.terminal()
                    .err()
                    .println("there were no jobs on dead letters of pipeline/" + pipeline.name());
        } else {
            print(jobs);
        }
        return 0;
    }

    private void print(JsonNode jobs) {
        var table = new Table(List.of("ID", "ACTION", "PROGRESS", "LETTERS", "JOB", "STARTED"));
        for (JsonNode job : jobs) {
            table.add(
                    List.of(
                            job.path("id").asString("?"),
                            job.path("action").asString("?"),
                            job.path("looked").asString("?")
                                    + "/"
                                    + job.path("total").asString("?"),
                            job.path("settled").asString("?"),
                            LetterJobRun.state(job),
                            job.path("startedAt").asString("?")));
        }
        table.print(context.terminal(), "");
    }
}
