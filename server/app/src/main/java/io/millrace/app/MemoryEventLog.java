package io.millrace.app;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.Meters;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps the last events of each resource in memory; they end with the process. When there are too
 * many in all, those of the resource that has been quiet for longest go first.
 */
final class MemoryEventLog implements EventLog {

    static final int OF_ONE = 50;
    static final int OF_ALL = 10_000;
    private static final int LONGEST_MESSAGE = 1_000;

    private final TimeSource time;
    private final Meters.Count dropped;
    private final int mostOfOne;
    private final int mostOfAll;

    /** Those with the newest event last. */
    private final Map<ResourceKey, Deque<Event>> events = new LinkedHashMap<>();

    private int size;

    MemoryEventLog(TimeSource time, Meters meters) {
        this(time, meters, OF_ONE, OF_ALL);
    }

    MemoryEventLog(TimeSource time, Meters meters, int mostOfOne, int mostOfAll) {
        this.time = time;
        this.dropped =
                meters.count(
                        "millrace_events_dropped_total", "Old events that made room for new ones");
        this.mostOfOne = mostOfOne;
        this.mostOfAll = mostOfAll;
    }

    @Override
    public void record(ResourceKey resource, Severity severity, String reason, String message) {
        Instant now = time.now();
        String text = bounded(message);
        synchronized (this) {
            Deque<Event> own = events.remove(resource);
            if (own == null) {
                own = new ArrayDeque<>();
            }
            events.put(resource, own);
            Event last = own.peekLast();
            if (last != null && isSame(last, severity, reason, text)) {
                own.removeLast();
                own.addLast(
                        new Event(
                                resource,
                                severity,
                                reason,
                                text,
                                last.first(),
                                now,
                                last.count() + 1));
                return;
            }
            own.addLast(new Event(resource, severity, reason, text, now, now, 1));
            size++;
            if (own.size() > mostOfOne) {
                own.removeFirst();
                dropped.increment();
                size--;
            }
            dropQuietest();
        }
    }

    private static String bounded(String message) {
        return message.length() <= LONGEST_MESSAGE
                ? message
                : message.substring(0, LONGEST_MESSAGE) + "…";
    }

    private static boolean isSame(Event last, Severity severity, String reason, String message) {
        return last.severity() == severity
                && last.reason().equals(reason)
                && last.message().equals(message);
    }

    private void dropQuietest() {
        while (size > mostOfAll) {
            var quietest = events.entrySet().iterator();
            Deque<Event> oldest = quietest.next().getValue();
            oldest.removeFirst();
            dropped.increment();
            size--;
            if (oldest.isEmpty()) {
                quietest.remove();
            }
        }
    }

    @Override
    public synchronized List<Event> of(ResourceKey resource) {
        Deque<Event> own = events.get(resource);
        return own == null ? List.of() : List.copyOf(own);
    }

    @Override
    public List<Event> of(ProjectId project) {
        var all = new ArrayList<Event>();
        synchronized (this) {
            events.forEach((key, own) -> {
                if (key.kind().isInProject() && key.project().equals(project)) {
                    all.addAll(own);
                }
            });
        }
        all.sort(Comparator.comparing(Event::last));
        return all;
    }

    @Override
    public synchronized void remove(ResourceKey resource) {
        Deque<Event> own = events.remove(resource);
        if (own != null) {
            size -= own.size();
        }
    }
}
