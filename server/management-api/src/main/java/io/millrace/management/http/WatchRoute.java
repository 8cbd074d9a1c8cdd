package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.codec.ResourceWriter;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Parameter;
import io.millrace.store.Change;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Changes of resources as server-sent events. The store never waits for a reader: one that falls
 * too far behind is disconnected and resumes after the last event that it has seen.
 */
final class WatchRoute {
    private final ResourceStore store;
    private final Duration keepAlive;
    private final int bufferedEvents;

    WatchRoute(ResourceStore store, ManagementLimits limits) {
        this.store = store;
        this.keepAlive = limits.keepAlive();
        this.bufferedEvents = limits.bufferedEvents();
    }

    Route route() {
        return Route.get(
                        "/watch",
                        "watch",
                        "Streams changes: events put and deleted, the resource as data",
                        Answer.events("Resource"),
                        this::watch)
                .with(
                        Parameter.query("project", "string", "only resources of this project"),
                        Parameter.query("kind", "string", "only resources of this kind"),
                        Parameter.query(
                                "after",
                                "integer",
                                "the revision that was seen last; without it only what happens"
                                        + " from now on"),
                        Parameter.header("Last-Event-ID", "like after, as browsers resume"));
    }

    private void watch(Call call) {
        var filter =
                new Filter(
                        call.query("kind").map(WatchRoute::kind),
                        call.query("project").map(ProjectId::new));
        Revision after = after(call);
        var pending = new PendingChanges(filter, bufferedEvents);
        try (var _ = store.watch(after, pending);
                var stream = EventStream.open(call.response())) {
            pump(pending, stream);
        } catch (InterruptedException e) {
            // The server stops; the reader resumes elsewhere.
            Thread.currentThread().interrupt();
        }
    }

    private void pump(PendingChanges pending, EventStream stream) throws InterruptedException {
        while (!pending.isOver()) {
            Change change = pending.queue.poll(keepAlive.toMillis(), TimeUnit.MILLISECONDS);
            if (change == null) {
                stream.comment("still here");
            } else {
                send(change, stream);
            }
        }
    }

    private static void send(Change change, EventStream stream) {
        String id = change.revision().toString();
        switch (change) {
            case Change.Put(_, var resource) ->
                    stream.event("put", id, ResourceWriter.json(resource));
            case Change.Deleted(_, var last) ->
                    stream.event("deleted", id, ResourceWriter.json(last));
        }
    }

    private Revision after(Call call) {
        Optional<String> text =
                call.query("after").or(() -> call.header(HeaderNames.create("Last-Event-ID")));
        Revision newest = store.image().revision();
        Revision after =
                text.map(t -> new Revision(call.revision("query parameter 'after'", t)))
                        .orElse(newest);
        if (after.isAfter(newest)) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "revision " + after + " is in the future, the newest is " + newest);
        }
        return after;
    }

    private static Kind kind(String text) {
        return Kind.find(text)
                .orElseThrow(() -> MillraceException.invalid("unknown kind '" + text + "'"));
    }

    /** Changes between the store's thread, which must not wait, and the reader's. */
    private static final class PendingChanges implements ResourceStore.Watcher {
        private final Filter filter;
        private final ArrayBlockingQueue<Change> queue;
        private final AtomicBoolean isBehind = new AtomicBoolean();

        PendingChanges(Filter filter, int capacity) {
            this.filter = filter;
            this.queue = new ArrayBlockingQueue<>(capacity);
        }

        @Override
        public void changed(Change change) {
            // Nothing after a gap: the reader resumes where the gap begins.
            if (filter.passes(change) && !isBehind.get() && !queue.offer(change)) {
                isBehind.set(true);
            }
        }

        @Override
        public void cutOff() {
            isBehind.set(true);
        }

        /** Whether all has been given out that will ever come. */
        boolean isOver() {
            return isBehind.get() && queue.isEmpty();
        }
    }

    private record Filter(Optional<Kind> kind, Optional<ProjectId> project) {
        boolean passes(Change change) {
            ResourceKey key = change.key();
            return kind.map(k -> k == key.kind()).orElse(true)
                    && project.map(p -> key.scope().equals(new Scope.InProject(p))).orElse(true);
        }
    }
}
