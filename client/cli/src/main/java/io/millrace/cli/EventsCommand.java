package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.client.ApiEvent;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "events",
        description = {
            "Show what happened to one resource, or to all of a project, oldest first.",
            "The server keeps the last events of each and forgets them when it stops."
        },
        footer = {"", "Example: millrace events pipeline/fashion-pipeline"})
final class EventsCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    @Parameters(
            paramLabel = "KIND/NAME",
            arity = "0..1",
            description = "To what (default: everything in the project).")
    private String what = "";

    EventsCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        List<ApiEvent> events = read();
        Terminal terminal = context.terminal();
        if (output.format() != OutputFormat.TABLE) {
            ObjectNode tree = JsonMapper.shared().createObjectNode();
            var array = tree.putArray("items");
            events.forEach(event -> array.add(event.json()));
            ResultPrinter.print(terminal, output.format(), tree);
        } else if (events.isEmpty()) {
            terminal.err()
                    .println(
                            "nothing has happened to "
                                    + (what.isEmpty() ? "project " + context.project() : what)
                                    + " since the server started");
        } else {
            EventsTable.of(events, what.isEmpty(), context.time().now()).print(terminal, "");
        }
        return 0;
    }

    private List<ApiEvent> read() {
        if (what.isEmpty()) {
            return context.client().events(context.project());
        }
        ResourceRef ref = ResourceRef.parseOne(what);
        if (!ref.kind().isInProject()) {
            throw MillraceException.invalid(
                    "for what happened in a project use: millrace events --project NAME");
        }
        return context.client().events(ref.key(context.project()));
    }
}
