package io.millrace.app;

import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.codec.archive.ArchivedFile;
import io.millrace.control.RunModels;
import io.millrace.control.TrainingPorts;
import io.millrace.process.EnvironmentSettings;
import io.millrace.spi.BlobStore;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.store.ResourceStore;
import io.millrace.training.StoredSamples;
import io.millrace.training.judge.HeldBackJudge;
import io.millrace.training.run.TrainerProcesses;
import io.millrace.training.run.TrainerSettings;
import io.millrace.training.samples.ControlTopics;
import io.millrace.training.samples.DatasetChecks;
import io.millrace.training.samples.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** All that trains models: from what senders announce and the samples in the log to the results. */
final class TrainingParts implements AutoCloseable {
    /** What was taken is not given again, also after a restart. */
    private static final String GROUP = "millrace.control-topics";

    private final ExecutorService looks = Executors.newVirtualThreadPerTaskExecutor();
    private final Samples samples;
    private final TrainerProcesses trainers;
    private final DatasetChecks datasets;
    private final ControlTopics announcements;
    private final HeldBackJudge judge;
    private final BlobStore blobs;

    /**
     * Puts them together.
     *
     * @param folder of runs and samples
     * @param environments where the Pythons of trainers are built
     * @param models that answer held-back samples
     * @param blobs where versions are kept
     */
    TrainingParts(
            Path folder,
            EnvironmentSettings environments,
            ServerConfig.TrainingSettings settings,
            ModelServing models,
            BlobStore blobs,
            StreamLog log,
            ResourceStore store,
            Meters meters,
            TimeSource time,
            IdSource ids) {
        samples = new Samples(folder.resolve("samples"), log, time, ids, meters);
        var stored = new StoredSamples(samples, log, folder.resolve("live"), time, meters);
        trainers =
                new TrainerProcesses(
                        TrainerSettings.of(folder.resolve("trainers"), environments)
                                .withSlots(settings.workers())
                                .withConfinement(settings.confinement()),
                        stored,
                        time);
        datasets = new DatasetChecks(log, samples, time, looks);
        announcements = new ControlTopics(log, () -> projects(store), GROUP, meters, time);
        judge = new HeldBackJudge(samples, models);
        this.blobs = blobs;
    }

    private static List<ProjectId> projects(ResourceStore store) {
        return store.image().all(Kind.PROJECT).stream()
                .map(project -> new ProjectId(project.key().name().value()))
                .toList();
    }

    /** Removes what the process before did not finish. Control begins the rest. */
    void start() {
        samples.start();
    }

    TrainingPorts ports() {
        return new TrainingPorts(
                trainers,
                datasets,
                announcements,
                RunModels.of(trainers, blobs, TrainingParts::packed),
                judge);
    }

    /** Versions of models are archives. */
    private static InputStream packed(Path file, Format format) throws IOException {
        InputStream content = Files.newInputStream(file);
        return format == Format.SAVED_MODEL ? content : new ArchivedFile(format.file(), content);
    }

    TrainingResults results() {
        return trainers;
    }

    /** Hears of nothing new first; trainers end with what their last checkpoints hold. */
    @Override
    public void close() {
        announcements.close();
        judge.close();
        trainers.close();
        looks.shutdownNow();
    }
}
