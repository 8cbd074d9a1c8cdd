package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.Route.Answer;
import io.millrace.spi.RunEvent;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingState;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What a run reports, from its beginning, as server-sent events, until it has ended. */
final class RunEventsRoute {
    private final ResourceStore store;
    private final Supplier<TrainingResults> results;
    private final Duration keepAlive;
    private final int buffered;

    RunEventsRoute(
            ResourceStore store, Supplier<TrainingResults> results, ManagementLimits limits) {
        this.store = store;
        this.results = results;
        this.keepAlive = limits.keepAlive();
        this.buffered = limits.bufferedEvents();
    }

    Route route() {
        return Route.get(
                "/projects/{project}/trainingruns/{name}/progress",
                "followRun",
                "Streams what a training run reports, from its beginning until it has ended: events"
                        + " phase, batch, epoch, test, resumed, improved, notice and end",
                Answer.events("RunEvent"),
                this::follow);
    }

    private void follow(Call call) {
        ResourceKey run = call.key(Kind.TRAINING_RUN);
        String uid =
                store.image()
                        .find(run)
                        .orElseThrow(() -> ResourceWrites.unknown(run))
                        .metadata()
                        .uid();
        var pending = new LinkedBlockingQueue<RunEvent>();
        AutoCloseable following =
                results.get()
                        .follow(
                                run,
                                event -> {
                                    // A reader that is behind misses steps, never epochs.
                                    if (event.kind() != RunEvent.Kind.BATCH
                                            || pending.size() < buffered) {
                                        pending.add(event);
                                    }
                                });
        try (var stream = EventStream.open(call.response())) {
            pump(run, uid, pending, stream);
        } catch (InterruptedException e) {
            // The server stops.
            Thread.currentThread().interrupt();
        } finally {
            close(following);
        }
    }

    private void pump(
            ResourceKey run, String uid, LinkedBlockingQueue<RunEvent> pending, EventStream stream)
            throws InterruptedException {
        while (true) {
            RunEvent event = pending.poll(keepAlive.toMillis(), TimeUnit.MILLISECONDS);
            if (event != null) {
                stream.event(RunViews.kind(event), Json.text(RunViews.event(event)));
                if (!isEnd(event)) {
                    continue;
                }
            }
            // Asked before the queue is looked at: what came last is told all the same.
            if (hasEnded(run, uid) && pending.isEmpty()) {
                stream.event("end", Json.text(Json.object()));
                return;
            }
            stream.comment("still here");
        }
    }

    /** One that was removed tells nothing any more, and another of its name is another run. */
    private boolean hasEnded(ResourceKey run, String uid) {
        boolean isThere =
                store.image().find(run).filter(now -> now.metadata().uid().equals(uid)).isPresent();
        return !isThere
                || results.get()
                        .report(run)
                        .map(report -> report.state().phase().isEnd())
                        .orElse(true);
    }

    private static boolean isEnd(RunEvent event) {
        if (event.kind() != RunEvent.Kind.PHASE) {
            return false;
        }
        for (TrainingState.Phase phase : TrainingState.Phase.values()) {
            if (phase.isEnd() && phase.name().equalsIgnoreCase(event.text())) {
                return true;
            }
        }
        return false;
    }

    private static void close(AutoCloseable following) {
        try {
            following.close();
        } catch (MillraceException e) {
            throw e;
        } catch (Exception e) {
            throw new MillraceException(
                    ErrorCode.INTERNAL, "what follows a run was not ended cleanly", e);
        }
    }
}
