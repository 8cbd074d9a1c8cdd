package io.millrace.spi;

import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.spi.FunctionWorker.WorkerState;
import java.util.List;

/**
 * A transformer in a process of its own. One thread calls {@link #handle}; {@link #close} may come
 * from any thread.
 */
public interface TransformerWorker extends AutoCloseable {

    /**
     * Has requests answered. Blocks until each has its reply: it waits for a process that is being
     * started, and one that dies, hangs or exceeds its memory is replaced; the request that it
     * worked on fails.
     *
     * @param requests more than one only where {@link #takesBatches}
     * @param predictor asked from several threads when the code asks several times at once
     * @return one reply for each request, in the same order
     */
    List<TransformerReply> handle(List<TransformerRequest> requests, Predictor predictor);

    /** Whether the code that runs now takes several requests at once. */
    boolean takesBatches();

    /** Whether the process is up, and if not, why. */
    WorkerState state();

    /** Ends the process: politely, then by force. Idempotent. */
    @Override
    void close();

    /** The model behind a transformer. */
    @FunctionalInterface
    interface Predictor {

        /**
         * Answers; never throws.
         *
         * @param request which of the requests it is for, from 0
         */
        Prediction predict(int request, Protocol protocol, byte[] body, int jsonLength);
    }

    /**
     * What the model answered.
     *
     * @param status as HTTP has it; from 300 on the body says {@code {"error": "…"}}
     * @param body JSON first, then binary tensors
     * @param jsonLength how much of the body is JSON; {@link TransformerRequest#ALL_JSON} when
     *     nothing follows it
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Prediction(int status, byte[] body, int jsonLength) {}
}
