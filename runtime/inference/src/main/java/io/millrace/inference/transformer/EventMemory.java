package io.millrace.inference.transformer;

import io.millrace.api.TimeSource;
import io.millrace.spi.TransformerReply.Answered;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers to the events of the last time, so that one that is delivered again is answered without
 * another call. Only good answers are remembered; a second delivery that comes while the first is
 * under way waits for it. In memory and bounded: the oldest are forgotten first.
 */
final class EventMemory {

    private static final int MAX_EVENTS = 10_000;
    private static final long MAX_BYTES = 32L << 20;

    private final Duration lifetime;
    private final TimeSource time;
    private final Map<String, Remembered> events = new LinkedHashMap<>();
    private long bytes;

    EventMemory(Duration lifetime, TimeSource time) {
        this.lifetime = lifetime;
        this.time = time;
    }

    private static final class Remembered {
        private final CompletableFuture<Answered> answer = new CompletableFuture<>();
        private final long since;
        private int size;

        Remembered(long since) {
            this.since = since;
        }
    }

    /** The answer of the first delivery, else of the call. */
    Answered once(String event, Duration patience, Supplier<Answered> call) {
        var mine = new Remembered(time.nanoTime());
        Remembered first = remember(event, mine);
        if (first != null) {
            Answered known = await(first, patience);
            return known == null ? call.get() : known;
        }
        boolean isGood = false;
        try {
            Answered answer = call.get();
            isGood = answer.isSuccess();
            if (isGood) {
                keep(event, mine, answer);
            }
            return answer;
        } finally {
            if (!isGood) {
                forget(event, mine);
                mine.answer.cancel(false);
            }
        }
    }

    /** Who came first, if that is somebody else. */
    private synchronized @Nullable Remembered remember(String event, Remembered mine) {
        var all = events.entrySet().iterator();
        while (all.hasNext()) {
            Remembered oldest = all.next().getValue();
            boolean isOld = mine.since - oldest.since > lifetime.toNanos();
            if (!isOld && events.size() < MAX_EVENTS && bytes <= MAX_BYTES) {
                break;
            }
            bytes -= oldest.size;
            oldest.size = 0;
            all.remove();
        }
        return events.putIfAbsent(event, mine);
    }

    private synchronized void keep(String event, Remembered mine, Answered answer) {
        if (events.get(event) == mine) {
            mine.size = answer.body().length;
            bytes += mine.size;
        }
        mine.answer.complete(answer);
    }

    private synchronized void forget(String event, Remembered mine) {
        events.remove(event, mine);
    }

    /**
     * Null when the first delivery failed, or takes too long: then this one is a try of its own.
     */
    private static @Nullable Answered await(Remembered first, Duration patience) {
        try {
            return first.answer.get(patience.toNanos() / 2, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException
                | TimeoutException
                | java.util.concurrent.CancellationException e) {
            return null;
        }
    }
}
