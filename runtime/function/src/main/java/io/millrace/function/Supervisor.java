package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.process.Environments;
import io.millrace.process.VirtualEnvironment;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionWorker.WorkerState;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one process of a worker running: starts it, notices its end, starts the next one after a
 * back-off that grows while nothing succeeds.
 *
 * <pre>
 *   waiting for environment ──▶ starting ──▶ ready ──▶ (ended) ──▶ starting …
 *                                  └──── failed: back-off ─────────────┘
 * </pre>
 */
final class Supervisor<T extends Talk> {

    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);

    private final FunctionLaunch launch;
    private final Path home;
    private final Environments.Entry environment;
    private final WorkerLauncher launcher;
    private final FunctionRuntimeConfig config;
    private final WorkerMeters meters;
    private final Watch watch;
    private final Opening<T> opening;
    private final Consumer<Supervisor<T>> whenClosed;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Ready<T> ready;
    private @Nullable WorkerProcess current;
    private String trouble = "waiting for its first start";
    private Verdict lastStart = new Verdict(ErrorCode.UNAVAILABLE, trouble);
    private int failedStarts;
    private long startsTried;
    private int fruitlessDeaths;
    private boolean closed;

    Supervisor(
            FunctionLaunch launch,
            Environments.Entry environment,
            WorkerLauncher launcher,
            FunctionRuntimeConfig config,
            WorkerMeters meters,
            Watch watch,
            Opening<T> opening,
            Consumer<Supervisor<T>> whenClosed) {
        this.launch = launch;
        this.home = launcher.newHome(launch);
        this.environment = environment;
        this.launcher = launcher;
        this.config = config;
        this.meters = meters;
        this.watch = watch;
        this.opening = opening;
        this.whenClosed = whenClosed;
        this.thread =
                Thread.ofVirtual()
                        .name(
                                "function-supervisor-"
                                        + launch.pipeline().name()
                                        + "-"
                                        + launch.step()
                                        + "-"
                                        + launch.worker())
                        .unstarted(this::run);
    }

    /** Whether there is a process to talk to. */
    sealed interface Readiness<T extends Talk> {}

    /** There is. */
    record Ready<T extends Talk>(WorkerProcess process, T talk) implements Readiness<T> {}

    /** There is none, and waiting longer makes no sense. */
    record NotReady<T extends Talk>(Verdict verdict) implements Readiness<T> {}

    /** The way from a process that was started to one that takes messages. */
    @FunctionalInterface
    interface Opening<T extends Talk> {
        T perform(WorkerLauncher.Launched launched, FunctionLaunch launch)
                throws IOException, StartFailure;
    }

    void start() {
        thread.start();
    }

    /**
     * Waits for a process. Gives up when starting it has failed a number of times in a row, and at
     * least once since this call: so a broken function fails its messages, but slowly.
     */
    Readiness<T> awaitReady() {
        lock.lock();
        try {
            long triedBefore = startsTried;
            while (true) {
                if (closed) {
                    return new NotReady<>(
                            new Verdict(
                                    ErrorCode.UNAVAILABLE,
                                    "the function's worker is being stopped"));
                }
                Ready<T> now = ready;
                if (now != null && now.process().isAlive()) {
                    return now;
                }
                if (failedStarts >= config.startAttempts() && startsTried > triedBefore) {
                    return new NotReady<>(lastStart);
                }
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new NotReady<>(Verdict.interrupted());
        } finally {
            lock.unlock();
        }
    }

    /** Gives a process up that ended while it was talked to. */
    void replace(WorkerProcess process, long completed, Verdict verdict) {
        lock.lock();
        try {
            if (current == process) {
                fruitlessDeaths = completed > 0 ? 0 : fruitlessDeaths + 1;
                ready = null;
                trouble = verdict.reason();
            }
        } finally {
            lock.unlock();
        }
    }

    WorkerState state() {
        lock.lock();
        try {
            if (closed) {
                return new WorkerState.Closed();
            }
            Ready<T> now = ready;
            if (now != null && now.process().isAlive()) {
                return new WorkerState.Running(now.process().pid());
            }
            return new WorkerState.Starting(
                    switch (environment.state()) {
                        case EnvironmentState.Building(String message) -> message;
                        case EnvironmentState.Failed(String message) -> message;
                        case EnvironmentState.Ready() -> trouble;
                    });
        } finally {
            lock.unlock();
        }
    }

    /** Ends the process and the supervision. */
    void close() {
        WorkerProcess process;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            process = current;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (process != null) {
            process.stop(config.stopTimeout());
        }
        environment.forget(this);
        thread.interrupt();
        try {
            var _ = thread.join(config.stopTimeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        launcher.cleanUp(home);
        whenClosed.accept(this);
    }

    private void run() {
        environment.listen(this, this::wake);
        try {
            while (!isClosed()) {
                VirtualEnvironment built = awaitEnvironment();
                if (built != null) {
                    live(built);
                }
            }
        } catch (InterruptedException e) {
            if (!isClosed()) {
                log.error("The supervisor of {} was interrupted", launch.function(), e);
            }
        }
    }

    /** One process, from its start to its end and the wait after it. */
    private void live(VirtualEnvironment built) throws InterruptedException {
        setTrouble("the function is being loaded");
        WorkerLauncher.Launched launched = null;
        WorkerProcess process = null;
        try {
            launched = launcher.launch(launch, home, built);
            process = launched.process();
            if (!adopt(process)) {
                return;
            }
            process.arm(
                    config.startTimeout(),
                    new Verdict(
                            ErrorCode.TIMEOUT,
                            "loading it took longer than "
                                    + WorkerProcess.text(config.startTimeout())));
            process.closeWhenItEnds(launched.listener());
            T talk = opening.perform(launched, launch);
            process.armForMessages();
            announce(new Ready<>(process, talk));
            process.awaitEnd();
            afterDeath(process, talk);
        } catch (StartFailure e) {
            Verdict verdict = new Verdict(ErrorCode.USER_CODE, e.reason());
            if (process != null) {
                process.bury(verdict);
            }
            startFailed(verdict);
        } catch (IOException e) {
            startFailed(verdictOn(e, process));
        } catch (RuntimeException e) {
            // A supervisor that ends would leave its messages waiting for ever.
            log.error("A worker of {} could not be started", launch.function(), e);
            Verdict verdict = ofServer(e);
            startFailed(process == null ? verdict : process.end(verdict));
        } finally {
            if (launched != null) {
                launched.close();
            }
            if (process != null) {
                watch.remove(process);
                process.kill(new Verdict(ErrorCode.UNAVAILABLE, "it was replaced"));
            }
        }
    }

    private boolean adopt(WorkerProcess process) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            current = process;
            watch.add(process);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void announce(Ready<T> now) {
        meters.start();
        lock.lock();
        try {
            ready = now;
            failedStarts = 0;
            startsTried++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        log.info(
                "Worker {} of {} in {} is ready, process {}",
                launch.worker(),
                launch.function(),
                launch.pipeline(),
                now.process().pid());
    }

    private void afterDeath(WorkerProcess process, T talk) throws InterruptedException {
        Verdict verdict =
                process.bury(
                        new Verdict(ErrorCode.USER_CODE, "the function's process ended by itself"));
        int deaths;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (ready != null && ready.process() == process) {
                // Nobody was talking to it. Whether it was of use decides about the wait.
                fruitlessDeaths = talk.completed() > 0 ? 0 : fruitlessDeaths + 1;
                ready = null;
            }
            trouble = "to be restarted: " + verdict.reason();
            deaths = fruitlessDeaths;
        } finally {
            lock.unlock();
        }
        meters.death();
        log.warn(
                "Worker {} of {} in {} ended: {}",
                launch.worker(),
                launch.function(),
                launch.pipeline(),
                verdict.reason());
        backOff(deaths);
    }

    /**
     * Whose fault a failed start is: the function's when its process ended or disturbed the
     * connection, else the server's, which says nothing about the messages that wait.
     */
    private static Verdict verdictOn(IOException e, @Nullable WorkerProcess process) {
        if (process == null) {
            return ofServer(e);
        }
        // The listener is closed under the one who waits at it when the process ends.
        boolean isOfProcess = process.isConnected() || e instanceof ClosedChannelException;
        return isOfProcess
                ? process.bury(
                        new Verdict(ErrorCode.USER_CODE, "its worker could not be started: " + e))
                : process.end(ofServer(e));
    }

    private static Verdict ofServer(Exception e) {
        return new Verdict(
                ErrorCode.UNAVAILABLE, "the server could not start the function's worker: " + e);
    }

    private void startFailed(Verdict verdict) throws InterruptedException {
        String why = verdict.reason();
        int failures;
        meters.startFailure();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            failures = ++failedStarts;
            startsTried++;
            trouble = why;
            lastStart =
                    verdict.code() == ErrorCode.UNAVAILABLE
                            ? verdict
                            : new Verdict(
                                    ErrorCode.USER_CODE, "the function does not start: " + why);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        log.warn(
                "Worker {} of {} in {} did not start ({} times now): {}",
                launch.worker(),
                launch.function(),
                launch.pipeline(),
                failures,
                why);
        backOff(failures);
    }

    private void backOff(int times) throws InterruptedException {
        if (times == 0) {
            return;
        }
        long wait =
                Math.min(
                        config.maxBackoff().toMillis(),
                        config.firstBackoff().toMillis() << Math.min(times - 1, 20));
        long left = Duration.ofMillis(wait).toNanos();
        lock.lock();
        try {
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What was built; null when the supervision ended first. */
    private @Nullable VirtualEnvironment awaitEnvironment() throws InterruptedException {
        lock.lock();
        try {
            VirtualEnvironment built = environment.built();
            while (!closed && built == null) {
                // Woken by the environment; looked at now and then as well, for it is not under
                // this lock.
                var _ = changed.await(1, TimeUnit.SECONDS);
                built = environment.built();
            }
            return closed ? null : built;
        } finally {
            lock.unlock();
        }
    }

    private void setTrouble(String text) {
        lock.lock();
        try {
            if (failedStarts == 0) {
                trouble = text;
            }
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }
}
