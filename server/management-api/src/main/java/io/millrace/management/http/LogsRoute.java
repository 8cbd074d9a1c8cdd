package io.millrace.management.http;

import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.StepLogs;
import io.millrace.spi.StepLogs.Line;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the functions of a pipeline, or the transformer of a model, print: the last lines, and each
 * new one as it comes.
 */
final class LogsRoute {
    private static final int TAIL = 100;
    private static final int LONGEST_TAIL = 10_000;

    private final ResourceStore store;
    private final StepLogs logs;
    private final Duration keepAlive;
    private final int bufferedEvents;

    LogsRoute(ResourceStore store, StepLogs logs, ManagementLimits limits) {
        this.store = store;
        this.logs = logs;
        this.keepAlive = limits.keepAlive();
        this.bufferedEvents = limits.bufferedEvents();
    }

    List<Route> routes() {
        return List.of(
                route(
                        "/projects/{project}/pipelines/{name}/logs",
                        "logs",
                        "Gives what the functions of a pipeline printed",
                        call -> logs(call, Kind.PIPELINE)),
                route(
                        "/projects/{project}/models/{name}/logs",
                        "modelLogs",
                        "Gives what the transformer of a model printed",
                        call -> logs(call, Kind.MODEL)));
    }

    private static Route route(String path, String operation, String summary, Route.Action action) {
        return Route.get(path, operation, summary, Answer.json("LogLines"), action)
                .with(
                        Parameter.query("step", "string", "only lines of this function"),
                        Parameter.query("tail", "integer", "how many of the last lines"),
                        Parameter.query(
                                "follow",
                                "boolean",
                                "goes on with new lines, as server-sent events line and lost"));
    }

    private void logs(Call call, Kind kind) {
        ResourceKey pipeline = call.existing(kind, store);
        Predicate<Line> wanted =
                call.query("step")
                        .<Predicate<Line>>map(step -> line -> line.step().equals(step))
                        .orElse(_ -> true);
        int tail = call.number("tail", TAIL, 0, LONGEST_TAIL);
        if (call.flag("follow")) {
            follow(call, pipeline, wanted, tail);
        } else {
            sendTail(call, pipeline, wanted, tail);
        }
    }

    private void sendTail(Call call, ResourceKey pipeline, Predicate<Line> wanted, int tail) {
        List<Line> lines = logs.tail(pipeline, window(pipeline, wanted, tail));
        ObjectNode body = Json.object();
        ArrayNode array = body.putArray("lines");
        lines.stream().filter(wanted).forEach(line -> array.add(json(line)));
        call.ok(body);
    }

    /** How many of the last lines must be looked at to find so many of those wanted. */
    private int window(ResourceKey pipeline, Predicate<Line> wanted, int tail) {
        List<Line> lines = logs.tail(pipeline, LONGEST_TAIL);
        int found = 0;
        int window = 0;
        for (int i = lines.size() - 1; i >= 0 && found < tail; i--) {
            window++;
            if (wanted.test(lines.get(i))) {
                found++;
            }
        }
        return window;
    }

    private void follow(Call call, ResourceKey pipeline, Predicate<Line> wanted, int tail) {
        var pending = new PendingLines(wanted, bufferedEvents, logs);
        try (var _ = logs.follow(pipeline, window(pipeline, wanted, tail), pending);
                var stream = EventStream.open(call.response())) {
            pump(pending, stream);
        } catch (InterruptedException e) {
            // The server stops.
            Thread.currentThread().interrupt();
        }
    }

    private void pump(PendingLines pending, EventStream stream) throws InterruptedException {
        while (true) {
            Optional<Line> line = pending.next(keepAlive);
            long lost = pending.takeLost();
            if (lost > 0) {
                stream.event("lost", Json.text(Json.object().put("lines", lost)));
            }
            if (line.isPresent()) {
                stream.event("line", Json.text(json(line.get())));
            } else {
                stream.comment("still here");
            }
        }
    }

    private static ObjectNode json(Line line) {
        return Json.object()
                .put("step", line.step())
                .put("worker", line.worker())
                .put("time", Instant.ofEpochMilli(line.atMillis()).toString())
                .put("text", line.text());
    }

    /** Lines between the log's thread, which must not wait, and the reader's. */
    private static final class PendingLines implements StepLogs.Follower {
        private final Predicate<Line> wanted;
        private final ArrayBlockingQueue<Line> queue;
        private final AtomicLong lost = new AtomicLong();
        private final StepLogs logs;

        PendingLines(Predicate<Line> wanted, int capacity, StepLogs logs) {
            this.logs = logs;
            this.wanted = wanted;
            this.queue = new ArrayBlockingQueue<>(capacity);
        }

        @Override
        public void line(Line line) {
            if (wanted.test(line) && !queue.offer(line)) {
                lost.incrementAndGet();
                logs.lost(1);
            }
        }

        @Override
        public void lost(long lines) {
            lost.addAndGet(lines);
        }

        Optional<Line> next(Duration patience) throws InterruptedException {
            return Optional.ofNullable(queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS));
        }

        long takeLost() {
            return lost.getAndSet(0);
        }
    }
}
