package io.millrace.spi;

import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The dead letters of pipelines as work: look at them, have them tried again, or drop them. Letters
 * themselves are never changed: what became of each is kept beside them.
 *
 * <p>Any thread may call any method; each asks the log and may take as long as the log does. They
 * throw {@code MillraceException} with {@code UNAVAILABLE} when it cannot be reached. A pipeline
 * without letters, or that keeps none, has an empty box.
 */
public interface DeadLetterBox {

    /**
     * Letters in the order of their positions.
     *
     * @param fates of which fate; empty for any
     * @param from where to begin: {@link LetterPosition#START}, or what the part before gave
     * @param limit the most letters; fewer may come although there are more
     */
    Page list(
            ResourceKey pipeline,
            LetterFilter filter,
            Set<DeadLetter.Fate> fates,
            LetterPosition from,
            int limit);

    /** One letter with all of its payload. */
    Optional<DeadLetter> find(ResourceKey pipeline, LetterPosition place);

    /** How many letters there are, by what became of them. */
    Counts counts(ResourceKey pipeline);

    /**
     * Starts a job on all open letters that match now; returns when it is certain to be done, even
     * if this process dies. Jobs of one pipeline are done in turn.
     */
    LetterJob start(ResourceKey pipeline, LetterJob.Action action, LetterFilter filter);

    /** The last jobs, oldest first. */
    List<LetterJob> jobs(ResourceKey pipeline);

    /**
     * Asks a job to stop after what it is at.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} when there is no such job
     */
    LetterJob cancel(ResourceKey pipeline, String id);

    /**
     * Some letters.
     *
     * @param letters with the beginnings of their payloads
     * @param next where to go on; empty at the end
     */
    record Page(List<DeadLetter> letters, Optional<LetterPosition> next) {
        public Page {
            letters = List.copyOf(letters);
        }
    }

    /**
     * Numbers of letters that the log still holds.
     *
     * @param open nobody has dealt with them
     * @param redriven tried again
     * @param dropped said not to be needed
     */
    record Counts(long open, long redriven, long dropped) {}
}
