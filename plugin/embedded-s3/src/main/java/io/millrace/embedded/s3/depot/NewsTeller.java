package io.millrace.embedded.s3.depot;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Steps.Step;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener what happened: of one key in order, of different keys side by side. What the
 * listener does not take now is told again until it does; another project never waits for that.
 */
public final class NewsTeller implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NewsTeller.class);
    private static final int BATCH = 64;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(10);

    /** After so many, what will never be taken makes way for what comes behind it. */
    private static final int TRIES = 5;

    private final NewsTable news;
    private final Steps steps;
    private final String storeId;
    private final ObjectListener listener;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("object-events-", 0).factory());
    private final Map<ProjectId, Lane> lanes = new ConcurrentHashMap<>();
    private final Meters.Count told;
    private final Meters.Count retried;
    private final Meters.Count asides;
    private volatile boolean isClosed;

    /** Makes one for a depot; nothing is told before {@link #start}. */
    public NewsTeller(Depot depot, ObjectListener listener, Meters meters) {
        this.news = depot.news();
        this.steps = depot.steps();
        this.storeId = depot.storeId();
        this.listener = listener;
        this.told =
                meters.count(
                        "millrace_s3_events_told_total",
                        "Changes of the embedded object store that data sources were told of");
        this.retried =
                meters.count(
                        "millrace_s3_events_retried_total",
                        "Changes that could not be told at once and are told again");
        this.asides =
                meters.count(
                        "millrace_s3_events_set_aside_total",
                        "Changes that were refused again and again; they are told after the next"
                                + " start");
        meters.gauge(
                "millrace_s3_events_waiting",
                "Changes of the embedded object store that are not told yet",
                news::waiting);
    }

    /** Begins with what earlier runs left. */
    public void start() {
        news.onArrival(project -> lane(project).wake());
        news.projects().forEach(project -> lane(project).wake());
    }

    private Lane lane(ProjectId project) {
        Lane known = lanes.get(project);
        return known != null ? known : lanes.computeIfAbsent(project, this::startLane);
    }

    private Lane startLane(ProjectId project) {
        var lane = new Lane(project);
        threads.execute(lane);
        return lane;
    }

    @Override
    public void close() {
        isClosed = true;
        news.onArrival(_ -> {});
        lanes.values().forEach(Lane::wake);
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "Events of the object store are still being told; they are told again at the next start");
                threads.shutdownNow();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** The news of one project. */
    private final class Lane implements Runnable {

        private final ProjectId project;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition arrived = lock.newCondition();
        private boolean hasArrived;
        private int failures;

        Lane(ProjectId project) {
            this.project = project;
        }

        void wake() {
            lock.lock();
            try {
                hasArrived = true;
                arrived.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void run() {
            while (!isClosed) {
                try {
                    List<News> batch = news.next(project, BATCH);
                    if (batch.isEmpty()) {
                        awaitArrival();
                    } else if (tell(batch)) {
                        failures = 0;
                    } else {
                        failures++;
                        pause();
                    }
                } catch (InterruptedException _) {
                    return;
                } catch (RuntimeException e) {
                    failures++;
                    LOG.error("Cannot tell what happened in buckets of project {}", project, e);
                    pauseOrEnd();
                }
            }
        }

        private void awaitArrival() throws InterruptedException {
            lock.lock();
            try {
                while (!hasArrived && !isClosed) {
                    arrived.await();
                }
                hasArrived = false;
            } finally {
                lock.unlock();
            }
        }

        private void pause() throws InterruptedException {
            long factor = 1L << Math.min(failures - 1, 10);
            long nanos =
                    Math.min(FIRST_PAUSE.multipliedBy(factor).toNanos(), LONGEST_PAUSE.toNanos());
            lock.lock();
            try {
                while (nanos > 0 && !isClosed) {
                    nanos = arrived.awaitNanos(nanos);
                }
            } finally {
                lock.unlock();
            }
        }

        private void pauseOrEnd() {
            try {
                pause();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        /** Whether all were taken. */
        private boolean tell(List<News> batch) throws InterruptedException {
            var byKey = new LinkedHashMap<String, List<News>>();
            for (News one : batch) {
                byKey.computeIfAbsent(one.bucket() + "/" + one.key(), _ -> new ArrayList<>())
                        .add(one);
            }
            var running = new ArrayList<Future<List<News>>>();
            for (List<News> sameKey : byKey.values()) {
                running.add(threads.submit(() -> tellInOrder(sameKey)));
            }
            var done = new ArrayList<News>();
            for (Future<List<News>> one : running) {
                try {
                    done.addAll(one.get());
                } catch (java.util.concurrent.ExecutionException e) {
                    throw MillraceException.internal(
                            "telling what happened to an object failed: " + e.getCause(), e);
                }
            }
            news.forget(done);
            done.forEach(_ -> steps.reached(Step.FORGOTTEN));
            return done.size() == batch.size();
        }

        /** Returns those that were taken, or set aside for good. */
        private List<News> tellInOrder(List<News> sameKey) {
            var done = new ArrayList<News>();
            for (News one : sameKey) {
                try {
                    listener.happened(one.project(), one.event(storeId));
                    steps.reached(Step.TOLD);
                    told.increment();
                    done.add(one);
                } catch (RuntimeException e) {
                    refused(one, e);
                    return done;
                }
            }
            return done;
        }

        private void refused(News one, RuntimeException e) {
            retried.increment();
            boolean mayHelp = e instanceof MillraceException known && known.code().isTransient();
            if (!mayHelp && failures + 1 >= TRIES) {
                asides.increment();
                news.setAside(one);
                LOG.error(
                        "{} of {} in bucket {} of project {} was refused {} times; it is told again after the next start",
                        one.event(),
                        NameForm.shown(one.key()),
                        one.bucket(),
                        project,
                        TRIES,
                        e);
            } else if (failures == 0) {
                LOG.warn(
                        "{} of {} in bucket {} of project {} could not be told: {}; it is told again",
                        one.event(),
                        NameForm.shown(one.key()),
                        one.bucket(),
                        project,
                        e.toString());
            }
        }
    }
}
