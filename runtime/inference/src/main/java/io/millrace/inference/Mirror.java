package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.inference.Picture.Target;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives copies of calls to a model's shadow, after their answers have been given. One thread and a
 * short queue: when the shadow is slower than its traffic, calls go unmirrored and are counted;
 * nobody waits.
 */
final class Mirror implements AutoCloseable {

    private static final int QUEUE = 64;
    private static final long QUEUE_BYTES = 64L << 20;
    private static final long IDLE_SECONDS = 10;
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);

    private final TimeSource time;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final ThreadPoolExecutor worker;

    Mirror(String model, TimeSource time) {
        this.time = time;
        this.worker =
                new ThreadPoolExecutor(
                        1,
                        1,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(QUEUE),
                        Thread.ofPlatform().daemon().name("shadow-" + model).factory(),
                        (task, _) -> ((Mirrored) task).skip());
        worker.allowCoreThreadTimeOut(true);
    }

    /** Takes a call that was answered, or counts that it did not. Never blocks, never throws. */
    void offer(
            Target shadow,
            TrafficBook book,
            String signature,
            List<Tensor> inputs,
            List<Tensor> given) {
        long bytes = bytes(inputs) + bytes(given);
        boolean isRoom =
                worker.getQueue().remainingCapacity() > 0
                        && waitingBytes.get() + bytes <= QUEUE_BYTES;
        if (!isRoom) {
            book.notMirrored();
            return;
        }
        waitingBytes.addAndGet(bytes);
        var mirrored = new Mirrored(shadow, book, signature, own(inputs), own(given), bytes);
        try {
            worker.execute(mirrored);
        } catch (OutOfMemoryError e) {
            mirrored.skip(); // no thread is to be had: the call itself has its answer
        }
    }

    /** Tensors live as long as they are used; memory outside the heap may be given back earlier. */
    private static List<Tensor> own(List<Tensor> tensors) {
        for (Tensor tensor : tensors) {
            if (tensor instanceof Tensor.Numeric numeric && numeric.data().isNative()) {
                return copy(tensors);
            }
        }
        return tensors;
    }

    private static List<Tensor> copy(List<Tensor> tensors) {
        var copies = new ArrayList<Tensor>(tensors.size());
        for (Tensor tensor : tensors) {
            if (tensor instanceof Tensor.Numeric(var type, var shape, MemorySegment data)) {
                var words = MemorySegment.ofArray(new long[(int) ((data.byteSize() + 7) / 8)]);
                MemorySegment own = words.asSlice(0, data.byteSize());
                copies.add(new Tensor.Numeric(type, shape, own.copyFrom(data)));
            } else {
                copies.add(tensor);
            }
        }
        return copies;
    }

    private static long bytes(List<Tensor> tensors) {
        long bytes = 0;
        for (Tensor tensor : tensors) {
            switch (tensor) {
                case Tensor.Numeric numeric -> bytes += numeric.data().byteSize();
                case Tensor.Bytes strings -> {
                    for (byte[] value : strings.values()) {
                        bytes += value.length;
                    }
                }
            }
        }
        return bytes;
    }

    /** Drops what waits; a call under way ends by itself. */
    @Override
    public void close() {
        var waiting = new ArrayList<Runnable>();
        worker.getQueue().drainTo(waiting);
        waiting.forEach(task -> ((Mirrored) task).skip());
        worker.shutdown();
    }

    /** One call for the shadow. */
    private final class Mirrored implements Runnable {
        private final Target shadow;
        private final TrafficBook book;
        private final String signature;
        private final List<Tensor> inputs;
        private final List<Tensor> given;
        private final long bytes;

        Mirrored(
                Target shadow,
                TrafficBook book,
                String signature,
                List<Tensor> inputs,
                List<Tensor> given,
                long bytes) {
            this.shadow = shadow;
            this.book = book;
            this.signature = signature;
            this.inputs = inputs;
            this.given = given;
            this.bytes = bytes;
        }

        void skip() {
            waitingBytes.addAndGet(-bytes);
            book.notMirrored();
        }

        @Override
        public void run() {
            waitingBytes.addAndGet(-bytes);
            try {
                compare();
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.OVERLOADED || e.code() == ErrorCode.UNAVAILABLE) {
                    book.notMirrored();
                } else {
                    shadow.calls().failed();
                    book.shadowFailed();
                }
            } catch (Throwable e) {
                // The supervisor of a shadow, which may fail as it likes.
                LOG.error("comparing a shadow failed", e);
                book.shadowFailed();
            }
        }

        private void compare() {
            ServedVersion.Serving serving = shadow.serving();
            if (serving == null) {
                book.notMirrored();
                return;
            }
            long start = time.nanoTime();
            shadow.version().use(start, false);
            Signature chosen = SignatureChoice.choose(serving.signatures(), signature);
            InputCheck.check(chosen, inputs);
            List<Tensor> outputs = serving.batcher().submit(chosen, inputs, start + TIMEOUT_NANOS);
            if (outputs == null) {
                book.notMirrored();
                return;
            }
            shadow.calls().answered(time.nanoTime() - start);
            book.compared(Agreement.isSame(given, outputs));
        }
    }
}
