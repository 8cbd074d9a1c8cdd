package io.millrace.stream;

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
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Functions that are Java lambdas: one message in, a verdict out. */
final class FakeFunctions implements FunctionRuntime {

    private volatile Function<FunctionMessage, FunctionResult> code =
            message -> new FunctionResult.Sent(List.of(message.payload()));
    private volatile FunctionWorker.WorkerState state = new FunctionWorker.WorkerState.Running(1);
    private final List<FunctionLaunch> launches = new CopyOnWriteArrayList<>();
    private final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
    private int open;

    FakeFunctions code(Function<FunctionMessage, FunctionResult> next) {
        code = next;
        return this;
    }

    FakeFunctions state(FunctionWorker.WorkerState next) {
        state = next;
        return this;
    }

    List<FunctionLaunch> launches() {
        return launches;
    }

    List<Integer> batchSizes() {
        return batchSizes;
    }

    synchronized int open() {
        return open;
    }

    @Override
    public void prepare(ResourceKey function, FunctionSpec spec, Runnable changed) {}

    @Override
    public Optional<EnvironmentState> environment(ResourceKey function) {
        return Optional.of(new EnvironmentState.Ready());
    }

    @Override
    public void remove(ResourceKey function) {}

    @Override
    public synchronized FunctionWorker start(FunctionLaunch launch) {
        launches.add(launch);
        open++;
        return new Worker();
    }

    private synchronized void closed() {
        open--;
    }

    @Override
    public void close() {}

    private final class Worker implements FunctionWorker {
        private boolean isClosed;

        @Override
        public List<FunctionResult> process(List<FunctionMessage> batch) {
            batchSizes.add(batch.size());
            var results = new ArrayList<FunctionResult>();
            for (FunctionMessage message : batch) {
                results.add(code.apply(message));
            }
            return results;
        }

        @Override
        public WorkerState state() {
            return state;
        }

        @Override
        public synchronized void close() {
            if (!isClosed) {
                isClosed = true;
                closed();
            }
        }
    }
}
