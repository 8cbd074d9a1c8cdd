package io.millrace.training.run;

import io.millrace.api.DataSize;
import io.millrace.process.EnvironmentSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How runs are trained.
 *
 * @param work folders of runs and checks, and the trainer's own files; belongs to this alone
 * @param environments where and how virtual environments are built
 * @param slots how many runs train at a time
 * @param confinement what happens where the kernel cannot lock a trainer in
 * @param checkLimit the most that building the model of a definition may take
 * @param checkMemory the most memory it may take
 * @param stopLimit how long a run that was stopped may write its model
 * @param attempts so many trainers in a row may end without progress
 * @param backoff the wait before the second attempt in a row; it doubles
 */
public record TrainerSettings(
        Path work,
        EnvironmentSettings environments,
        int slots,
        Confinement confinement,
        Duration checkLimit,
        DataSize checkMemory,
        Duration stopLimit,
        int attempts,
        Duration backoff) {

    public TrainerSettings {
        work = work.toAbsolutePath().normalize();
    }

    /** The defaults: one run at a time, locked in by what the kernel has. */
    public static TrainerSettings of(Path work, EnvironmentSettings environments) {
        return new TrainerSettings(
                work,
                environments,
                1,
                Confinement.AUTO,
                Duration.ofMinutes(2),
                DataSize.ofMebibytes(4096),
                Duration.ofMinutes(15),
                3,
                Duration.ofSeconds(1));
    }

    /** The same with so many runs at a time. */
    public TrainerSettings withSlots(int count) {
        return new TrainerSettings(
                work,
                environments,
                count,
                confinement,
                checkLimit,
                checkMemory,
                stopLimit,
                attempts,
                backoff);
    }

    /** The same with another answer to kernels that cannot lock a trainer in. */
    public TrainerSettings withConfinement(Confinement other) {
        return new TrainerSettings(
                work,
                environments,
                slots,
                other,
                checkLimit,
                checkMemory,
                stopLimit,
                attempts,
                backoff);
    }

    /** The same with another limit for the checks of definitions. */
    public TrainerSettings withCheckLimit(Duration limit) {
        return new TrainerSettings(
                work,
                environments,
                slots,
                confinement,
                limit,
                checkMemory,
                stopLimit,
                attempts,
                backoff);
    }
}
