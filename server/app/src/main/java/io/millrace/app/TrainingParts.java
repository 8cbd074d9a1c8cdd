package io.millrace.app;

import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.control.TrainingPorts;
import io.millrace.process.EnvironmentSettings;
import io.millrace.spi.Meters;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TrainingResults;
import io.millrace.store.ResourceStore;
import io.millrace.training.StoredSamples;
import io.millrace.training.run.TrainerProcesses;
import io.millrace.training.run.TrainerSettings;
import io.millrace.training.samples.ControlTopics;
import io.millrace.training.samples.DatasetChecks;
import io.millrace.training.samples.Samples;
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

    /**
     * Puts them together.
     *
     * @param folder of runs and samples
     * @param environments where the Pythons of trainers are built
     */
    TrainingParts(
            Path folder,
            EnvironmentSettings environments,
            ServerConfig.TrainingSettings settings,
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
        return new TrainingPorts(trainers, datasets, announcements);
    }

    TrainingResults results() {
        return trainers;
    }

    /** Hears of nothing new first; trainers end with what their last checkpoints hold. */
    @Override
    public void close() {
        announcements.close();
        trainers.close();
        looks.shutdownNow();
    }
}
