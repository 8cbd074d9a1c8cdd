package io.millrace.stream;

import io.millrace.api.ErrorCode;
import java.util.Optional;

/**
 * A step of a pipeline as one task runs it. The task's thread calls {@link #attempt}, again and
 * again for the items that failed; retries, waiting and giving up are the task's business.
 */
sealed interface Stage extends AutoCloseable
        permits FetchStage, FunctionStage, ModelStage, PredictStage, WindowStage {

    /** Where it stands, for people: {@code step 1 function/classify}. */
    String label();

    /**
     * Tries some items of a batch and gives each of them its verdict.
     *
     * @param pending the items to try, rising
     * @param count how many of them
     */
    void attempt(Batch batch, int[] pending, int count, Verdicts verdicts);

    /** Why it cannot take records yet; empty when it can. */
    Optional<String> notReady();

    @Override
    void close();

    /** Whether an error says nothing about the record, so that waiting is right. */
    static boolean isPassing(ErrorCode code) {
        return code == ErrorCode.UNAVAILABLE || code == ErrorCode.OVERLOADED;
    }
}
