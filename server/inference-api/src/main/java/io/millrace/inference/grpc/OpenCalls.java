package io.millrace.inference.grpc;

import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls whose callers have not said everything yet. Helidon does not tell a stream that its
 * connection is gone; such a call would wait for ever and keep what it has read. So whoever begins
 * a call looks, once a second at most, for calls of which nothing has been heard for too long, and
 * tells their callers, should they still be there.
 */
final class OpenCalls {

    private static final long SWEEP_NANOS = Duration.ofSeconds(1).toNanos();

    private final Set<GrpcExchange> open = ConcurrentHashMap.newKeySet();
    private final TimeSource time;
    private final long patienceNanos;
    private final AtomicLong lastSweep;

    OpenCalls(TimeSource time, Duration patience) {
        this.time = time;
        this.patienceNanos = patience.toNanos();
        this.lastSweep = new AtomicLong(time.nanoTime());
    }

    void add(GrpcExchange call) {
        long now = time.nanoTime();
        long last = lastSweep.get();
        if (now - last >= SWEEP_NANOS && lastSweep.compareAndSet(last, now)) {
            open.removeIf(waiting -> isAbandoned(waiting, now));
        }
        open.add(call);
    }

    private boolean isAbandoned(GrpcExchange call, long now) {
        return now - call.lastHeard() > patienceNanos && call.tryExpire(patienceNanos);
    }

    void remove(GrpcExchange call) {
        open.remove(call);
    }

    int count() {
        return open.size();
    }
}
