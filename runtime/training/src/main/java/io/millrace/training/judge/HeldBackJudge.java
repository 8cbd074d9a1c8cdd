package io.millrace.training.judge;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.CallRecords;
import io.millrace.spi.ModelServing;
import io.millrace.spi.VersionJudge;
import io.millrace.training.samples.LayingProgress;
import io.millrace.training.samples.SampleSet;
import io.millrace.training.samples.Samples;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has versions answer test samples through the data plane that answers everybody: what is judged is
 * what would serve, whatever made it. One trial after another, on a thread of its own.
 */
public final class HeldBackJudge implements VersionJudge, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HeldBackJudge.class);
    private static final int MOST_ITEMS = 64;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Samples samples;
    private final ModelServing models;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("judging").factory());
    private final Map<ResourceKey, Job> jobs = new ConcurrentHashMap<>();

    /** A trial under way or done. Its fields are guarded by itself. */
    private static final class Job {
        private final Trial trial;
        private @Nullable Future<?> work;
        private @Nullable Verdict verdict;

        Job(Trial trial) {
            this.trial = trial;
        }
    }

    /**
     * Starts nothing yet.
     *
     * @param samples where the samples of datasets are laid down
     * @param models who answers
     */
    public HeldBackJudge(Samples samples, ModelServing models) {
        this.samples = samples;
        this.models = models;
    }

    @Override
    public void judge(ResourceKey owner, Trial trial, Runnable changed) {
        Job known = jobs.get(owner);
        if (known != null && known.trial.equals(trial)) {
            return;
        }
        remove(owner);
        var job = new Job(trial);
        jobs.put(owner, job);
        try {
            synchronized (job) {
                job.work = thread.submit(() -> work(owner, job, changed));
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is not judged: the server stops", trial.model(), e);
        }
    }

    private void work(ResourceKey owner, Job job, Runnable changed) {
        Verdict verdict;
        try {
            verdict = verdict(owner, job.trial);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (MillraceException e) {
            verdict = new Failed(e.text(), e.code().isTransient());
        } catch (IOException | RuntimeException e) {
            // The supervisor of this work: without a verdict who asked would wait for ever.
            LOG.error("{} could not be judged", job.trial.model(), e);
            verdict = new Failed("a defect of Millrace: " + e, false);
        }
        synchronized (job) {
            job.verdict = verdict;
        }
        changed.run();
    }

    private Verdict verdict(ResourceKey owner, Trial trial)
            throws InterruptedException, IOException {
        String asker = "judge/" + owner;
        try {
            SampleSet set =
                    samples.lay(List.of(asker), trial.dataset(), false, LayingProgress.NONE);
            if (set.test() == 0) {
                return new Failed("the dataset holds back no test samples", false);
            }
            try (var heldBack = HeldBackSamples.open(set)) {
                return judge(trial, heldBack);
            }
        } finally {
            samples.release(asker);
        }
    }

    private Verdict judge(Trial trial, HeldBackSamples heldBack) throws InterruptedException {
        var scores = new HashMap<Integer, Double>();
        var refusals = new HashMap<Integer, String>();
        for (int version : trial.versions()) {
            try {
                scores.put(version, score(trial, version, heldBack));
            } catch (MillraceException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("the verdict is not wanted any more");
                }
                switch (e.code()) {
                    case UNAVAILABLE, OVERLOADED, TIMEOUT ->
                            throw new MillraceException(
                                    e.code(),
                                    "version %d cannot answer now: %s".formatted(version, e.text()),
                                    e);
                    default -> refusals.put(version, e.text());
                }
            }
        }
        return new Judged(scores, refusals, heldBack.count());
    }

    private double score(Trial trial, int version, HeldBackSamples heldBack) {
        ResourceKey model = trial.model();
        var reference = new VersionRef.Numbered(version);
        Signature signature =
                signature(models.describe(model.project(), model.name(), reference).signatures());
        if (signature.inputs().size() != 1 || signature.outputs().isEmpty()) {
            throw MillraceException.invalid(
                    "it takes %d inputs and gives %d outputs; expected one input"
                            .formatted(signature.inputs().size(), signature.outputs().size()));
        }
        TensorSpec input = signature.inputs().getFirst();
        int items = items(input.shape());
        var score = new Score(trial.metric(), heldBack);
        for (long from = 0; from < heldBack.count(); from += items) {
            int some = (int) Math.min(items, heldBack.count() - from);
            int given = isFixed(input.shape()) ? items : some;
            List<Tensor> outputs =
                    models.infer(
                                    new ModelServing.Call(
                                            model.project(),
                                            model.name(),
                                            reference,
                                            signature.name(),
                                            List.of(heldBack.inputs(input, from, given)),
                                            PATIENCE,
                                            "",
                                            CallRecords.TRIAL))
                            .outputs();
            score.add(outputs.getFirst(), from, some);
        }
        return score.value();
    }

    private static Signature signature(List<Signature> signatures) {
        return signatures.stream()
                .filter(each -> each.name().equals(Signature.DEFAULT))
                .findFirst()
                .or(() -> signatures.stream().findFirst())
                .orElseThrow(() -> MillraceException.invalid("it has no signature"));
    }

    private static boolean isFixed(Shape shape) {
        return shape.rank() > 0 && shape.extent(0) != Shape.ANY;
    }

    private static int items(Shape shape) {
        return isFixed(shape) ? Math.toIntExact(shape.extent(0)) : MOST_ITEMS;
    }

    @Override
    public Optional<Verdict> observe(ResourceKey owner, Trial trial) {
        Job job = jobs.get(owner);
        if (job == null || !job.trial.equals(trial)) {
            return Optional.empty();
        }
        synchronized (job) {
            return Optional.ofNullable(job.verdict);
        }
    }

    @Override
    public void remove(ResourceKey owner) {
        Job job = jobs.remove(owner);
        if (job != null) {
            synchronized (job) {
                if (job.work != null) {
                    job.work.cancel(true);
                }
            }
        }
    }

    /** Ends what is under way. Idempotent. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
