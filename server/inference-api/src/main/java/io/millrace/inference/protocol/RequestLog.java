package io.millrace.inference.protocol;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The last calls of those models for which somebody asked to see them, in memory. Off, it costs a
 * look at one field. On, nobody ever waits: the oldest call gives way, and what gave way unread, or
 * was left out by sampling, is counted.
 */
public final class RequestLog {

    /** The longest that a log stays on. */
    public static final Duration MAX_DURATION = Duration.ofDays(1);

    /** The most calls that one log keeps. */
    public static final int MAX_CAPACITY = 10_000;

    /** The most bytes of each request that are kept. */
    public static final int MAX_PAYLOAD = 4096;

    /** For all logs together, counted as if each were full. */
    private static final long MAX_MEMORY = 64L << 20;

    private static final int MEMORY_OF_A_CALL = 512;

    private final Meters meters;
    private final TimeSource time;
    private final ConcurrentMap<ResourceKey, CallRing> rings = new ConcurrentHashMap<>();
    private volatile boolean isIdle = true;

    /**
     * Makes a log in which nothing is switched on.
     *
     * @param meters counts what was not logged
     * @param time the clock
     */
    public RequestLog(Meters meters, TimeSource time) {
        this.meters = meters;
        this.time = time;
    }

    /**
     * How a model's calls are logged.
     *
     * @param until when it ends by itself
     * @param sampleEvery 1 for every call, 10 for one of ten
     * @param payloadBytes of each request to keep; 0 for none
     * @param capacity how many calls are kept
     */
    public record Settings(Instant until, int sampleEvery, int payloadBytes, int capacity) {

        public Settings {
            within("sample_every", sampleEvery, 1, 1_000_000);
            within("payload_bytes", payloadBytes, 0, MAX_PAYLOAD);
            within("capacity", capacity, 1, MAX_CAPACITY);
        }

        private static void within(String name, int value, int min, int max) {
            if (value < min || value > max) {
                throw MillraceException.invalid(
                        "'%s' must be from %d to %d, was %d".formatted(name, min, max, value));
            }
        }

        private long memory() {
            return (long) capacity * (MEMORY_OF_A_CALL + 2L * payloadBytes);
        }
    }

    /**
     * What a log holds.
     *
     * @param settings as they were given
     * @param isOn whether it still takes calls
     * @param overwritten calls that gave way before anybody read them
     * @param sampledOut calls that were left out by sampling
     * @param calls oldest first
     */
    public record Reading(
            Settings settings,
            boolean isOn,
            long overwritten,
            long sampledOut,
            List<NumberedCall> calls) {}

    /**
     * A call and its place in the log.
     *
     * @param number 0 for the first; ask for those after it to go on reading
     */
    public record NumberedCall(long number, LoggedCall call) {}

    /**
     * Switches a model's log on, empty; one that was on is replaced.
     *
     * @throws MillraceException {@code INVALID} when it is to last too long; {@code CONFLICT} when
     *     other logs take the memory
     */
    public synchronized void enable(ProjectId project, ResourceName model, Settings settings) {
        Duration duration = Duration.between(time.now(), settings.until());
        if (!duration.isPositive() || duration.compareTo(MAX_DURATION) > 0) {
            throw MillraceException.invalid(
                    "a request log lasts from a second to %d hours"
                            .formatted(MAX_DURATION.toHours()));
        }
        ResourceKey key = key(project, model);
        makeRoom(key, settings.memory());
        rings.put(key, new CallRing(settings, meters, project, model));
        isIdle = false;
    }

    /** Those that have ended go first. */
    private void makeRoom(ResourceKey key, long wanted) {
        if (memoryBeside(key) + wanted > MAX_MEMORY) {
            Instant now = time.now();
            rings.values().removeIf(ring -> !ring.isOnAt(now));
        }
        long free = MAX_MEMORY - memoryBeside(key);
        if (wanted > free) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "the log would take up to %d bytes of memory and other logs leave %d; ask for less or switch one off"
                            .formatted(wanted, free));
        }
    }

    private long memoryBeside(ResourceKey key) {
        long memory = 0;
        for (var entry : rings.entrySet()) {
            if (!entry.getKey().equals(key)) {
                memory += entry.getValue().settings().memory();
            }
        }
        return memory;
    }

    /** Switches a model's log off and forgets it; says whether there was one. */
    public synchronized boolean disable(ProjectId project, ResourceName model) {
        boolean wasThere = rings.remove(key(project, model)) != null;
        isIdle = rings.isEmpty();
        return wasThere;
    }

    /** Whether this call is to be recorded. Ask once per call: sampling counts the questions. */
    public boolean takes(ProjectId project, ResourceName model) {
        if (isIdle) {
            return false;
        }
        CallRing ring = rings.get(key(project, model));
        return ring != null && ring.isOnAt(time.now()) && ring.samples();
    }

    /** Adds a call. Never waits. */
    public void record(ProjectId project, ResourceName model, LoggedCall call) {
        CallRing ring = rings.get(key(project, model));
        if (ring != null) {
            ring.add(call);
        }
    }

    /**
     * As much of a request's body as the model's log keeps; bytes that are no text show as such.
     */
    public String payload(ProjectId project, ResourceName model, byte[] body) {
        CallRing ring = rings.get(key(project, model));
        int length = ring == null ? 0 : Math.min(body.length, ring.settings().payloadBytes());
        return new String(body, 0, length, StandardCharsets.UTF_8);
    }

    /**
     * The calls with numbers above {@code after}; -1 for all. They count as read.
     *
     * @return empty when the model has no log
     */
    public Optional<Reading> read(ProjectId project, ResourceName model, long after) {
        CallRing ring = rings.get(key(project, model));
        return ring == null ? Optional.empty() : Optional.of(ring.read(after, time.now()));
    }

    private static ResourceKey key(ProjectId project, ResourceName model) {
        return ResourceKey.of(Kind.MODEL, project, model);
    }
}
