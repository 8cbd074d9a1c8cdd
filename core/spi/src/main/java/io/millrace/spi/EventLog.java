package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import java.time.Instant;
import java.util.List;

/** What happened to resources, for people: scaled up, drifted, sink away. Any thread. */
public interface EventLog {

    /** Notes an event; equal ones in a row are counted as one. Never blocks. */
    void record(ResourceKey resource, Severity severity, String reason, String message);

    /** The last events of a resource, oldest first. */
    List<Event> of(ResourceKey resource);

    /** The last events of all resources of a project, those that happened last at the end. */
    List<Event> of(ProjectId project);

    /** Forgets what happened to a resource that is gone. */
    void remove(ResourceKey resource);

    /** How much it matters. */
    enum Severity {
        /** As it should be. */
        NORMAL,
        /** Somebody should look. */
        WARNING
    }

    /**
     * Something that happened.
     *
     * @param resource to what
     * @param severity how much it matters
     * @param reason one word in CamelCase for programs
     * @param message a sentence for people
     * @param first when it happened first
     * @param last when it happened last
     * @param count how often in a row
     */
    record Event(
            ResourceKey resource,
            Severity severity,
            String reason,
            String message,
            Instant first,
            Instant last,
            long count) {}

    /** Keeps nothing. */
    static EventLog none() {
        return new EventLog() {
            @Override
            public void record(ResourceKey key, Severity severity, String reason, String text) {}

            @Override
            public List<Event> of(ResourceKey resource) {
                return List.of();
            }

            @Override
            public List<Event> of(ProjectId project) {
                return List.of();
            }

            @Override
            public void remove(ResourceKey resource) {}
        };
    }
}
