package io.millrace.testkit;

import io.millrace.api.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when told to, or when somebody pauses on it. */
public final class TestingTime implements TimeSource {

    private final Instant start;
    private final AtomicLong nanos = new AtomicLong();

    public TestingTime() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    public TestingTime(Instant start) {
        this.start = start;
    }

    /** Moves the clock. */
    public void advance(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    @Override
    public Instant now() {
        return start.plusNanos(nanos.get());
    }

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    @Override
    public void pause(Duration duration) {
        advance(duration);
    }
}
