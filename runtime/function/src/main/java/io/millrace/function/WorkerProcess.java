package io.millrace.function;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.TimeSource;
import io.millrace.process.MemoryUse;
import io.millrace.process.ProcessFamily;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of a worker, from its start to its end. Whoever finds a reason to end it says so with
 * {@link #kill}; the first reason counts.
 */
final class WorkerProcess {

    private static final Logger log = LoggerFactory.getLogger(WorkerProcess.class);
    private static final Duration GRACE = Duration.ofMillis(800);
    private static final int TICKS_PER_FAMILY_LOOK = 10;
    private static final long NONE = Long.MAX_VALUE;

    private final Process process;
    private final LogPump pump;
    private final Thread pumping;
    private final FunctionSpec spec;
    private final TimeSource time;
    private final AtomicReference<@Nullable Verdict> killed = new AtomicReference<>();
    private volatile @Nullable FrameChannel channel;
    private volatile long deadline = NONE;
    private volatile Verdict overdue;
    private int ticks;

    WorkerProcess(
            Process process, LogPump pump, Thread pumping, FunctionSpec spec, TimeSource time) {
        this.process = process;
        this.pump = pump;
        this.pumping = pumping;
        this.spec = spec;
        this.time = time;
        this.overdue =
                new Verdict(
                        ErrorCode.TIMEOUT,
                        "the function took longer than its limit of "
                                + text(spec.timeout())
                                + " for one message");
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive() && killed.get() == null;
    }

    /** Who waits for this process at a listener shall not wait for a dead one. */
    void closeWhenItEnds(ServerSocketChannel listener) {
        var _ = process.onExit().thenRun(() -> close(listener));
    }

    /** Hands over the connection; closed at once when the process was killed meanwhile. */
    void connected(FrameChannel connection) {
        channel = connection;
        if (killed.get() != null) {
            close(connection);
        }
    }

    /** Whether it has connected: what goes wrong on the connection since is its own doing. */
    boolean isConnected() {
        return channel != null;
    }

    /** From now on, until {@link #disarm}, the process is killed when this much time passes. */
    void arm(Duration limit, Verdict verdict) {
        overdue = verdict;
        deadline = time.nanoTime() + limit.toNanos();
    }

    /** The same for one message; called for each. */
    void arm(long timeoutNanos) {
        deadline = time.nanoTime() + timeoutNanos;
    }

    void disarm() {
        deadline = NONE;
    }

    /** After the start: the deadline is that of messages. */
    void armForMessages() {
        disarm();
        overdue =
                new Verdict(
                        ErrorCode.TIMEOUT,
                        "the function took longer than its limit of "
                                + text(spec.timeout())
                                + " for one message");
    }

    /** Looks whether a limit is exceeded; called by the watch, some twenty times a second. */
    void look() {
        pump.tick();
        if (!isAlive()) {
            return;
        }
        long due = deadline;
        if (due != NONE && time.nanoTime() - due > 0) {
            kill(overdue);
            return;
        }
        long limit = spec.memory().bytes();
        boolean lookAtAll = ++ticks % TICKS_PER_FAMILY_LOOK == 0;
        long used =
                lookAtAll
                        ? MemoryUse.residentOfAll(process.toHandle())
                        : MemoryUse.resident(process.pid());
        if (used > limit && lookAtAll) {
            used = MemoryUse.proportional(process.toHandle());
        }
        if (used > limit) {
            kill(
                    new Verdict(
                            ErrorCode.USER_CODE,
                            "the function used "
                                    + DataSize.ofMebibytes(used >> 20)
                                    + " of memory, its limit is "
                                    + spec.memory()));
        }
    }

    /** Ends the process and all that it started, at once. The first verdict stays. */
    void kill(Verdict verdict) {
        killed.compareAndSet(null, verdict);
        ProcessFamily.kill(process);
        FrameChannel connection = channel;
        if (connection != null) {
            close(connection);
        }
    }

    /**
     * Sees a process to its end and says why it ended; may be called by several.
     *
     * @param suspicion what to believe when the process does not end by itself
     */
    Verdict bury(Verdict suspicion) {
        disarm();
        Verdict verdict = waitFor(GRACE) ? Verdict.ofExit(process.exitValue()) : suspicion;
        return end(verdict);
    }

    /** Ends a process that cannot be talked to any more. */
    Verdict end(Verdict verdict) {
        kill(verdict);
        waitFor(GRACE);
        finishLog();
        Verdict known = killed.get();
        return known == null ? verdict : known;
    }

    /** Waits until it ends for whatever reason. */
    void awaitEnd() throws InterruptedException {
        process.waitFor();
    }

    /** Asks the process to finish, then insists. */
    void stop(Duration patience) {
        killed.compareAndSet(
                null, new Verdict(ErrorCode.UNAVAILABLE, "the function's worker is being stopped"));
        Duration half = patience.dividedBy(2);
        try {
            if (drain(half)) {
                waitFor(half);
            }
            if (process.isAlive()) {
                process.destroy();
                waitFor(half);
            }
        } finally {
            kill(new Verdict(ErrorCode.UNAVAILABLE, "the function's worker is being stopped"));
            waitFor(GRACE);
            finishLog();
        }
    }

    /** Tells it to finish, once the batch it is at is through; false when that takes too long. */
    private boolean drain(Duration limit) {
        FrameChannel connection = channel;
        try {
            if (connection == null
                    || !connection.use().tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
            try {
                connection.beginFrame(Protocol.DRAIN, 0);
                connection.flush();
                return true;
            } finally {
                connection.use().unlock();
            }
        } catch (IOException e) {
            log.debug("Worker {} was gone already", pid(), e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean waitFor(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** The last words of a process come before what is said about its end. */
    private void finishLog() {
        try {
            pumping.join(Duration.ofMillis(200));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            log.debug("Closing a connection to a worker failed", e);
        }
    }

    static String text(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }
}
