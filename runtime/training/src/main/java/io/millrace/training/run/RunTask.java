package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.codec.ResourceWriter;
import io.millrace.process.Folders;
import io.millrace.process.VirtualEnvironment;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a run to its end: environment, samples, then trainers, one after another when they are
 * killed, each going on where the last one left its checkpoint.
 */
final class RunTask implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(RunTask.class);
    private static final int SAMPLE_ATTEMPTS = 5;

    /** More than a server runs, and less than overflows in nanoseconds. */
    private static final Duration ENDLESS = Duration.ofDays(36_500);

    private final Run run;
    private final SampleStore store;
    private final TrainerLauncher launcher;
    private final TrainerSettings settings;
    private final TimeSource time;

    RunTask(
            Run run,
            SampleStore store,
            TrainerLauncher launcher,
            TrainerSettings settings,
            TimeSource time) {
        this.run = run;
        this.store = store;
        this.launcher = launcher;
        this.settings = settings;
        this.time = time;
    }

    @Override
    public void run() {
        if (!run.begin()) {
            return;
        }
        try {
            train();
        } catch (InterruptedException | ClosedByInterruptException e) {
            interrupted();
        } catch (MillraceException e) {
            failed(reasonOf(e), e.text());
        } catch (IOException | RuntimeException e) {
            log.error("{} failed", run.plan().run(), e);
            failed("Internal", "the server could not go on: " + e);
        } finally {
            if (run.record().state().phase().isEnd()) {
                store.release(run.plan());
            }
            run.end();
        }
    }

    /** Somebody stopped it before there was a trainer, or nobody wants it any more. */
    private void interrupted() {
        var _ = Thread.interrupted(); // or its end could not be written
        if (!run.isAbandoned()) {
            run.stoppedBeforeItBegan();
        }
    }

    private void failed(String reason, String message) {
        if (!run.isAbandoned()) {
            run.enter(Phase.FAILED, reason, message);
        }
    }

    private static String reasonOf(MillraceException e) {
        return switch (e.code()) {
            case INVALID, UNSUPPORTED, NOT_FOUND, TOO_LARGE, DENIED -> "InvalidSamples";
            case UNAVAILABLE, OVERLOADED, TIMEOUT -> "Unavailable";
            case USER_CODE -> "UserCode";
            default -> "Internal";
        };
    }

    private void train() throws IOException, InterruptedException {
        if (run.isStopped() && !run.folder().hasCheckpoint()) {
            throw new InterruptedException();
        }
        TrainingPlan plan = run.plan();
        run.enter(Phase.PREPARING, "Environment", "its environment is being made ready");
        VirtualEnvironment environment;
        try {
            environment = launcher.environment(plan.definition());
        } catch (MillraceException e) {
            failed("EnvironmentFailed", e.text());
            return;
        }
        Optional<RunSamples> samples =
                plan.spec().online().isPresent() ? Optional.empty() : Optional.of(samples());
        sayLineage(environment);
        Files.createDirectories(run.folder().trainer());
        if (samples.isEmpty()) {
            Files.createDirectories(run.folder().piece());
        }
        run.folder()
                .saveJob(
                        samples.isPresent()
                                ? TrainerJob.train(plan, samples.get(), settings)
                                : TrainerJob.online(plan, run.folder().piece(), settings));
        int fruitless = 0;
        while (true) {
            RunAttempt attempt = attempt(environment);
            if (run.isAbandoned()) {
                return;
            }
            if (attempt.conclude()) {
                cleanUp();
                return;
            }
            fruitless = attempt.hasProgress() ? 0 : fruitless + 1;
            if (fruitless >= settings.attempts()) {
                failed(
                        "TrainerKilled",
                        "%d trainers in a row ended without progress; the last time %s. %s"
                                .formatted(
                                        fruitless, attempt.exit(), "What it printed may say why"));
                return;
            }
            log.warn("A trainer of {} ended: {}", plan.run(), attempt.exit());
            launcher.pause(settings.backoff().multipliedBy(1L << fruitless));
        }
    }

    /** What is left over changes nothing about how the run ended. */
    private void cleanUp() {
        try {
            Folders.delete(run.folder().trainer());
            Folders.delete(run.folder().piece());
        } catch (IOException e) {
            log.warn("What the trainer of {} left could not be removed", run.plan().run(), e);
        }
    }

    private RunSamples samples() throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                run.enter(Phase.PREPARING, "Samples", "its samples are read from the log");
                RunSamples samples =
                        store.prepare(
                                run.plan(), words -> run.enter(Phase.PREPARING, "Samples", words));
                sayDataset(samples.dataset());
                saySamples(samples);
                return samples;
            } catch (MillraceException e) {
                if (!e.code().isTransient() || attempt == SAMPLE_ATTEMPTS) {
                    throw e;
                }
                log.warn("No samples for {} yet: {}", run.plan().run(), e.text());
                launcher.pause(settings.backoff().multipliedBy(1L << attempt));
            }
        }
    }

    /** As it was found: declarations may leave to the samples what they are like. */
    private void sayDataset(DatasetSpec found) {
        run.report(
                Map.of(
                        "event",
                        "run.dataset",
                        "spec",
                        ResourceWriter.specJson(Kind.DATASET, found)));
    }

    private void saySamples(RunSamples samples) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("event", "run.samples");
        event.put("train", samples.train());
        event.put("validation", samples.validation());
        event.put("test", samples.test());
        event.put("unlabelled", samples.unlabelled());
        event.put("lineage", samples.lineage());
        event.put("notices", samples.notices());
        run.report(event);
    }

    private void sayLineage(VirtualEnvironment environment) {
        TrainingPlan plan = run.plan();
        Map<String, String> values = new LinkedHashMap<>();
        values.put("definition", plan.spec().definition().value());
        values.put("definition generation", Long.toString(plan.definitionGeneration()));
        values.put("dataset", plan.spec().dataset().value());
        values.put("dataset generation", Long.toString(plan.datasetGeneration()));
        values.put("ranges", String.join(",", texts(plan.dataset().ranges())));
        if (!plan.dataset().unlabelled().isEmpty()) {
            values.put("unlabelled ranges", String.join(",", texts(plan.dataset().unlabelled())));
        }
        values.put("split seed", Long.toString(plan.dataset().split().seed()));
        // Its name says the interpreter and all that is installed.
        values.put("environment", String.valueOf(environment.home().getFileName()));
        values.put("seed", Long.toString(plan.spec().settings().seed()));
        run.report(Map.of("event", "run.lineage", "values", values));
    }

    private static Iterable<String> texts(java.util.List<io.millrace.api.TopicRange> ranges) {
        return ranges.stream().map(io.millrace.api.TopicRange::toString).toList();
    }

    private RunAttempt attempt(VirtualEnvironment environment)
            throws IOException, InterruptedException {
        Duration spent = run.record().elapsed(time.epochMillis());
        Duration limit = limit(run.plan().spec());
        RunAttempt attempt = new RunAttempt(run, feed());
        var launch =
                new TrainerLauncher.Launch(
                        run.folder().trainer(),
                        run.folder().job(),
                        new OutputLog(run.folder().output()),
                        run.plan().spec().settings().memory(),
                        limit.minus(spent),
                        new TrainerProcess.End(
                                "Timeout", "it took longer than its limit of " + limit));
        run.report(Map.of("event", "run.attempt"));
        TrainerProcess process = launcher.launch(launch, environment, attempt);
        try {
            run.workedOnBy(process, settings.stopLimit());
            attempt.await(process);
            return attempt;
        } finally {
            process.kill(new TrainerProcess.End("Closed", "the server was interrupted"));
            launcher.forget(process);
            run.workedOnBy(null, settings.stopLimit());
            run.report(Map.of("event", "run.attempt-ended"));
        }
    }

    /** A stream that only its user ends has no limit, unless somebody has set one. */
    static Duration limit(TrainingRunSpec spec) {
        Duration said = spec.settings().timeout();
        boolean isEndless = spec.online().filter(online -> online.idle().isEmpty()).isPresent();
        return isEndless && said.equals(TrainingSettings.DEFAULT_TIMEOUT) ? ENDLESS : said;
    }

    private @Nullable LiveFeed feed() {
        return run.plan()
                .spec()
                .online()
                .map(online ->
                        new LiveFeed(
                                () -> store.follow(run.plan(), run.position()),
                                online.idle(),
                                run.folder().piece(),
                                this::sayDataset))
                .orElse(null);
    }
}
