package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.Meters;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * What a call costs beside the engine. Memory is asserted; times tell of the machine as well, so
 * they are only published, as files below {@code target/junit-jupiter}.
 */
@Timeout(60)
class BatchCostTest {

    private static final int WARM = 30_000;
    private static final int ROUNDS = 20_000;
    private static final int BATCH = 32;
    private static final long FOREVER = Long.MAX_VALUE / 4;

    /** A call's item, with some room for other layouts of objects. */
    private static final long ITEM_BYTES = 96;

    /** A list, a tensor and a view of the memory that all answers of the batch share. */
    private static final long ANSWER_BYTES = 128;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final TimeSource time = TimeSource.system();
    private final BatchMeters meters = BatchMeters.of(new SilentMeters());

    @Test
    void aCallInItsOwnThreadCostsItsItemAtMost(TestReporter reporter) {
        var model = new ReadyModel(1);
        try (Batcher batcher = batcher(model, 1)) {
            batcher.warmUp(ReadyModel.SIGNATURE, model.input);
            List<Tensor> input = model.input;
            long each =
                    perRound(
                            reporter,
                            "fast-path",
                            1,
                            () -> batcher.submit(ReadyModel.SIGNATURE, input, deadline()));
            assertThat(each).isLessThanOrEqualTo(ITEM_BYTES);
        }
    }

    @Test
    void aMergedCallCostsItsItemAndItsAnswer(TestReporter reporter) {
        var model = new ReadyModel(BATCH);
        var measured = new MeasuredModel(model, time, meters);
        var execution = new BatchExecution(measured, time);
        var queue = new BatchQueue();
        var limits = new BatchLimits(BATCH, 0, 1000, 1, 1);
        Runnable round =
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        queue.add(
                                new BatchItem(
                                        ReadyModel.SIGNATURE,
                                        model.input,
                                        1,
                                        true,
                                        time.nanoTime(),
                                        FOREVER));
                    }
                    queue.take(execution.batch(), 0, limits, 0);
                    execution.execute();
                };
        long each = perRound(reporter, "merged-at-32", BATCH, round) / BATCH;
        assertThat(each).isLessThanOrEqualTo(ITEM_BYTES + ANSWER_BYTES);
        assertThat(model.lastRows).isEqualTo(BATCH);
    }

    @Test
    void whatWaitsAndLeavesCostsNoMemory(TestReporter reporter) {
        var queue = new BatchQueue();
        var items =
                Stream.generate(() ->
                                new BatchItem(
                                        ReadyModel.SIGNATURE,
                                        new ReadyModel(1).input,
                                        1,
                                        true,
                                        0,
                                        FOREVER))
                        .limit(BATCH)
                        .toArray(BatchItem[]::new);
        Runnable round =
                () -> {
                    for (BatchItem item : items) {
                        queue.add(item);
                    }
                    for (BatchItem item : items) {
                        queue.remove(item);
                    }
                };
        assertThat(perRound(reporter, "queue", BATCH, round)).isZero();
    }

    @Test
    void throughputOfTheWholeWay(TestReporter reporter) throws Exception {
        var model = new ReadyModel(BATCH);
        int callers = 8;
        int calls = 20_000;
        try (Batcher batcher = batcher(model, 1);
                var threads = Executors.newFixedThreadPool(callers)) {
            long start = time.nanoTime();
            var running = new java.util.ArrayList<java.util.concurrent.Future<Integer>>();
            for (int i = 0; i < callers; i++) {
                running.add(
                        threads.submit(() -> {
                            int answered = 0;
                            for (int k = 0; k < calls; k++) {
                                List<Tensor> answer =
                                        batcher.submit(
                                                ReadyModel.SIGNATURE, model.input, deadline());
                                answered += Objects.requireNonNull(answer).size();
                            }
                            return answered;
                        }));
            }
            for (var caller : running) {
                assertThat(caller.get(50, TimeUnit.SECONDS)).isEqualTo(calls);
            }
            long took = time.nanoTime() - start;
            publish(
                    reporter,
                    "whole-way",
                    "8 callers, one worker: %d ns per call"
                            .formatted(took / ((long) callers * calls)));
        }
    }

    /** Bytes that one round allocates once everything is compiled. */
    private long perRound(TestReporter reporter, String what, int calls, Runnable round) {
        for (int i = 0; i < WARM; i++) {
            round.run();
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long start = THREADS.getCurrentThreadCpuTime(); // the wall clock tells of the neighbours
        for (int i = 0; i < ROUNDS; i++) {
            round.run();
        }
        long took = THREADS.getCurrentThreadCpuTime() - start;
        long bytes = (THREADS.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
        publish(
                reporter,
                what,
                "%s: %d ns, %d bytes per call"
                        .formatted(what, took / ((long) ROUNDS * calls), bytes / calls));
        return bytes;
    }

    private static void publish(TestReporter reporter, String name, String figures) {
        reporter.publishFile(
                name + ".txt",
                MediaType.TEXT_PLAIN_UTF_8,
                file -> Files.writeString(file, figures + "\n"));
    }

    private long deadline() {
        return time.nanoTime() + FOREVER;
    }

    private Batcher batcher(LoadedModel model, int workers) {
        return new Batcher(
                model,
                Map.of(Signature.DEFAULT, Batching.MERGED),
                new BatchLimits(BATCH, 0, 1000, workers, workers),
                Thread.ofPlatform().daemon().factory(),
                time,
                meters);
    }

    /** A model that costs nothing: its answers are made beforehand. */
    private static final class ReadyModel implements LoadedModel {

        private static final int WIDTH = 28 * 28;
        private static final Signature SIGNATURE =
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY, WIDTH))),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(Shape.ANY, 10))));

        private final List<Tensor> input =
                List.of(Tensor.ofFloats(Shape.of(1, WIDTH), new float[WIDTH]));
        private final Object[] answers;
        private volatile int lastRows;

        private ReadyModel(int most) {
            answers = new Object[most + 1];
            for (int rows = 1; rows <= most; rows++) {
                answers[rows] = List.of(Tensor.ofFloats(Shape.of(rows, 10), new float[rows * 10]));
            }
        }

        @Override
        public List<Signature> signatures() {
            return List.of(SIGNATURE);
        }

        @Override
        @SuppressWarnings("unchecked")
        public List<Tensor> run(Signature signature, List<Tensor> inputs) {
            lastRows = (int) inputs.getFirst().shape().extent(0);
            return (List<Tensor>) answers[lastRows];
        }

        @Override
        public void close() {}
    }

    /** Meters that take no part. */
    private static final class SilentMeters implements Meters {

        private static final Count COUNT =
                new Count() {
                    @Override
                    public void add(long amount) {}

                    @Override
                    public long value() {
                        return 0;
                    }
                };

        @Override
        public Count count(String name, String help, String... labels) {
            return COUNT;
        }

        @Override
        public Timing timing(String name, String help, String... labels) {
            return _ -> {};
        }

        @Override
        public Sizes sizes(String name, String help, String... labels) {
            return _ -> {};
        }

        @Override
        public void forget(String... labels) {}

        @Override
        public void gauge(
                String name,
                String help,
                java.util.function.DoubleSupplier value,
                String... labels) {}
    }
}
