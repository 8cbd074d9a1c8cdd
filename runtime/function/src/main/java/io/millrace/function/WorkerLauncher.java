package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.process.Folders;
import io.millrace.process.PythonKit;
import io.millrace.process.VirtualEnvironment;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.Meters;
import io.millrace.spi.StepLogs;
import io.millrace.spi.TransformerLaunch;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts worker processes and knows what they may see. */
final class WorkerLauncher implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(WorkerLauncher.class);

    /** A socket's path may have 107 bytes; the folder leaves room for the name. */
    private static final int LONGEST_SOCKET_FOLDER = 90;

    private static final String WORKERS = "workers";

    /** The only variables that workers inherit from the server. */
    private static final List<String> INHERITED =
            List.of("TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE");

    /** Variables that say where a worker lives. */
    private static final Set<String> RESERVED = Set.of("PATH", "VIRTUAL_ENV", "HOME", "TMPDIR");

    private final FunctionRuntimeConfig config;
    private final Function<ProjectId, String> inferenceEndpoint;
    private final StepLogs logs;
    private final Meters meters;
    private final TimeSource time;
    private final IdSource ids;
    private final Sandbox sandbox;
    private final AtomicLong sockets = new AtomicLong();
    private final AtomicLong homes = new AtomicLong();

    /**
     * Workers die with the thread that started them (Linux ties the signal to it), so all are
     * started by one that lives as long as the runtime.
     */
    private final ExecutorService spawner =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("function-spawner").factory());

    private @Nullable PythonKit kit;
    private @Nullable Path socketFolder;

    WorkerLauncher(
            FunctionRuntimeConfig config,
            Function<ProjectId, String> inferenceEndpoint,
            StepLogs logs,
            Meters meters,
            TimeSource time,
            IdSource ids,
            Sandbox sandbox) {
        this.config = config;
        this.inferenceEndpoint = inferenceEndpoint;
        this.logs = logs;
        this.meters = meters;
        this.time = time;
        this.ids = ids;
        this.sandbox = sandbox;
    }

    /**
     * A process on its way up.
     *
     * @param process the process
     * @param listener where it will connect
     * @param socket its path
     * @param token by which it is known
     * @param script the function's file
     * @param predictorHost where a transformer finds its model over HTTP
     */
    record Launched(
            WorkerProcess process,
            ServerSocketChannel listener,
            Path socket,
            String token,
            Path script,
            String predictorHost)
            implements AutoCloseable {

        /** Nobody else may connect from here on. Idempotent. */
        @Override
        public void close() {
            try {
                listener.close();
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                log.warn("The socket {} of a worker could not be removed", socket, e);
            }
        }
    }

    /**
     * A folder for one worker, made when it is launched. Each gets its own: one that is replaced
     * may still be ending, and clean up, while its successor runs.
     */
    Path newHome(FunctionLaunch launch) {
        return config.work()
                .resolve(WORKERS)
                .resolve(launch.pipeline().project().value())
                .resolve(launch.pipeline().name().value())
                .resolve(launch.step() + "-" + launch.worker() + "-" + homes.incrementAndGet());
    }

    /** Starts a process. It runs foreign code from here on. */
    Launched launch(FunctionLaunch launch, Path folderOfItsOwn, VirtualEnvironment environment)
            throws IOException, InterruptedException {
        PythonKit own = kit();
        Path home = Folders.createPrivate(folderOfItsOwn);
        Path temporary = Files.createDirectories(home.resolve("tmp"));
        Path script = home.resolve(fileName(launch.spec().source().file()));
        Files.writeString(script, launch.spec().source().code());
        Path folder = socketFolder();
        Path socket = folder.resolve(sockets.incrementAndGet() + ".sock");
        String token = ids.next();
        List<String> command =
                List.of(environment.python().toString(), "-u", own.main().toString());
        ProcessBuilder builder =
                new ProcessBuilder(
                                sandbox.around(
                                        command,
                                        new Sandbox.Needs(
                                                environment.home(), own.home(), home, folder)))
                        .directory(home.toFile())
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        Map<String, String> variables = builder.environment();
        variables.keySet().retainAll(INHERITED);
        variables.putAll(variables(launch, environment, home, temporary));
        launch.transformer().ifPresent(transformer -> addOwn(transformer, launch, variables));
        variables.put("MILLRACE_SOCKET", socket.toString());
        variables.put("MILLRACE_TOKEN", token);
        Files.deleteIfExists(socket);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(socket), 4);
            return new Launched(
                    spawn(builder, launch), listener, socket, token, script, predictorHost(launch));
        } catch (IOException | InterruptedException | RuntimeException e) {
            listener.close();
            Files.deleteIfExists(socket);
            throw e;
        }
    }

    /** Removes what a worker left on disk. */
    void cleanUp(Path home) {
        try {
            Folders.delete(home);
        } catch (IOException e) {
            log.warn("The folder {} of a worker could not be removed", home, e);
        }
    }

    @Override
    public void close() {
        spawner.shutdown();
        synchronized (this) {
            if (socketFolder != null) {
                try {
                    Folders.delete(socketFolder);
                } catch (IOException e) {
                    log.warn("{} could not be removed", socketFolder, e);
                }
                socketFolder = null;
            }
        }
    }

    private WorkerProcess spawn(ProcessBuilder builder, FunctionLaunch launch)
            throws IOException, InterruptedException {
        Process process;
        try {
            process = spawner.submit(builder::start).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw MillraceException.internal("a worker could not be started", e.getCause());
        }
        String step = launch.function().name().value();
        LogPump pump =
                new LogPump(
                        config.logBudget(),
                        time,
                        meters.count(
                                "millrace_function_log_lines_dropped_total",
                                "Lines that functions printed beyond their budget.",
                                WorkerMeters.labels(launch)),
                        line ->
                                logs.append(
                                        new StepLogs.Line(
                                                launch.pipeline(),
                                                step,
                                                launch.worker(),
                                                time.epochMillis(),
                                                line)));
        // Reading a pipe holds on to its thread: a platform thread, not a carrier.
        Thread pumping =
                Thread.ofPlatform()
                        .daemon()
                        .name("function-log-" + process.pid())
                        .start(() -> pump(process, pump));
        return new WorkerProcess(process, pump, pumping, launch.spec(), time);
    }

    private static void pump(Process process, LogPump pump) {
        try (var stream = process.getInputStream()) {
            pump.drain(stream);
        } catch (IOException e) {
            log.debug("The output of process {} ended", process.pid(), e);
        } finally {
            pump.end();
        }
    }

    private Map<String, String> variables(
            FunctionLaunch launch, VirtualEnvironment environment, Path home, Path temporary) {
        long memory = launch.spec().memory().bytes();
        var variables = new HashMap<String, String>();
        variables.put("PATH", environment.bin() + ":/usr/local/bin:/usr/bin:/bin");
        variables.put("VIRTUAL_ENV", environment.home().toString());
        variables.put("LANG", "C.UTF-8");
        variables.put("HOME", home.toString());
        variables.put("TMPDIR", temporary.toString());
        variables.put("PYTHONUNBUFFERED", "1");
        variables.put("PYTHONNOUSERSITE", "1");
        variables.put("PYTHONFAULTHANDLER", "1");
        variables.put("TF_CPP_MIN_LOG_LEVEL", "2");
        variables.put(
                "AI_INFERENCE_ENDPOINT", inferenceEndpoint.apply(launch.pipeline().project()));
        // Private memory that was asked for, used or not: a backstop behind the watch, which looks
        // at what is used. Generous, because numeric libraries reserve much more than they use.
        variables.put("MILLRACE_LIMIT_DATA", Long.toString(2 * memory + (1L << 30)));
        variables.put("MILLRACE_LIMIT_FILE", Long.toString(4L << 30));
        variables.put("MILLRACE_LIMIT_CORE", "0");
        return variables;
    }

    /** What the user's declaration adds; where the worker lives is not up to it. */
    private void addOwn(
            TransformerLaunch transformer, FunctionLaunch launch, Map<String, String> variables) {
        transformer
                .environment()
                .forEach((name, value) -> {
                    if (!name.startsWith("MILLRACE_") && !RESERVED.contains(name)) {
                        variables.put(name, value);
                    }
                });
        variables.put("PREDICTOR_HOST", predictorHost(launch));
    }

    /** Where requests reach the model and not its transformer. */
    private String predictorHost(FunctionLaunch launch) {
        return inferenceEndpoint.apply(launch.pipeline().project()) + "/predictor";
    }

    /** A name that people know from their own folder, but never a path. */
    static String fileName(String file) {
        String last = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
        String plain = last.replaceAll("[^A-Za-z0-9_.-]", "_");
        boolean usable =
                plain.endsWith(".py")
                        && plain.length() > 3
                        && !plain.startsWith(".")
                        && plain.getBytes(StandardCharsets.UTF_8).length <= 100;
        return usable ? plain : "main.py";
    }

    private synchronized PythonKit kit() throws IOException {
        if (kit == null) {
            Folders.delete(config.work().resolve(WORKERS)); // what a killed server left
            kit = WorkerKit.unpack(config.work().resolve("worker-kit"));
        }
        return kit;
    }

    private synchronized Path socketFolder() throws IOException {
        if (socketFolder == null) {
            Path wanted = config.work().resolve("sockets");
            boolean fits =
                    wanted.toString().getBytes(StandardCharsets.UTF_8).length
                            <= LONGEST_SOCKET_FOLDER;
            if (fits) {
                Folders.delete(wanted);
                socketFolder = Folders.createPrivate(wanted);
            } else {
                socketFolder = Files.createTempDirectory(Path.of("/tmp"), "millrace-");
            }
        }
        return socketFolder;
    }

    /** An error for the person who runs the server. */
    static MillraceException closed() {
        return new MillraceException(ErrorCode.UNAVAILABLE, "the function runtime is closed");
    }
}
