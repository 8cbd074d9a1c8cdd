package io.millrace.training.run;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.EnvironmentCatalog;
import io.millrace.process.Folders;
import io.millrace.process.ProcessFamily;
import io.millrace.process.PythonKit;
import io.millrace.process.VirtualEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts trainers and watches what they use. */
final class TrainerLauncher implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TrainerLauncher.class);
    private static final long PERIOD_MILLIS = 100;
    private static final int BUILD_ATTEMPTS = 3;
    private static final Duration BETWEEN_BUILDS = Duration.ofSeconds(10);

    private final TrainerSettings settings;
    private final TimeSource time;
    private final EnvironmentBuilder environments;
    private final Set<TrainerProcess> processes = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("trainer-watch").factory());

    /**
     * Trainers die with the thread that started them (Linux ties the signal to it), so all are
     * started by one that lives as long as this.
     */
    private final ExecutorService spawner =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("trainer-spawner").factory());

    private boolean isWatching;
    private boolean isClosed;
    private @Nullable PythonKit kit;

    TrainerLauncher(TrainerSettings settings, TimeSource time) {
        this.settings = settings;
        this.time = time;
        this.environments = new EnvironmentBuilder(settings.environments());
    }

    /**
     * What a process is started with.
     *
     * @param folder which belongs to it
     * @param job the file that says what it does; code of users must not be able to change it
     * @param output where what it prints goes
     * @param memory the most it may hold
     * @param limit the longest it may take
     * @param overdue what is said when it takes longer
     */
    record Launch(
            Path folder,
            Path job,
            OutputLog output,
            io.millrace.api.DataSize memory,
            Duration limit,
            TrainerProcess.End overdue) {}

    /** The environment of a definition; builds it when it is not there, which takes minutes. */
    VirtualEnvironment environment(ModelDefinitionSpec definition)
            throws IOException, InterruptedException {
        String name =
                switch (definition.library()) {
                    case KERAS -> "tensorflow-python";
                    case PYTORCH -> "pytorch-python";
                };
        var recipe = EnvironmentCatalog.recipe(name, definition.requirements());
        for (int attempt = 1; ; attempt++) {
            try {
                return environments.build(recipe);
            } catch (MillraceException e) {
                if (!e.code().isTransient() || attempt == BUILD_ATTEMPTS) {
                    throw e;
                }
                log.warn("Environment {} could not be built: {}", name, e.text());
                pause(BETWEEN_BUILDS);
            }
        }
    }

    /** Waits; ends early, as waiting does, when the thread is interrupted. */
    void pause(Duration duration) throws InterruptedException {
        time.pause(duration);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Starts a process. It runs foreign code from here on. */
    TrainerProcess launch(
            Launch launch, VirtualEnvironment environment, TrainerProcess.Listener listener)
            throws IOException, InterruptedException {
        List<String> command =
                List.of(
                        environment.python().toString(),
                        "-I",
                        kit().main().toString(),
                        launch.folder().toString(),
                        launch.job().toString());
        ProcessBuilder builder = new ProcessBuilder(command).directory(launch.folder().toFile());
        builder.environment().keySet().retainAll(Set.of("TZ"));
        builder.environment().put("PATH", environment.bin() + ":/usr/local/bin:/usr/bin:/bin");
        builder.environment().put("LANG", "C.UTF-8");
        TrainerProcess process =
                new TrainerProcess(
                        spawn(builder),
                        launch.output(),
                        listener,
                        launch.memory(),
                        launch.limit(),
                        launch.overdue(),
                        time);
        add(process);
        process.start();
        return process;
    }

    /** Nothing is to be looked at any more. */
    void forget(TrainerProcess process) {
        processes.remove(process);
    }

    private synchronized void add(TrainerProcess process) {
        if (isClosed) {
            process.kill(new TrainerProcess.End("Closed", "the server is being stopped"));
        }
        processes.add(process);
        if (!isWatching && !isClosed) {
            isWatching = true;
            var _ =
                    watch.scheduleWithFixedDelay(
                            this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        for (TrainerProcess process : processes) {
            try {
                process.look();
            } catch (RuntimeException e) {
                // A watch that ends silently would leave every limit unguarded.
                log.error("Looking at trainer {} failed", process.handle().pid(), e);
            }
        }
    }

    /** Starts one; when nobody waits for it any more it is ended as soon as it is there. */
    Process spawn(ProcessBuilder builder) throws IOException, InterruptedException {
        var started = new CompletableFuture<Process>();
        try {
            spawner.execute(() -> start(builder, started));
            return started.get();
        } catch (InterruptedException e) {
            var _ = started.thenAccept(ProcessFamily::kill);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw MillraceException.internal("a trainer could not be started", e.getCause());
        } catch (java.util.concurrent.RejectedExecutionException e) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the server is being stopped", e);
        }
    }

    private static void start(ProcessBuilder builder, CompletableFuture<Process> started) {
        try {
            started.complete(builder.start());
        } catch (IOException | RuntimeException e) {
            started.completeExceptionally(e);
        }
    }

    private synchronized PythonKit kit() throws IOException {
        if (kit == null) {
            kit = TrainerKit.unpack(Folders.createPrivate(settings.work()).resolve("kit"));
        }
        return kit;
    }

    /** A folder for one check, empty. */
    Path checkFolder(long number) throws IOException {
        Path folder = settings.work().resolve("checks").resolve(Long.toString(number));
        Folders.delete(folder);
        Files.createDirectories(folder.getParent());
        return Folders.createPrivate(folder);
    }

    /** Ends all trainers. */
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
        }
        processes.forEach(process ->
                process.kill(new TrainerProcess.End("Closed", "the server is being stopped")));
        watch.shutdownNow();
        spawner.shutdown();
    }
}
