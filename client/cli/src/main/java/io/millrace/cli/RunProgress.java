package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceKey;
import io.millrace.cli.Terminal.Style;
import io.millrace.client.ApiException;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows a run as it goes: a line for each epoch, a bar within it where somebody looks on. */
final class RunProgress {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int BAR = 24;

    private final CliContext context;
    private final OutputFormat format;
    private boolean isRead = true;

    RunProgress(CliContext context, OutputFormat format) {
        this.context = context;
        this.format = format;
    }

    /** Until it has ended. One that waits for its turn has nothing to tell yet. */
    void follow(ResourceKey run) {
        while (isRead && !Thread.currentThread().isInterrupted()) {
            try {
                if (context.client()
                        .training()
                        .follow(run, (event, data) -> show(run.name().value(), event, data))) {
                    context.terminal().clearProgress();
                    return;
                }
            } catch (ApiException e) {
                if (e.code() != ErrorCode.NOT_FOUND || context.client().find(run).isEmpty()) {
                    throw e;
                }
                context.terminal().showProgress(run.name() + "  waits for its turn");
            }
            context.time().pause(BETWEEN_LOOKS);
        }
    }

    private boolean show(String run, String event, JsonNode data) {
        if (format != OutputFormat.TABLE) {
            ((ObjectNode) data).put("run", run);
            isRead = context.terminal().tryPrintNow(Documents.compactJson(data));
            return isRead;
        }
        switch (event) {
            case "batch" -> context.terminal().showProgress(run + "  " + batch(data));
            case "epoch" -> print(run, epoch(data));
            case "test" -> print(run, "test  " + RunTables.metrics(data.path("metrics")));
            default -> print(run, text(event, data));
        }
        return isRead;
    }

    private void print(String run, String line) {
        context.terminal().clearProgress();
        isRead = context.terminal().tryPrintNow(run + "  " + Terminal.printable(line));
    }

    private static String text(String event, JsonNode data) {
        String text = data.path("text").asString("");
        return switch (event) {
            case "phase" -> text.toLowerCase(java.util.Locale.ROOT);
            case "resumed" -> "goes on behind epoch " + data.path("epoch").asInt(0);
            case "improved" -> "better: " + RunTables.metrics(data.path("metrics"));
            default -> text;
        };
    }

    private static String epoch(JsonNode data) {
        return "epoch %d  %s  %s"
                .formatted(
                        data.path("epoch").asInt(0),
                        RunTables.metrics(data.path("metrics")),
                        RunTables.duration(data.path("millis").asLong(0)));
    }

    private String batch(JsonNode data) {
        long done = data.path("batch").asLong(0);
        long all = data.path("batches").asLong(0);
        String figures = RunTables.metrics(data.path("metrics"));
        String head = "epoch " + data.path("epoch").asInt(0) + "  ";
        if (all <= 0) {
            return head + done + " steps  " + figures;
        }
        int filled = (int) Math.min(BAR, BAR * done / all);
        String bar = "█".repeat(filled) + "░".repeat(BAR - filled);
        return head
                + context.terminal().styled(Style.CYAN, bar)
                + "  %d/%d  %s".formatted(done, all, figures);
    }
}
