package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's batch and the memory it uses again for each: lists, and room for the rows of all its
 * calls. Belongs to one thread. Hot path: what a call gets here is its answer and nothing else.
 */
final class BatchExecution {

    /** Above this, one engine call for all saves little, and its copy takes the heap of others. */
    private static final long MAX_MERGED_BYTES = 256L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(BatchExecution.class);

    private final MeasuredModel model;
    private final TimeSource time;
    private final List<BatchItem> batch = new ArrayList<>();
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> parts = new ArrayList<>();
    private final List<long[]> scratches = new ArrayList<>();

    BatchExecution(MeasuredModel model, TimeSource time) {
        this.model = model;
        this.time = time;
    }

    /** The calls to execute; empty again afterwards. */
    List<BatchItem> batch() {
        return batch;
    }

    /** Ends every call of the batch, with an answer or a reason. */
    void execute() {
        try {
            recordQueueTimes();
            if (batch.size() == 1 || !tryMerged()) {
                executeEach();
            }
        } catch (Throwable e) {
            failAll(e);
        } finally {
            batch.clear();
            inputs.clear();
            parts.clear();
        }
    }

    private void recordQueueTimes() {
        long now = time.nanoTime();
        for (int i = 0; i < batch.size(); i++) {
            model.meters().queueTime().record(now - batch.get(i).queuedAt());
        }
    }

    /** The supervisor's end of a batch: whatever was thrown, nobody waits for an answer in vain. */
    void failAll(Throwable cause) {
        LOG.error("a batch failed outside of the engine", cause);
        var reason = new MillraceException(ErrorCode.INTERNAL, "the batch failed: " + cause, cause);
        for (BatchItem item : batch) {
            item.fail(reason);
        }
        batch.clear();
    }

    private void executeEach() {
        for (int i = 0; i < batch.size(); i++) {
            BatchItem item = batch.get(i);
            if (item.isDone()) {
                continue;
            }
            if (item.isExpired(time.nanoTime())) {
                model.meters().expired().increment();
                item.fail(
                        new MillraceException(
                                ErrorCode.TIMEOUT,
                                "the deadline of the call came before its turn in the batch"));
                continue;
            }
            try {
                item.complete(model.call(item.signature(), item.inputs(), item.rows()));
            } catch (MillraceException e) {
                item.fail(e);
            }
        }
    }

    /** One engine call for all; false when it failed, so that each shall be tried by itself. */
    private boolean tryMerged() {
        int rows = 0;
        for (int i = 0; i < batch.size(); i++) {
            rows += batch.get(i).rows();
        }
        try {
            Signature signature = batch.getFirst().signature();
            if (!joinInputs(signature.inputs().size(), rows)) {
                return false;
            }
            List<Tensor> outputs = model.call(signature, inputs, rows);
            if (!Rows.haveRows(outputs, rows)) {
                return false;
            }
            handOut(outputs);
            return true;
        } catch (MillraceException e) {
            return false;
        }
    }

    private boolean joinInputs(int count, int rows) {
        for (int i = 0; i < count; i++) {
            parts.clear();
            long bytes = 0;
            for (int k = 0; k < batch.size(); k++) {
                Tensor part = batch.get(k).inputs().get(i);
                parts.add(part);
                bytes += part instanceof Tensor.Numeric numeric ? numeric.data().byteSize() : 0;
            }
            if (bytes > MAX_MERGED_BYTES) {
                return false;
            }
            inputs.add(Rows.join(parts, rows, scratch(i, bytes)));
        }
        return true;
    }

    /** Memory that the engine may read until its call ends; each input has some of its own. */
    private long[] scratch(int input, long bytes) {
        while (scratches.size() <= input) {
            scratches.add(new long[0]);
        }
        long[] scratch = scratches.get(input);
        int words = (int) ((bytes + Long.BYTES - 1) / Long.BYTES);
        if (words > scratch.length) {
            scratch = new long[Math.max(words, scratch.length + scratch.length / 2)];
            scratches.set(input, scratch);
        }
        return scratch;
    }

    private void handOut(List<Tensor> outputs) {
        @Nullable List<Tensor> before = null;
        int from = 0;
        for (int i = 0; i < batch.size(); i++) {
            BatchItem item = batch.get(i);
            List<Tensor> answer = Rows.slice(outputs, from, item.rows(), before);
            item.complete(answer);
            from += item.rows();
            before = answer;
        }
    }
}
