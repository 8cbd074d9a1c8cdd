package io.millrace.spi;

import io.millrace.api.ResourceKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Follows one record through a pipeline: what became of it, and what would today. Any thread. */
public interface PipelineTraces {

    /**
     * Looks for all that the log knows of a record.
     *
     * @param isTried whether the record also goes through the present steps once more: isolated,
     *     with nothing written and nothing committed
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} when the log does not have the
     *     record (any more), {@code INVALID} when the pipeline does not read that topic, {@code
     *     UNAVAILABLE} when the pipeline is not deployed or the log cannot be reached
     */
    Trace trace(ResourceKey pipeline, LogPosition position, boolean isTried);

    /**
     * What is known of a record.
     *
     * @param input as it was read
     * @param state how far it got
     * @param outputs what was made of it, as far as the log keeps it
     * @param remarks what cannot be known, and why; for people
     * @param steps what the present steps make of it; empty when it was not tried
     */
    record Trace(
            LogRecord input,
            State state,
            List<Output> outputs,
            List<String> remarks,
            List<Passed> steps) {
        public Trace {
            outputs = List.copyOf(outputs);
            remarks = List.copyOf(remarks);
            steps = List.copyOf(steps);
        }
    }

    /** How far a record got. */
    sealed interface State {}

    /**
     * It was not finished yet.
     *
     * @param committed what was committed of its partition; empty when nothing was
     */
    record Pending(Optional<Long> committed) implements State {}

    /** All outputs have accepted what the steps made of it, which may be nothing. */
    record Answered() implements State {}

    /**
     * It was given up.
     *
     * @param letter where it is kept
     * @param failure why
     * @param atMillis when, milliseconds since the epoch
     */
    record Dead(LogPosition letter, PipelineTaps.Failure failure, long atMillis) implements State {}

    /**
     * Something that was made of the record.
     *
     * @param position where it is kept
     * @param payload of it
     * @param answeredMillis when the steps were done, milliseconds since the epoch
     * @param steps what it passed through then, with the version of each
     */
    record Output(LogPosition position, byte[] payload, long answeredMillis, List<String> steps) {}

    /**
     * What one step makes of the record now.
     *
     * @param step its place, for people
     * @param took how long
     * @param payloads what came out; empty when the step made nothing of it, or failed
     * @param failure why it failed
     */
    record Passed(
            String step,
            Duration took,
            List<byte[]> payloads,
            Optional<PipelineTaps.Failure> failure) {
        public Passed {
            payloads = List.copyOf(payloads);
        }
    }
}
