package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Starts a job on dead letters and looks on until it has ended. */
final class LetterJobRun {

    private static final Duration FIRST_LOOK = Duration.ofMillis(50);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final int BAR = 30;

    private final CliContext context;
    private final ResourceKey pipeline;
    private final String action;

    /** A job of one pipeline; the action is {@code redrive} or {@code drop}. */
    LetterJobRun(CliContext context, ResourceKey pipeline, String action) {
        this.context = context;
        this.pipeline = pipeline;
        this.action = action;
    }

    /** What the API takes for letters that a user names in one of three ways. */
    static ObjectNode selection(
            List<String> positions, Map<String, String> filter, boolean all, String action) {
        ObjectNode selection = JsonMapper.shared().createObjectNode();
        if (!positions.isEmpty()) {
            positions.forEach(DlqShowCommand::requirePosition);
            ArrayNode named = selection.putArray("positions");
            positions.forEach(named::add);
        }
        filter.forEach(selection::put);
        if (selection.isEmpty() && !all) {
            throw MillraceException.invalid(
                    "say which dead letters to %s: positions, a filter such as --code, or --all"
                            .formatted(action));
        }
        if (!selection.isEmpty() && all) {
            throw MillraceException.invalid("--all does not go with positions or a filter");
        }
        if (all) {
            selection.put("all", true);
        }
        return selection;
    }

    /** Returns the exit code. */
    int run(ObjectNode selection, boolean waits, OutputFormat format) {
        JsonNode job = context.client().deadLetters().start(pipeline, action, selection);
        if (waits) {
            job = awaitEnd(job);
        }
        if (format == OutputFormat.TABLE) {
            context.terminal().out().println(text(job));
            if (state(job).equals("done")) {
                warnOfMissing(selection.path("positions").size(), job.path("settled").asLong(0));
            }
        } else {
            ResultPrinter.print(context.terminal(), format, job);
        }
        String state = state(job);
        return state.equals("failed") || state.equals("cancelled") ? 1 : 0;
    }

    /** Whoever names letters expects each to be there. */
    private void warnOfMissing(int named, long settled) {
        if (settled < named) {
            context.terminal()
                    .err()
                    .println(
                            "%d of %d positions hold no open dead letter; see: millrace dlq list"
                                            .formatted(named - settled, named)
                                    + " pipeline/%s --state all".formatted(pipeline.name()));
        }
    }

    private JsonNode awaitEnd(JsonNode started) {
        String id = started.path("id").asString("");
        JsonNode job = started;
        Duration pause = FIRST_LOOK;
        while (state(job).equals("running")) {
            context.terminal().showProgress(progress(job));
            context.time().pause(pause);
            if (Thread.currentThread().isInterrupted()) {
                break;
            }
            pause = pause.multipliedBy(2).compareTo(LOOK) < 0 ? pause.multipliedBy(2) : LOOK;
            job = context.client().deadLetters().job(pipeline, id);
        }
        context.terminal().clearProgress();
        return job;
    }

    private String progress(JsonNode job) {
        long looked = job.path("looked").asLong(0);
        long total = Math.max(1, job.path("total").asLong(0));
        int filled = (int) Math.min(BAR, BAR * looked / total);
        return "%s [%s%s] %d %%, %d letters"
                .formatted(
                        action,
                        "#".repeat(filled),
                        " ".repeat(BAR - filled),
                        Math.min(100, 100 * looked / total),
                        job.path("settled").asLong(0));
    }

    private String text(JsonNode job) {
        long settled = job.path("settled").asLong(0);
        String letters = settled == 1 ? "1 dead letter" : settled + " dead letters";
        String of = " of pipeline/" + pipeline.name() + " ";
        String done = action.equals("drop") ? "dropped" : "redriven";
        String message = job.path("message").asString("");
        return switch (state(job)) {
            case "done" -> letters + of + done;
            case "running" ->
                    "job %s started; see how far it is: millrace dlq jobs pipeline/%s"
                            .formatted(job.path("id").asString("?"), pipeline.name());
            default ->
                    "%s: %s%s%s%s"
                            .formatted(
                                    state(job),
                                    letters,
                                    of,
                                    done,
                                    message.isEmpty() ? "" : "; " + message);
        };
    }

    static String state(JsonNode job) {
        return job.path("state").asString("");
    }
}
