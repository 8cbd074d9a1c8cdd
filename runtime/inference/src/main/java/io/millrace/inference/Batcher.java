package io.millrace.inference;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one loaded version, put together into engine calls.
 *
 * <pre>
 *   caller --idle and quick--> engine, in the caller's thread
 *     '--else--> queue --> worker: the oldest call and all that fit with it --> engine
 * </pre>
 *
 * <p>Without a delay a worker takes what is there and never waits for more; with one, a batch
 * leaves as soon as it is full or its oldest call has waited that long. The number of engine calls
 * at once is limited, callers' threads included. A caller that gives up, because of its deadline or
 * because its thread is interrupted, takes its call out of the queue; a call already in the engine
 * ends there unheard, and reads its inputs until then. Hot path: one short lock per call, no
 * allocation beside the item.
 */
final class Batcher implements AutoCloseable {

    /** The most engine calls that one call may become. */
    private static final int MAX_PIECES = 1 << 16;

    private final Map<String, Batching> batching;
    private final MeasuredModel model;
    private final BatchWorkers workers;
    private final TimeSource time;
    private final BatchMeters meters;

    Batcher(
            LoadedModel model,
            Map<String, Batching> batching,
            BatchLimits limits,
            ThreadFactory threads,
            TimeSource time,
            BatchMeters meters) {
        this.batching = Map.copyOf(batching);
        this.model = new MeasuredModel(model, time, meters);
        this.workers = new BatchWorkers(this.model, limits, threads, time);
        this.time = time;
        this.meters = meters;
    }

    /**
     * Computes.
     *
     * @param inputs checked against the signature
     * @param deadline by the time source's nanoseconds
     * @return the outputs, or null when this version is being closed
     * @throws MillraceException {@code OVERLOADED} when the queue is full; {@code TIMEOUT} at the
     *     deadline; {@code UNAVAILABLE} when the thread is interrupted; else what the model says
     */
    @Nullable List<Tensor> submit(Signature signature, List<Tensor> inputs, long deadline) {
        Batching mode = batching.getOrDefault(signature.name(), Batching.AS_CALLED);
        if (mode == Batching.AS_CALLED) {
            return one(signature, inputs, 1, false, deadline);
        }
        int rows = InputCheck.rows(signature, inputs);
        int piece = mode == Batching.ONE_BY_ONE ? 1 : workers.limits().maxItems();
        return rows <= piece
                ? one(signature, inputs, rows, mode == Batching.MERGED, deadline)
                : inPieces(signature, inputs, rows, piece, deadline);
    }

    private @Nullable List<Tensor> one(
            Signature signature, List<Tensor> inputs, int rows, boolean canMerge, long deadline) {
        var item = new BatchItem(signature, inputs, rows, canMerge, time.nanoTime(), deadline);
        if (item.isExpired(item.queuedAt())) {
            meters.expired().increment();
            throw new MillraceException(
                    ErrorCode.TIMEOUT, "the deadline of the call came before the call");
        }
        return switch (workers.admit(item)) {
            case CLOSED -> null;
            case QUEUED -> await(item);
            case HERE -> {
                try {
                    yield model.call(signature, inputs, rows, item.queuedAt());
                } finally {
                    workers.leave();
                }
            }
        };
    }

    /** All pieces are queued together: either all find room or none is computed. */
    private @Nullable List<Tensor> inPieces(
            Signature signature, List<Tensor> inputs, int rows, int piece, long deadline) {
        int count = rows / piece + (rows % piece == 0 ? 0 : 1);
        if (count > MAX_PIECES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "%d rows are %d engine calls of %d; one call may make %d, send fewer rows"
                            .formatted(rows, count, piece, MAX_PIECES));
        }
        long now = time.nanoTime();
        var items = new ArrayList<BatchItem>(count);
        for (int from = 0; items.size() < count; from += piece) {
            int some = Math.min(piece, rows - from);
            List<Tensor> cut = Rows.slice(inputs, from, some);
            items.add(new BatchItem(signature, cut, some, piece > 1, now, deadline));
        }
        return workers.admit(items, rows) ? awaitAll(items) : null;
    }

    private List<Tensor> awaitAll(List<BatchItem> items) {
        var results = new ArrayList<List<Tensor>>(items.size());
        try {
            for (BatchItem item : items) {
                results.add(await(item));
            }
        } finally {
            for (int i = results.size(); i < items.size(); i++) {
                workers.withdraw(items.get(i));
            }
        }
        return Rows.join(results);
    }

    private List<Tensor> await(BatchItem item) {
        if (item.await(time)) {
            return item.result();
        }
        boolean isInTime = workers.withdraw(item);
        if (item.isDone()) {
            return item.result(); // it was answered at the last moment
        }
        if (Thread.currentThread().isInterrupted()) {
            if (isInTime) {
                meters.cancelled().increment();
            }
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the call was interrupted while it waited");
        }
        if (isInTime) {
            meters.expired().increment();
        }
        throw new MillraceException(
                ErrorCode.TIMEOUT,
                isInTime
                        ? "the deadline of the call came while it waited for the model"
                        : "the model did not answer before the deadline of the call");
    }

    /** Changes the limits; the workers follow with their next batch. */
    void limit(BatchingSpec spec) {
        workers.limit(spec);
    }

    /** Whether no call is waiting or under way. */
    boolean isIdle() {
        return workers.isIdle();
    }

    /** How many calls are waiting now. */
    int queuedCalls() {
        return workers.queuedCalls();
    }

    /** How many rows are waiting now. */
    long queuedRows() {
        return workers.queuedRows();
    }

    /** Runs a trial through the engine, so that the first caller meets a warm model. */
    void warmUp(Signature signature, List<Tensor> inputs) {
        model.call(signature, inputs, 1);
    }

    /**
     * Takes no more calls; those that came before are answered, then the model is freed. Returns at
     * once.
     */
    @Override
    public void close() {
        workers.close();
    }

    /** Waits until the model is freed; false when calls were still under way at the end of it. */
    boolean awaitClosed(long nanos) {
        return workers.awaitClosed(nanos, TimeUnit.NANOSECONDS);
    }
}
