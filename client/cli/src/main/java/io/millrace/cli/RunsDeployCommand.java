package io.millrace.cli;

import io.millrace.client.ApiResource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "deploy",
        description = {
            "Serve a trained model between two topics: each request is answered as {\"values\":"
                    + " [...]}, with its headers. Requests are decoded as the samples were."
        },
        footer = {
            "",
            "Example: millrace runs deploy mnist-wide --input questions --output answers --reader g"
        })
final class RunsDeployCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final RunArgument run = new RunArgument();

    @Option(
            names = "--input",
            paramLabel = "TOPIC",
            required = true,
            description = "Where requests are.")
    private String input = "";

    @Option(
            names = "--pipeline",
            paramLabel = "NAME",
            description = "Of the pipeline (default: as the run).")
    private String pipeline = "";

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "Of the model it becomes a version of (default: as the run).")
    private String model = "";

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many tasks share the work (default: 1).")
    private int replicas;

    @Option(
            names = "--start",
            paramLabel = "WHERE",
            description = "earliest or latest (default: earliest).")
    private String start = "";

    @Option(
            names = "--reader",
            paramLabel = "GROUP",
            description =
                    "A consumer group that shall get every answer although it begins at the end and"
                            + " may come late; may be given several times.")
    private List<String> readers = List.of();

    @Option(
            names = "--output",
            paramLabel = "TOPIC",
            required = true,
            description = "Where answers go.")
    private String output = "";

    @Option(
            names = "-o",
            paramLabel = "FORMAT",
            description = "table, json or yaml (default: table).")
    private OutputFormat format = OutputFormat.TABLE;

    RunsDeployCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ObjectNode request = RunsRegisterCommand.request(model, 0);
        request.put("input", input).put("output", output).put("replicas", replicas);
        if (!pipeline.isEmpty()) {
            request.put("pipeline", pipeline);
        }
        if (!start.isEmpty()) {
            request.put("start", start);
        }
        var groups = request.putArray("readers");
        readers.forEach(groups::add);
        context.terminal().showProgress("the server tries the model out");
        ApiResource made = context.client().training().deploy(run.key(context), request);
        context.terminal().clearProgress();
        if (format == OutputFormat.TABLE) {
            context.terminal().out().println("%s: %s -> %s".formatted(made.label(), input, output));
        } else {
            ResultPrinter.print(context.terminal(), format, made.json());
        }
        return 0;
    }
}
