package io.millrace.testkit;

import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.spi.Tracing;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Keeps spans for a test to read. Traces what comes sampled, and all or nothing else. */
public final class RecordingTracing implements Tracing {

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final AtomicLong ids = new AtomicLong();
    private final boolean tracesAll;

    /**
     * Without spans.
     *
     * @param tracesAll whether work is traced that comes without a trace
     */
    public RecordingTracing(boolean tracesAll) {
        this.tracesAll = tracesAll;
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public @Nullable TraceContext begin(@Nullable TraceContext given) {
        if (given != null) {
            return given.isSampled() ? given : null;
        }
        return tracesAll ? new TraceContext(1, newSpanId(), 0, true) : null;
    }

    @Override
    public long newSpanId() {
        return ids.incrementAndGet();
    }

    @Override
    public void record(Span span) {
        spans.add(span);
    }

    /** What was handed over, in order. */
    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** The span of a name; the first when there are several. */
    public Span span(String name) {
        return spans.stream()
                .filter(span -> span.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no span " + name + " in " + spans));
    }
}
