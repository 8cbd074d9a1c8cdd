package io.millrace.testkit;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EventLog;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An event log that keeps everything, one by one, at the beginning of time. */
public final class RecordingEvents implements EventLog {

    private final List<Event> events = new CopyOnWriteArrayList<>();

    @Override
    public void record(ResourceKey resource, Severity severity, String reason, String message) {
        events.add(new Event(resource, severity, reason, message, Instant.EPOCH, Instant.EPOCH, 1));
    }

    @Override
    public List<Event> of(ResourceKey resource) {
        return events.stream().filter(event -> event.resource().equals(resource)).toList();
    }

    @Override
    public List<Event> of(ProjectId project) {
        return events.stream()
                .filter(event -> event.resource().kind().isInProject())
                .filter(event -> event.resource().project().equals(project))
                .toList();
    }

    @Override
    public void remove(ResourceKey resource) {
        events.removeIf(event -> event.resource().equals(resource));
    }

    /** The reasons of what happened to a resource, in order. */
    public List<String> reasons(ResourceKey resource) {
        return of(resource).stream().map(Event::reason).toList();
    }
}
