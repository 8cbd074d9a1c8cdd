package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.cli.Terminal.Style;
import io.millrace.client.LogEvent;
import io.millrace.client.LogQuery;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

@Command(
        name = "logs",
        description =
                "Show what the functions of a pipeline, or the transformer of a model, print and log.",
        footer = {
            "",
            "Examples: millrace logs -f pipeline/fashion-pipeline",
            "          millrace logs -f model/mnist"
        })
final class LogsCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(paramLabel = "pipeline/NAME|model/NAME", description = "Of which one.")
    private String what = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on showing new lines.")
    private boolean follow;

    @Option(names = "--step", paramLabel = "FUNCTION", description = "Of this function only.")
    private @Nullable String step;

    @Option(
            names = "--tail",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many older lines (default: 100).")
    private int tail;

    LogsCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceRef ref = ResourceRef.parseOne(what.contains("/") ? what : "pipeline/" + what);
        if (ref.kind() != Kind.PIPELINE && ref.kind() != Kind.MODEL) {
            throw MillraceException.invalid(
                    "only pipelines and models have logs; those of a function are in its pipelines', as in:"
                            + " millrace logs pipeline/NAME --step FUNCTION");
        }
        var query =
                new LogQuery(
                        ref.kind(),
                        context.project(),
                        ref.name().orElseThrow(),
                        step,
                        Math.max(0, tail));
        if (follow) {
            context.client().followLogs(query, this::show);
        } else {
            for (LogEvent.Line line : context.client().logs(query)) {
                context.terminal().out().println(text(line));
            }
        }
        return 0;
    }

    private boolean show(LogEvent event) {
        Terminal terminal = context.terminal();
        return switch (event) {
            case LogEvent.Line line -> terminal.tryPrintNow(text(line));
            case LogEvent.Lost(long lines) -> {
                terminal.err().println("millrace: " + lines + " lines came too fast and are lost");
                yield true;
            }
            case LogEvent.Reconnecting(String reason, _) -> {
                terminal.err().println("millrace: " + reason + "; connecting again");
                yield true;
            }
        };
    }

    private String text(LogEvent.Line line) {
        if (output.format() != OutputFormat.TABLE) {
            return Documents.compactJson(
                    JsonMapper.shared()
                            .createObjectNode()
                            .put("step", line.step())
                            .put("worker", line.worker())
                            .put("time", line.time().toString())
                            .put("text", line.text()));
        }
        Terminal terminal = context.terminal();
        String place = line.worker().isEmpty() ? line.step() : line.step() + "/" + line.worker();
        String head = line.time() + " " + place;
        return terminal.styled(Style.DIM, head)
                + " "
                + (terminal.isInteractive() ? Terminal.printable(line.text()) : line.text());
    }
}
