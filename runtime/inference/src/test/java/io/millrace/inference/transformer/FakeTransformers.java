package io.millrace.inference.transformer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.api.FunctionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.FunctionWorker;
import io.millrace.spi.FunctionWorker.WorkerState;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Transformers that send each body to the model and wrap what comes back, as {@code [code …]}. */
final class FakeTransformers implements FunctionRuntime {

    final List<Worker> workers = new CopyOnWriteArrayList<>();
    volatile boolean isUp = true;
    volatile boolean takesBatches;
    volatile Consumer<List<TransformerRequest>> before = _ -> {};

    @Override
    public void prepare(ResourceKey function, FunctionSpec spec, Runnable changed) {
        changed.run();
    }

    @Override
    public Optional<EnvironmentState> environment(ResourceKey function) {
        return Optional.empty();
    }

    @Override
    public void remove(ResourceKey function) {
        // Nothing is kept.
    }

    @Override
    public FunctionWorker start(FunctionLaunch launch) {
        throw new AssertionError("a transformer is no step");
    }

    @Override
    public TransformerWorker transform(FunctionLaunch launch) {
        var worker = new Worker(launch, isUp);
        workers.add(worker);
        return worker;
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
    }

    /** One process. */
    final class Worker implements TransformerWorker {

        final FunctionLaunch launch;
        final List<Integer> batches = new CopyOnWriteArrayList<>();
        volatile boolean isRunning;
        volatile boolean isClosed;

        Worker(FunctionLaunch launch, boolean isRunning) {
            this.launch = launch;
            this.isRunning = isRunning;
        }

        @Override
        public List<TransformerReply> handle(
                List<TransformerRequest> requests, Predictor predictor) {
            batches.add(requests.size());
            before.accept(requests);
            var replies = new ArrayList<TransformerReply>();
            for (int i = 0; i < requests.size(); i++) {
                var made = predictor.predict(i, Protocol.V1, requests.get(i).body(), -1);
                String text =
                        "[%s %s]"
                                .formatted(
                                        launch.spec().source().code(),
                                        new String(made.body(), UTF_8));
                replies.add(
                        new TransformerReply.Answered(
                                made.status(),
                                Map.of(),
                                text.getBytes(UTF_8),
                                -1,
                                new TransformerReply.Stages(1, 2, 3, 0)));
            }
            return replies;
        }

        @Override
        public boolean takesBatches() {
            return takesBatches;
        }

        @Override
        public WorkerState state() {
            if (isClosed) {
                return new WorkerState.Closed();
            }
            return isRunning
                    ? new WorkerState.Running(1)
                    : new WorkerState.Starting("being loaded");
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
