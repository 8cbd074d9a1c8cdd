package io.millrace.spi;

import java.util.List;

/**
 * A function in a process of its own. One task's thread calls {@link #process}; {@link #close} may
 * come from any thread.
 */
public interface FunctionWorker extends AutoCloseable {

    /**
     * Calls the function for each message, in order. Blocks until each has its verdict: it waits
     * for a worker that is being started, and a worker that dies, hangs or exceeds its memory in
     * the middle is replaced; the message it worked on fails, the ones after it go to the new
     * worker.
     *
     * @return one result for each message, in the same order
     */
    List<FunctionResult> process(List<FunctionMessage> batch);

    /** Whether the process is up, and if not, why. */
    WorkerState state();

    /** Ends the process: politely, then by force. Idempotent. */
    @Override
    void close();

    /** Where a worker stands. */
    sealed interface WorkerState {
        /** Not there yet, or between two attempts; the message says why. */
        record Starting(String message) implements WorkerState {}

        /** Takes messages. */
        record Running(long pid) implements WorkerState {}

        /** Closed. */
        record Closed() implements WorkerState {}
    }
}
