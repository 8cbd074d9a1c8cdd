package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Does something for each record of a batch, several at a time. What has the same key or the same
 * destination is done in its order, and what follows a failure that may pass is not done: it is
 * reported with it, so that nobody sees the later one first.
 */
final class OrderedWrites implements AutoCloseable {

    private final Semaphore permits;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("bucket sink ", 0).factory());

    OrderedWrites(int parallel) {
        this.permits = new Semaphore(parallel);
    }

    /** What is done for a record. Any thread. */
    @FunctionalInterface
    interface Write {
        /**
         * Returns when it is done and durable.
         *
         * @throws MillraceException why not
         */
        void run(OutputRecord record);
    }

    /** Late is as good as away. */
    static boolean isPassing(ErrorCode code) {
        return code == ErrorCode.UNAVAILABLE
                || code == ErrorCode.OVERLOADED
                || code == ErrorCode.TIMEOUT
                || code.isTransient();
    }

    /** Does it for all; the failures by their place, in order. */
    List<ItemFailure> run(List<OutputRecord> batch, Write write) {
        if (batch.size() == 1) {
            ItemFailure failure = attempt(0, batch.getFirst(), write);
            return failure == null ? List.of() : List.of(failure);
        }
        var outcomes = new ArrayList<CompletableFuture<@Nullable ItemFailure>>(batch.size());
        var lastOfKey = new HashMap<ByteBuffer, CompletableFuture<@Nullable ItemFailure>>();
        var lastOfPlace = new HashMap<String, CompletableFuture<@Nullable ItemFailure>>();
        for (int i = 0; i < batch.size(); i++) {
            OutputRecord record = batch.get(i);
            var outcome = new CompletableFuture<@Nullable ItemFailure>();
            var before = lastOfPlace.put(record.destination(), outcome);
            byte[] key = record.key();
            var beforeOfKey = key == null ? null : lastOfKey.put(ByteBuffer.wrap(key), outcome);
            outcomes.add(outcome);
            int index = i;
            threads.execute(() -> finish(outcome, index, record, write, before, beforeOfKey));
        }
        var failures = new ArrayList<ItemFailure>();
        for (CompletableFuture<@Nullable ItemFailure> outcome : outcomes) {
            ItemFailure failure = outcome.join();
            if (failure != null) {
                failures.add(failure);
            }
        }
        return failures;
    }

    private void finish(
            CompletableFuture<@Nullable ItemFailure> outcome,
            int index,
            OutputRecord record,
            Write write,
            @Nullable CompletableFuture<@Nullable ItemFailure> before,
            @Nullable CompletableFuture<@Nullable ItemFailure> beforeOfKey) {
        try {
            ItemFailure held = held(index, before);
            if (held == null) {
                held = held(index, beforeOfKey);
            }
            if (held == null) {
                permits.acquire();
                try {
                    held = attempt(index, record, write);
                } finally {
                    permits.release();
                }
            }
            outcome.complete(held);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome.complete(
                    new ItemFailure(index, ErrorCode.UNAVAILABLE, "the output is being closed"));
        } catch (Throwable e) {
            outcome.completeExceptionally(e);
        }
    }

    private static @Nullable ItemFailure held(
            int index, @Nullable CompletableFuture<@Nullable ItemFailure> before) {
        ItemFailure failure = before == null ? null : before.join();
        return failure == null || !isPassing(failure.code())
                ? null
                : new ItemFailure(index, failure.code(), failure.reason());
    }

    private static @Nullable ItemFailure attempt(int index, OutputRecord record, Write write) {
        try {
            write.run(record);
            return null;
        } catch (MillraceException e) {
            return new ItemFailure(index, e.code(), e.text());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
