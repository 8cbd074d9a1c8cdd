package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.FunctionWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs functions as lambdas in the caller's thread. A function that is not set forwards its
 * message. Environments are ready at once unless a test says otherwise.
 */
public final class FakeFunctionRuntime implements FunctionRuntime {

    private final Map<ResourceKey, Function<FunctionMessage, FunctionResult>> code =
            new ConcurrentHashMap<>();
    private final Map<ResourceKey, Prepared> prepared = new ConcurrentHashMap<>();
    private final Map<ResourceKey, EnvironmentState> states = new ConcurrentHashMap<>();
    private final List<FakeWorker> workers = new CopyOnWriteArrayList<>();
    private final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
    private volatile Function<FunctionMessage, FunctionResult> otherwise =
            FakeFunctionRuntime::forward;
    private volatile FunctionWorker.WorkerState running = new FunctionWorker.WorkerState.Running(1);
    private volatile Runnable closing = () -> {};
    private volatile Consumer<FunctionLaunch> starting = _ -> {};
    private volatile boolean closed;

    private record Prepared(FunctionSpec spec, Runnable changed) {}

    /** What a function does from now on, also in workers that run already. */
    public void define(ResourceKey function, Function<FunctionMessage, FunctionResult> body) {
        code.put(function, body);
    }

    /** What every function does that is not set, from now on. */
    public void define(Function<FunctionMessage, FunctionResult> body) {
        otherwise = body;
    }

    /** What workers that are not closed say of themselves from now on. */
    public void workersAre(FunctionWorker.WorkerState state) {
        running = state;
    }

    /** Called by each worker when it is closed for the first time; may block. */
    public void closing(Runnable action) {
        closing = action;
    }

    /** Called before each start of a worker; may throw, and then there is none. */
    public void starting(Consumer<FunctionLaunch> action) {
        starting = action;
    }

    /** How far the environment of a function is from now on; tells whoever prepared it. */
    public void environmentIs(ResourceKey function, EnvironmentState state) {
        states.put(function, state);
        Prepared who = prepared.get(function);
        if (who != null) {
            who.changed.run();
        }
    }

    /** The launches of all workers that are not closed, in the order of their start. */
    public List<FunctionLaunch> running() {
        return workers.stream().filter(worker -> !worker.closed).map(w -> w.launch).toList();
    }

    /** The launches of all workers ever, in the order of their start. */
    public List<FunctionLaunch> launches() {
        return workers.stream().map(worker -> worker.launch).toList();
    }

    /** How many messages each call had. */
    public List<Integer> batchSizes() {
        return List.copyOf(batchSizes);
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void prepare(ResourceKey function, FunctionSpec spec, Runnable changed) {
        Prepared before = prepared.get(function);
        if (before == null || !before.spec.equals(spec)) {
            prepared.put(function, new Prepared(spec, changed));
            changed.run();
        }
    }

    @Override
    public Optional<EnvironmentState> environment(ResourceKey function) {
        return prepared.containsKey(function)
                ? Optional.of(states.getOrDefault(function, new EnvironmentState.Ready()))
                : Optional.empty();
    }

    @Override
    public void remove(ResourceKey function) {
        prepared.remove(function);
    }

    @Override
    public FunctionWorker start(FunctionLaunch launch) {
        starting.accept(launch);
        FakeWorker worker = new FakeWorker(launch);
        workers.add(worker);
        return worker;
    }

    @Override
    public void close() {
        closed = true;
        workers.forEach(FakeWorker::close);
    }

    private static FunctionResult forward(FunctionMessage message) {
        return new FunctionResult.Sent(List.of(message.payload()));
    }

    private final class FakeWorker implements FunctionWorker {

        private final FunctionLaunch launch;
        private final AtomicBoolean isClosing = new AtomicBoolean();
        private volatile boolean closed;

        FakeWorker(FunctionLaunch launch) {
            this.launch = launch;
        }

        @Override
        public List<FunctionResult> process(List<FunctionMessage> batch) {
            batchSizes.add(batch.size());
            List<FunctionResult> results = new ArrayList<>(batch.size());
            for (FunctionMessage message : batch) {
                results.add(one(message));
            }
            return results;
        }

        private FunctionResult one(FunctionMessage message) {
            if (closed) {
                return new FunctionResult.Failed(ErrorCode.UNAVAILABLE, "the worker is closed");
            }
            return code.getOrDefault(launch.function(), otherwise).apply(message);
        }

        @Override
        public WorkerState state() {
            return closed ? new WorkerState.Closed() : running;
        }

        @Override
        public void close() {
            if (!isClosing.getAndSet(true)) {
                closing.run();
                closed = true;
            }
        }
    }
}
