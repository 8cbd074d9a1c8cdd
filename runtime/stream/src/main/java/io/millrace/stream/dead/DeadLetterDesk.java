package io.millrace.stream.dead;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.Meters;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The dead letters of all pipelines, kept in the log. Nothing else is stored: what this forgets at
 * a restart it reads again.
 *
 * <p>Made ready by its constructor, which does not touch the log; {@link #close} lets jobs finish
 * the batch they are at. The log stays its owner's.
 */
public final class DeadLetterDesk implements DeadLetterBox, AutoCloseable {

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final StreamLog log;
    private final TimeSource time;
    private final IdSource ids;
    private final Settled settled;
    private final Map<ResourceKey, Box> boxes = new HashMap<>();
    private boolean isClosed;

    /** Hears how many letters of a pipeline were settled. */
    @FunctionalInterface
    interface Settled {
        void add(ResourceKey pipeline, LetterJob.Action action, long letters);
    }

    private record Box(PipelineLetters letters, JobLoop jobs) {}

    /**
     * A desk over what the log holds.
     *
     * @param meters where it is counted which letters are settled
     */
    public DeadLetterDesk(StreamLog log, TimeSource time, IdSource ids, Meters meters) {
        this.log = log;
        this.time = time;
        this.ids = ids;
        this.settled =
                (pipeline, action, letters) ->
                        meters.count(
                                        "millrace_pipeline_letters_settled_total",
                                        "Dead letters that were redriven, or dropped by hand",
                                        "project",
                                        pipeline.project().value(),
                                        "pipeline",
                                        pipeline.name().value(),
                                        "action",
                                        action.name().toLowerCase(Locale.ROOT))
                                .add(letters);
    }

    private synchronized Box box(ResourceKey pipeline) {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the server is stopping");
        }
        return boxes.computeIfAbsent(pipeline, this::newBox);
    }

    private Box newBox(ResourceKey pipeline) {
        var letters = new PipelineLetters(log, time, pipeline);
        return new Box(letters, new JobLoop(log, time, pipeline, letters, settled));
    }

    /** Goes on with jobs of a pipeline that an earlier process left unfinished; returns at once. */
    public void resume(ResourceKey pipeline) {
        Box box = box(pipeline);
        box.jobs().wake();
    }

    /** Ends the jobs of a pipeline that is gone; the log keeps its letters. */
    public void forget(ResourceKey pipeline) {
        Box gone;
        synchronized (this) {
            gone = boxes.remove(pipeline);
        }
        if (gone != null) {
            gone.jobs().cancelAll();
        }
    }

    @Override
    public Page list(
            ResourceKey pipeline,
            LetterFilter filter,
            Set<DeadLetter.Fate> fates,
            LetterPosition from,
            int limit) {
        if (limit < 1) {
            throw MillraceException.invalid("a part of a list has at least one letter");
        }
        return box(pipeline).letters().list(filter, fates, from, limit);
    }

    @Override
    public Optional<DeadLetter> find(ResourceKey pipeline, LetterPosition place) {
        return box(pipeline).letters().find(place);
    }

    @Override
    public Counts counts(ResourceKey pipeline) {
        return box(pipeline).letters().counts();
    }

    @Override
    public LetterJob start(ResourceKey pipeline, LetterJob.Action action, LetterFilter filter) {
        Box box = box(pipeline);
        LetterJob started = box.letters().start(ids.next(), action, filter);
        box.jobs().wake();
        return started;
    }

    @Override
    public List<LetterJob> jobs(ResourceKey pipeline) {
        Box box = box(pipeline);
        box.letters().load();
        return box.letters().jobs();
    }

    @Override
    public LetterJob cancel(ResourceKey pipeline, String id) {
        Box box = box(pipeline);
        box.letters().load();
        LetterJob job =
                box.letters()
                        .job(id)
                        .orElseThrow(() ->
                                MillraceException.notFound(
                                        "there is no job '%s' on the dead letters of %s"
                                                .formatted(id, pipeline)));
        if (!job.hasEnded()) {
            box.jobs().cancel(id);
        }
        return job;
    }

    /** Lets each job finish the batch it is at. Idempotent. */
    @Override
    public void close() {
        List<Box> all;
        synchronized (this) {
            isClosed = true;
            all = List.copyOf(boxes.values());
        }
        all.forEach(box -> box.jobs().close());
        long end = time.nanoTime() + CLOSE_PATIENCE.toNanos();
        try {
            for (Box box : all) {
                long left = Math.max(1, end - time.nanoTime());
                box.jobs().awaitEnd(Duration.ofNanos(left));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
