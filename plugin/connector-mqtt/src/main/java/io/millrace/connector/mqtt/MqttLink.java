package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection to a broker: makes it, has its user subscribe after every time it was made,
 * and makes it anew with back-off when it ends. A thread of its own does all of it.
 *
 * <pre>
 *   connect ──▶ opened (subscribe) ──▶ up ──lost, failed, restart──▶ down ──back-off──▶ connect
 *      └────────────── failed ────────────────────────────────────────▲
 * </pre>
 */
final class MqttLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MqttLink.class);

    /** A connection that held so long was a good one; its loss begins a new series of attempts. */
    private static final Duration LASTING = Duration.ofSeconds(10);

    private static final int SUSPICIOUSLY_OFTEN = 3;
    private static final Duration GOODBYE = Duration.ofSeconds(5);

    private final String name;
    private final Opener opener;
    private final User user;
    private final TimeSource time;
    private final Backoff backoff;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable MqttSession current;
    private @Nullable MillraceException trouble;
    private boolean isLost;
    private boolean isRefreshDue;
    private boolean isRestart;
    private boolean isClosed;
    private boolean isForgotten;

    /** Connections in a row that ended soon after they were made; the link's thread only. */
    private int shortLives;

    /** What was logged since the last success; the link's thread only. */
    private String said = "";

    /** Makes connections. */
    @FunctionalInterface
    interface Opener {
        /**
         * Connects.
         *
         * @throws MillraceException when that fails; tried again later
         */
        MqttSession open();
    }

    /** Who uses the connection. All calls come from the link's thread. */
    interface User {
        /**
         * There is a connection, or {@link MqttLink#refresh} was called. Subscribes.
         *
         * @return nanoseconds after which it wants to be called again, negative for never
         * @throws MillraceException to have the connection made anew
         */
        long opened(MqttSession session);

        /** The connection is up and of use. */
        void up();

        /** There is none, and why; called again only when the reason is another one. */
        void down(MillraceException why);

        /**
         * A connection is about to be closed.
         *
         * @param forget whether for good: the broker shall keep nothing for us
         */
        void closing(MqttSession session, boolean forget);
    }

    MqttLink(String name, Opener opener, User user, TimeSource time, DoubleSupplier jitter) {
        this.name = name;
        this.opener = opener;
        this.user = user;
        this.time = time;
        this.backoff = new Backoff(jitter);
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Has the user asked again to subscribe, on the connection that there is. */
    void refresh() {
        signal(() -> isRefreshDue = true);
    }

    /** Makes the connection anew, at once: what it was made with has changed. */
    void restart() {
        signal(() -> isRestart = true);
    }

    /**
     * The connection, after waiting for it for a bounded time.
     *
     * @throws MillraceException with what is in the way; always of a kind that may pass
     */
    MqttSession await(Duration limit) {
        lock.lock();
        try {
            long left = limit.toNanos();
            while ((current == null || isLost) && !isClosed && left > 0) {
                left = changed.awaitNanos(left);
            }
            MqttSession session = current;
            if (session != null && !isLost && !isClosed) {
                return session;
            }
            throw new MillraceException(ErrorCode.UNAVAILABLE, reason(), trouble);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while waiting for " + name, e);
        } finally {
            lock.unlock();
        }
    }

    private void lost(MqttSession session, MillraceException why) {
        lock.lock();
        try {
            if (session.equals(current) && !isLost) {
                isLost = true;
                trouble = why;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private String reason() {
        if (isClosed) {
            return "the connection is closed";
        }
        return trouble == null ? "there is no connection yet" : trouble.text();
    }

    private void signal(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (true) {
            MillraceException why = serve();
            lock.lock();
            try {
                if (isClosed) {
                    return;
                }
                trouble = why;
            } finally {
                lock.unlock();
            }
            if (!why.text().equals(said)) {
                said = why.text();
                log.warn("{}: {}; trying again", name, said);
            }
            user.down(why);
            if (!pause()) {
                return;
            }
        }
    }

    /** Waits before the next attempt; false when there shall be none. */
    private boolean pause() {
        lock.lock();
        try {
            long left = backoff.nextNanos();
            while (!isClosed && !isRestart && left > 0) {
                left = changed.awaitNanos(left);
            }
            isRestart = false;
            return !isClosed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** The life of one connection; says why it ended. */
    private MillraceException serve() {
        MqttSession session = null;
        try {
            session = opener.open();
            long since = time.nanoTime();
            if (!adopt(session)) {
                return closing();
            }
            MqttSession opened = session;
            var _ = session.ended().thenAccept(why -> lost(opened, why));
            long again = user.opened(session);
            user.up();
            MillraceException end = waitForEnd(session, again);
            if (time.nanoTime() - since >= LASTING.toNanos()) {
                backoff.reset();
                shortLives = 0;
                said = "";
                return end;
            }
            return suspected(end);
        } catch (MillraceException e) {
            return e;
        } catch (RuntimeException e) {
            // A defect must not end the trying: the next connection may do without it.
            log.error("{}: a defect", name, e);
            return MillraceException.internal("a defect of Millrace (" + e + ")", e);
        } finally {
            abandon(session);
        }
    }

    /** With MQTT 3.1.1, and some brokers of MQTT 5, a client that is thrown out is not told why. */
    private MillraceException suspected(MillraceException end) {
        if (++shortLives < SUSPICIOUSLY_OFTEN || end.code() != ErrorCode.UNAVAILABLE) {
            return end;
        }
        return new MillraceException(
                ErrorCode.CONFLICT,
                end.text()
                        + ", again and again soon after it was made: does another client use the"
                        + " same client id?",
                end);
    }

    private boolean adopt(MqttSession session) {
        lock.lock();
        try {
            // A restart stays due: this one may have been made with what was true before.
            isRefreshDue = false;
            isLost = false;
            trouble = null;
            current = session;
            changed.signalAll(); // for those who await it
            return !isClosed;
        } finally {
            lock.unlock();
        }
    }

    private MillraceException waitForEnd(MqttSession session, long firstAgain) {
        long again = firstAgain;
        while (true) {
            lock.lock();
            try {
                long left = again < 0 ? Long.MAX_VALUE : again;
                while (!isLost && !isClosed && !isRestart && !isRefreshDue && left > 0) {
                    left = changed.awaitNanos(left);
                }
                if (isLost && trouble != null) {
                    return trouble;
                }
                if (isClosed || isRestart) {
                    return closing();
                }
                isRefreshDue = false;
            } catch (InterruptedException e) {
                isClosed = true;
                return closing();
            } finally {
                lock.unlock();
            }
            again = user.opened(session);
            user.up();
        }
    }

    private static MillraceException closing() {
        return new MillraceException(ErrorCode.UNAVAILABLE, "the connection is made anew");
    }

    private void abandon(@Nullable MqttSession session) {
        if (session == null) {
            return;
        }
        boolean forget;
        lock.lock();
        try {
            current = null;
            forget = isClosed && isForgotten;
        } finally {
            lock.unlock();
        }
        user.closing(session, forget);
        session.close(forget);
    }

    /** Ends it; the broker keeps the session, if it is one to be kept. Idempotent. */
    @Override
    public void close() {
        close(false);
    }

    /**
     * Ends it and waits a bounded time for that. Idempotent.
     *
     * @param forget whether the broker shall forget the session
     */
    void close(boolean forget) {
        signal(() -> {
            isClosed = true;
            isForgotten = forget;
        });
        boolean isInterrupted = false;
        try {
            if (!thread.join(GOODBYE)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            isInterrupted = true;
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
