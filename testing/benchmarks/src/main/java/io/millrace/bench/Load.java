package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One request again and again by several callers, each with a connection of its own and one request
 * under way: as fast as the answers come, or at a fixed rate. Latency counts from when a request
 * was due, so that a server that stalls is charged for all requests that it kept waiting.
 */
abstract class Load {

    /** A server that cannot keep a rate may work this much longer on what was due. */
    private static final double GRACE = 1;

    /** A connection. */
    interface Caller extends AutoCloseable {

        /**
         * Sends the request and waits for the answer.
         *
         * @return tells different answers apart
         * @throws IOException the connection broke
         * @throws MillraceException the answer says that the call failed
         */
        int call() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Sees each call of a run; called by several threads. */
    interface Observer {

        void answered(long due, long now, int answer);

        /** After it, the caller connects anew. */
        void failed(long due, Exception failure);
    }

    /**
     * What came of a run.
     *
     * @param offered calls that were due, or the answered ones where none was due at a time
     * @param clientCpu processor time of this process, in seconds
     * @param latency in nanoseconds, from when the request was due
     */
    record Result(
            long offered, long answered, double seconds, double clientCpu, Histogram latency) {

        double perSecond() {
            return answered / seconds;
        }

        /** Whether the server kept the rate. */
        boolean isSustained() {
            return answered >= 0.98 * offered;
        }
    }

    abstract Caller connect() throws IOException;

    /**
     * Runs for a while.
     *
     * @param perSecond of all connections together; 0 for as many as go
     */
    final Result run(int connections, double perSecond, double seconds)
            throws IOException, InterruptedException {
        return run(connections, perSecond, seconds, null);
    }

    /** Runs for a while; with an observer, failed calls do not end the run. */
    final Result run(int connections, double perSecond, double seconds, @Nullable Observer observer)
            throws IOException, InterruptedException {
        long cpu = ProcessorTime.ofThisProcess().toNanos();
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        var runs = new ArrayList<Callable<Histogram>>();
        for (int i = 0; i < connections; i++) {
            long step = perSecond == 0 ? 0 : (long) (1e9 * connections / perSecond);
            long first = begin + step * i / connections;
            runs.add(() -> new Loop(this, observer, step, end).run(first));
        }
        var all = new Histogram(3);
        try (var threads = Executors.newFixedThreadPool(connections)) {
            for (Future<Histogram> run : threads.invokeAll(runs)) {
                all.add(run.get());
            }
        } catch (ExecutionException e) {
            throw new IOException("a connection failed", e);
        }
        long answered = all.getTotalCount();
        return new Result(
                perSecond == 0 ? answered : (long) (perSecond * seconds),
                answered,
                (System.nanoTime() - begin) / 1e9,
                (ProcessorTime.ofThisProcess().toNanos() - cpu) / 1e9,
                all);
    }

    /** What one caller does. */
    private record Loop(Load load, @Nullable Observer observer, long step, long end) {

        Histogram run(long first) throws IOException {
            var latency = new Histogram(3);
            long limit = end + (long) (GRACE * 1e9);
            Caller caller = load.connect();
            try {
                for (long due = first; due < end && System.nanoTime() < limit; ) {
                    while (step > 0 && System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    long now = due;
                    try {
                        int answer = caller.call();
                        now = System.nanoTime();
                        latency.recordValue(now - due);
                        if (observer != null) {
                            observer.answered(due, now, answer);
                        }
                    } catch (IOException | MillraceException e) {
                        if (observer == null) {
                            throw e;
                        }
                        observer.failed(due, e);
                        now = System.nanoTime();
                        caller.close();
                        caller = load.connect();
                    }
                    due = step == 0 ? now : due + step;
                }
            } finally {
                caller.close();
            }
            return latency;
        }
    }
}
