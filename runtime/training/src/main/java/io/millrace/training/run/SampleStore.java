package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import io.millrace.spi.TrainingPlan;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Where runs get their samples: laid down as arrays that trainers map into memory. */
public interface SampleStore {

    /**
     * Lays down the samples of a plan, unless they are there already. Takes its time, on the thread
     * of the caller.
     *
     * @param progress told, now and then, what happens, in words for people
     * @throws io.millrace.api.MillraceException when they cannot be had; {@code
     *     ErrorCode.isTransient} says whether trying again may help
     * @throws InterruptedException when the run was ended meanwhile
     */
    RunSamples prepare(TrainingPlan plan, Consumer<String> progress) throws InterruptedException;

    /**
     * Says that a run needs its samples no more: it has ended, or is gone. Idempotent; does nothing
     * for a run that never had any.
     */
    void release(TrainingPlan plan);

    /**
     * Reads a live stream piece by piece.
     *
     * @param position that of the last piece that was learned from; empty for the beginning
     */
    LiveSamples follow(TrainingPlan plan, String position);

    /** A live stream that is being read. */
    interface LiveSamples extends AutoCloseable {
        /**
         * Waits for the next piece.
         *
         * @return empty when none came for so long
         * @throws io.millrace.api.MillraceException when there will be none
         */
        Optional<LivePiece> next(Duration patience) throws InterruptedException;

        /**
         * The dataset as declared, with what the samples themselves showed: types and shapes; empty
         * before the first piece.
         */
        Optional<DatasetSpec> dataset();

        /** Ends the reading and removes the pieces. Idempotent. */
        @Override
        void close();
    }
}
