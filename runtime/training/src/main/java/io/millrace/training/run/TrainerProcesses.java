package io.millrace.training.run;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.process.Folders;
import io.millrace.process.ProcessFamily;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains in processes of its own, so many runs at a time as there are slots, the others in the
 * order in which they came.
 *
 * <p>The constructor does no I/O; what earlier servers left is looked for when something is asked
 * first. Closing it ends all trainers; their runs go on with the next server.
 */
public final class TrainerProcesses implements TrainingHost, TrainingResults {

    private static final Logger log = LoggerFactory.getLogger(TrainerProcesses.class);
    private static final Duration CLOSING = Duration.ofSeconds(10);

    private final TrainerSettings settings;
    private final SampleStore store;
    private final TimeSource time;
    private final TrainerLauncher launcher;
    private final DefinitionChecks checks;
    private final ExecutorService workers;
    private final Map<ResourceKey, Run> runs = new HashMap<>();
    private boolean isOpen;
    private boolean isClosed;

    /**
     * Starts nothing yet.
     *
     * @param store where samples come from; its owner closes it
     */
    public TrainerProcesses(TrainerSettings settings, SampleStore store, TimeSource time) {
        this.settings = settings;
        this.store = store;
        this.time = time;
        this.launcher = new TrainerLauncher(settings, time);
        this.checks = new DefinitionChecks(launcher, settings);
        this.workers =
                Executors.newFixedThreadPool(
                        settings.slots(),
                        Thread.ofPlatform().daemon().name("training-", 0).factory());
    }

    @Override
    public void check(ResourceKey definition, ModelDefinitionSpec spec, Runnable changed) {
        checks.check(definition, spec, changed);
    }

    @Override
    public Optional<DefinitionState> definition(ResourceKey definition) {
        return checks.state(definition);
    }

    @Override
    public void forget(ResourceKey definition) {
        checks.forget(definition);
    }

    @Override
    public void train(TrainingPlan plan, Runnable changed) {
        Run run = find(plan);
        run.tell(changed);
        if (run.submit()) {
            workers.execute(new RunTask(run, store, launcher, settings, time));
        }
        if (plan.spec().isStopped()) {
            run.stop(settings.stopLimit());
        }
    }

    private Run find(TrainingPlan plan) {
        Run known = known(plan.run());
        if (known != null && !known.plan().uid().equals(plan.uid())) {
            remove(plan.run()); // of the same name, deleted while nobody looked
        }
        return findOrCreate(plan);
    }

    private synchronized Run findOrCreate(TrainingPlan plan) {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the server is being stopped");
        }
        Run known = runs().get(plan.run());
        if (known != null) {
            return known;
        }
        try {
            RunFolder folder = folder(plan.uid());
            // All that could be read are known: this one could not, and is not to be lost.
            Run made =
                    folder.isComplete()
                            ? Run.unreadable(folder, plan, time)
                            : Run.create(folder, plan, time);
            runs.put(plan.run(), made);
            return made;
        } catch (IOException e) {
            throw MillraceException.internal("a run cannot be kept: " + e, e);
        }
    }

    @Override
    public Optional<TrainingState> observe(ResourceKey run) {
        return Optional.ofNullable(known(run)).map(known -> known.record().state());
    }

    @Override
    public void remove(ResourceKey run) {
        Run gone;
        synchronized (this) {
            gone = runs().remove(run);
        }
        if (gone != null) {
            end(gone);
        }
    }

    private void end(Run run) {
        run.abandon();
        try {
            run.awaitIdle();
            run.close();
            store.release(run.plan());
            Folders.delete(run.folder().home());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            log.warn("What {} left could not be removed", run.plan().run(), e);
        }
    }

    @Override
    public Optional<RunReport> report(ResourceKey run) {
        return Optional.ofNullable(known(run)).map(known -> known.record().report());
    }

    @Override
    public AutoCloseable follow(ResourceKey run, Consumer<RunEvent> listener) {
        return Follower.start(existing(run).record(), listener);
    }

    @Override
    public Path model(ResourceKey run, Format format) {
        Run existing = existing(run);
        RunRecord record = existing.record();
        Path file = existing.folder().model(record.modelVersion()).resolve(format.file());
        if (record.modelVersion() > 0 && Files.isRegularFile(file)) {
            return file;
        }
        TrainingState state = record.state();
        if (record.modelVersion() == 0) {
            throw MillraceException.notFound(
                    "%s has no model: it is %s (%s)"
                            .formatted(
                                    run.label(),
                                    state.phase().name().toLowerCase(java.util.Locale.ROOT),
                                    state.message()));
        }
        String why =
                record.notices().stream()
                        .filter(notice -> notice.contains("as " + format.label() + ":"))
                        .findFirst()
                        .map(notice -> ": " + notice)
                        .orElse("; there are " + labels(record.report().formats()));
        throw MillraceException.notFound(
                "%s has no model in the format %s%s".formatted(run.label(), format.label(), why));
    }

    private static String labels(List<Format> formats) {
        return String.join(", ", formats.stream().map(Format::label).toList());
    }

    @Override
    public String output(ResourceKey run) {
        try {
            return new OutputLog(existing(run).folder().output()).tail();
        } catch (IOException e) {
            throw MillraceException.internal("what a trainer printed cannot be read: " + e, e);
        }
    }

    @Override
    public void close() {
        List<Run> all;
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            all = List.copyOf(runs.values());
        }
        checks.close();
        all.forEach(Run::abandon);
        launcher.close();
        workers.shutdownNow();
        try {
            if (!workers.awaitTermination(
                    CLOSING.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)) {
                log.warn("Some runs did not end in time; their trainers are gone");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        all.forEach(Run::close);
    }

    private Run existing(ResourceKey key) {
        Run run = known(key);
        if (run == null) {
            throw MillraceException.notFound("there is no " + key.label());
        }
        return run;
    }

    private synchronized @Nullable Run known(ResourceKey key) {
        return runs().get(key);
    }

    private RunFolder folder(String uid) {
        return new RunFolder(settings.work().resolve("runs").resolve(Folders.nameOf(uid)));
    }

    /** Called with the lock held. */
    private Map<ResourceKey, Run> runs() {
        if (!isOpen) {
            try {
                runs.putAll(load());
                isOpen = true;
            } catch (IOException e) {
                throw MillraceException.internal("earlier runs cannot be read: " + e, e);
            }
        }
        return runs;
    }

    private Map<ResourceKey, Run> load() throws IOException {
        Path all = settings.work().resolve("runs");
        Map<ResourceKey, Run> found = new HashMap<>();
        if (!Files.isDirectory(all)) {
            return found;
        }
        try (Stream<Path> folders = Files.list(all)) {
            for (Path home : folders.toList()) {
                RunFolder folder = new RunFolder(home);
                endOrphan(folder);
                if (!folder.isComplete()) {
                    Folders.delete(home); // half of one that a crash left
                    continue;
                }
                load(folder).ifPresent(run -> found.put(run.plan().run(), run));
            }
        }
        return found;
    }

    /** Empty when not even its plan can be read: it is known again when it is asked for. */
    private Optional<Run> load(RunFolder folder) {
        TrainingPlan plan;
        try {
            plan = folder.load();
        } catch (IOException | RuntimeException e) {
            log.error("The run in {} cannot be read; it is left as it is", folder.home(), e);
            return Optional.empty();
        }
        try {
            return Optional.of(Run.load(folder, plan, time));
        } catch (IOException | RuntimeException e) {
            log.error("The journal of {} cannot be read; it is left as it is", plan.run(), e);
            return Optional.of(Run.unreadable(folder, plan, time));
        }
    }

    /** A trainer that outlived its server ends by itself; this makes sure. */
    private static void endOrphan(RunFolder folder) throws IOException {
        if (!Files.exists(folder.process())) {
            return;
        }
        String[] words = Files.readString(folder.process()).strip().split(" ", 2);
        Files.delete(folder.process());
        if (words.length == 2 && isNumber(words[0]) && isNumber(words[1])) {
            long start = Long.parseLong(words[1]);
            ProcessHandle.of(Long.parseLong(words[0]))
                    .filter(process -> Run.startOf(process) == start)
                    .ifPresent(ProcessFamily::kill);
        }
    }

    /** What a crash cut short says nothing of use. */
    private static boolean isNumber(String word) {
        return word.matches("[0-9]{1,18}");
    }
}
