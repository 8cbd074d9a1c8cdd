package io.millrace.training.run;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.codec.json.JsonMap;
import io.millrace.process.Folders;
import io.millrace.process.VirtualEnvironment;
import io.millrace.spi.DefinitionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the models of definitions, one after another, apart from the runs. None waits for the
 * environment of another, which may take minutes.
 */
final class DefinitionChecks implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DefinitionChecks.class);
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofSeconds(10);

    /** So many environments are made ready at a time. */
    private static final int BUILDERS = 2;

    private final TrainerLauncher launcher;
    private final TrainerSettings settings;
    private final Map<ResourceKey, Check> checks = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final ScheduledExecutorService worker =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("definition-checks").factory());
    private final ExecutorService builders =
            Executors.newFixedThreadPool(
                    BUILDERS,
                    Thread.ofPlatform().daemon().name("definition-environments-", 0).factory());

    DefinitionChecks(TrainerLauncher launcher, TrainerSettings settings) {
        this.launcher = launcher;
        this.settings = settings;
    }

    /** Checks a definition; when that is under way already, only who is told changes. */
    void check(ResourceKey key, ModelDefinitionSpec spec, Runnable changed) {
        Check made = new Check(key, spec, changed);
        Check now =
                checks.compute(
                        key,
                        (_, before) -> {
                            if (before == null || !before.spec.equals(spec)) {
                                return made;
                            }
                            before.changed = changed;
                            return before;
                        });
        if (now == made) {
            builders.execute(made);
        }
    }

    Optional<DefinitionState> state(ResourceKey key) {
        return Optional.ofNullable(checks.get(key)).map(check -> check.state);
    }

    void forget(ResourceKey key) {
        checks.remove(key);
    }

    @Override
    public void close() {
        builders.shutdownNow();
        worker.shutdownNow();
    }

    /** What a step of a check does. */
    @FunctionalInterface
    private interface Step {
        void take() throws IOException, InterruptedException;
    }

    private final class Check implements Runnable {
        private final ResourceKey key;
        private final ModelDefinitionSpec spec;
        private volatile Runnable changed;
        private volatile DefinitionState state =
                new DefinitionState.Checking("it waits to be checked");

        Check(ResourceKey key, ModelDefinitionSpec spec, Runnable changed) {
            this.key = key;
            this.spec = spec;
            this.changed = changed;
        }

        @Override
        public void run() {
            attempt(() -> {
                enter(new DefinitionState.Checking("its environment is being made ready"));
                VirtualEnvironment environment = launcher.environment(spec);
                if (!worker.isShutdown()) {
                    worker.execute(() -> attempt(() -> buildIn(environment)));
                }
            });
        }

        private void buildIn(VirtualEnvironment environment)
                throws IOException, InterruptedException {
            enter(new DefinitionState.Checking("its model is being built"));
            enter(outcome(environment));
        }

        private void attempt(Step step) {
            if (checks.get(key) != this) {
                return; // there is a newer one, or none any more
            }
            try {
                step.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (MillraceException e) {
                if (e.code().isTransient()) {
                    again(e.text());
                } else {
                    enter(new DefinitionState.Invalid(e.text()));
                }
            } catch (IOException | RuntimeException e) {
                log.error("{} could not be checked", key, e);
                again("the server could not check it: " + e);
            }
        }

        private void again(String why) {
            enter(new DefinitionState.Unknown(why));
            if (!worker.isShutdown()) {
                var _ =
                        worker.schedule(
                                () -> builders.execute(this),
                                RETRY.toMillis(),
                                TimeUnit.MILLISECONDS);
            }
        }

        private void enter(DefinitionState next) {
            state = next;
            if (checks.get(key) == this) {
                changed.run();
            }
        }

        private DefinitionState outcome(VirtualEnvironment environment)
                throws IOException, InterruptedException {
            Path folder = launcher.checkFolder(numbers.incrementAndGet());
            try {
                Path job = folder.resolve("job.json");
                Files.writeString(job, TrainerJob.check(spec, settings));
                Findings findings = new Findings();
                var launch =
                        new TrainerLauncher.Launch(
                                folder,
                                job,
                                new OutputLog(folder.resolve("output.log")),
                                settings.checkMemory(),
                                TrainerJob.LOADING.plus(settings.checkLimit()).plus(GRACE),
                                new TrainerProcess.End(
                                        "Timeout",
                                        "the code did not end within " + settings.checkLimit()));
                TrainerProcess process = launcher.launch(launch, environment, findings);
                try {
                    return findings.state(process.await(), process);
                } finally {
                    process.kill(new TrainerProcess.End("Closed", "the check is over"));
                    launcher.forget(process);
                }
            } finally {
                Folders.delete(folder);
            }
        }
    }

    /** What a trainer finds out about a definition. */
    private static final class Findings implements TrainerProcess.Listener {
        private final List<String> notices = new ArrayList<>();
        private @Nullable String summary;
        private boolean isLoaded;
        private TrainerProcess.@Nullable End failure;

        @Override
        public synchronized void reported(JsonMap event, String line) {
            switch (event.text("event")) {
                case "notice" -> notices.add(event.text("text"));
                case "loaded" -> isLoaded = true;
                case "checked" -> summary = event.text("summary");
                case "failed" ->
                        failure = new TrainerProcess.End(event.text("reason"), event.text("text"));
                default -> {}
            }
        }

        synchronized DefinitionState state(
                TrainerProcess.@Nullable End killed, TrainerProcess process) {
            TrainerProcess.End end = killed == null ? failure : killed;
            if (end == null && summary != null) {
                return new DefinitionState.Valid(summary, String.join("; ", notices));
            }
            if (end == null) {
                return new DefinitionState.Invalid(
                        "the process that built its model died: " + process.exit());
            }
            if (end.reason().equals("Timeout") && !isLoaded) {
                // No fault of the code, which has not been looked at.
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "its libraries did not load within " + TrainerJob.LOADING);
            }
            return failed(end);
        }
    }

    /**
     * What the end of a check says of the definition.
     *
     * @throws MillraceException {@code INTERNAL} when it says nothing and another check may
     */
    static DefinitionState failed(TrainerProcess.End end) {
        return switch (end.reason()) {
            case "Internal" -> throw MillraceException.internal(end.text(), null);
            case "Closed", "NoConfinement" -> new DefinitionState.Unknown(end.text());
            default -> new DefinitionState.Invalid(end.text());
        };
    }
}
