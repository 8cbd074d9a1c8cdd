package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogPartition;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** A sink that remembers what it accepted, for every MQTT output, and fails as told. */
public final class FakeSink implements SinkConnector {

    private final List<OutputRecord> accepted = new ArrayList<>();
    private final AtomicInteger writes = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private volatile Function<List<OutputRecord>, List<ItemFailure>> verdict = _ -> List.of();
    private volatile BooleanSupplier loses = () -> false;
    private volatile int gathers;
    private volatile Consumer<List<OutputRecord>> afterwards = _ -> {};

    /** Asked before each write: which records fail; may throw, and then none is accepted. */
    public FakeSink failing(Function<List<OutputRecord>, List<ItemFailure>> next) {
        verdict = next;
        return this;
    }

    /** A sink that lies: it says that it accepted a write and keeps nothing of it. */
    public FakeSink losing(BooleanSupplier when) {
        loses = when;
        return this;
    }

    /** From now on opens sinks that hold what they take, and are due when they hold so many. */
    public FakeSink gathering(int records) {
        gathers = records;
        return this;
    }

    /** Called after each write, when the records are accepted; may throw all the same. */
    public FakeSink afterwards(Consumer<List<OutputRecord>> next) {
        afterwards = next;
        return this;
    }

    /** All that was accepted, in order. */
    public List<OutputRecord> accepted() {
        synchronized (accepted) {
            return List.copyOf(accepted);
        }
    }

    /** How many writes there were. */
    public int writes() {
        return writes.get();
    }

    /** How many sinks are open. */
    public int open() {
        return open.get();
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        if (!(output instanceof PipelineSpec.MqttOutput)) {
            return Optional.empty();
        }
        open.incrementAndGet();
        return Optional.of(gathers > 0 ? new Holding(gathers) : new Opened());
    }

    private List<ItemFailure> write(List<OutputRecord> batch) {
        writes.incrementAndGet();
        var failures = new ArrayList<ItemFailure>(verdict.apply(batch));
        refuseWithoutDestination(batch, failures);
        if (loses.getAsBoolean()) {
            return failures;
        }
        var isFailed = new boolean[batch.size()];
        for (ItemFailure failure : failures) {
            isFailed[failure.index()] = true;
        }
        synchronized (accepted) {
            for (int i = 0; i < isFailed.length; i++) {
                if (!isFailed[i]) {
                    accepted.add(batch.get(i));
                }
            }
        }
        afterwards.accept(batch);
        return failures;
    }

    private static void refuseWithoutDestination(
            List<OutputRecord> batch, List<ItemFailure> failures) {
        for (int i = 0; i < batch.size(); i++) {
            if (batch.get(i).destination().isEmpty()) {
                failures.add(new ItemFailure(i, ErrorCode.INVALID, "a destination has no name"));
            }
        }
    }

    /** Accepts nothing before it is stored; then all of it at once, or nothing. */
    private final class Holding implements GatheringSink {
        private final Opened target = new Opened();
        private final List<OutputRecord> held = new ArrayList<>();
        private final int most;

        Holding(int most) {
            this.most = most;
        }

        @Override
        public List<ItemFailure> write(List<OutputRecord> batch) {
            held.addAll(batch);
            return List.of();
        }

        @Override
        public boolean isHolding() {
            return !held.isEmpty();
        }

        @Override
        public boolean isDue() {
            return held.size() >= most;
        }

        @Override
        public void store() {
            var _ = target.write(List.copyOf(held));
            held.clear();
        }

        @Override
        public void forget(Set<LogPartition> partitions) {
            held.removeIf(record -> partitions.contains(record.partition()));
        }

        @Override
        public void close() {
            target.close();
        }
    }

    private final class Opened implements Sink {
        private boolean isClosed;

        @Override
        public List<ItemFailure> write(List<OutputRecord> batch) {
            return FakeSink.this.write(batch);
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                open.decrementAndGet();
            }
        }
    }
}
