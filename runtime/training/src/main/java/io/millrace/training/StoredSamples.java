package io.millrace.training;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TrainingPlan;
import io.millrace.training.run.LivePiece;
import io.millrace.training.run.RunSamples;
import io.millrace.training.run.SampleStore;
import io.millrace.training.samples.DatasetChecks;
import io.millrace.training.samples.SampleSet;
import io.millrace.training.samples.SampleStream;
import io.millrace.training.samples.Samples;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Gives runs the samples of the log. A record that cannot be decoded ends a run, with its place.
 */
public final class StoredSamples implements SampleStore {

    /** The most records of one piece of a live stream. */
    private static final int MOST_OF_A_PIECE = 2_000;

    private final Samples samples;
    private final StreamLog log;
    private final Path live;
    private final TimeSource time;
    private final Meters meters;

    /**
     * Samples for runs.
     *
     * @param live folder for pieces of live streams; belongs to this alone
     */
    public StoredSamples(
            Samples samples, StreamLog log, Path live, TimeSource time, Meters meters) {
        this.samples = samples;
        this.log = log;
        this.live = live;
        this.time = time;
        this.meters = meters;
    }

    @Override
    public RunSamples prepare(TrainingPlan plan, Consumer<String> progress)
            throws InterruptedException {
        ResourceKey dataset =
                ResourceKey.of(Kind.DATASET, plan.run().project(), plan.spec().dataset());
        requireReadable(plan);
        String run = owner(plan);
        Optional<SampleSet> kept = samples.kept(run, plan.dataset());
        SampleSet laid =
                kept.isPresent()
                        ? kept.get()
                        : samples.lay(
                                List.of(run, DatasetChecks.owner(dataset)),
                                plan.dataset(),
                                false,
                                (records, expected) ->
                                        progress.accept(
                                                "%d of %d records are laid down as samples"
                                                        .formatted(records, expected)));
        return new RunSamples(
                laid.folder(),
                laid.dataset(),
                laid.train(),
                laid.validation(),
                laid.test(),
                laid.unlabelled(),
                laid.classes(),
                lineage(laid),
                List.of());
    }

    @Override
    public void release(TrainingPlan plan) {
        samples.release(owner(plan));
    }

    /**
     * A run keeps what it began with: another one of the same dataset may have more, when its
     * ranges have no end.
     */
    private static String owner(TrainingPlan plan) {
        return "run/" + plan.uid();
    }

    /** Also where nobody has looked at the dataset before: a run is read for as its project. */
    private static void requireReadable(TrainingPlan plan) {
        Stream.concat(plan.dataset().ranges().stream(), plan.dataset().unlabelled().stream())
                .map(range -> ReservedTopics.readingProblem(plan.run().project(), range.topic()))
                .flatMap(Optional::stream)
                .findFirst()
                .ifPresent(problem -> {
                    throw new MillraceException(ErrorCode.DENIED, problem);
                });
    }

    private static Map<String, String> lineage(SampleSet laid) {
        var lineage = new LinkedHashMap<String, String>();
        lineage.put("samples", laid.key());
        lineage.put(
                "ranges",
                String.join(", ", laid.dataset().ranges().stream().map(Object::toString).toList()));
        lineage.put("split", laid.order().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        lineage.put("laid down in", laid.millis() + " ms");
        return lineage;
    }

    @Override
    public LiveSamples follow(TrainingPlan plan, String position) {
        requireReadable(plan);
        var stream =
                SampleStream.follow(
                        log,
                        plan.dataset(),
                        live.resolve(plan.uid()),
                        time,
                        meters,
                        MOST_OF_A_PIECE,
                        position);
        return new LiveSamples() {
            @Override
            public Optional<LivePiece> next(Duration patience) throws InterruptedException {
                return stream.next(patience)
                        .map(piece ->
                                new LivePiece(piece.folder(), piece.samples(), piece.position()));
            }

            @Override
            public Optional<DatasetSpec> dataset() {
                return stream.dataset();
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }
}
