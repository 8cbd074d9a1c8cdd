package io.millrace.inference;

import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries models in a process of its own, with limits on time and memory: a model that kills its
 * process has killed a probe and nothing else.
 */
public final class ModelProbe implements Prober {

    private static final int WATCH_MILLIS = 20;
    private static final int EXIT_OUT_OF_MEMORY = 3;

    /** Of all processes, the system shall end this one when memory runs out. */
    private static final String FIRST_TO_GO = "1000";

    private static final Logger LOG = LoggerFactory.getLogger(ModelProbe.class);

    private final ProbeConfig config;
    private final Path workFolder;
    private final TimeSource time;
    private final IdSource ids;

    /**
     * Makes a prober; starts nothing.
     *
     * @param config how to start a probe
     * @param workFolder for reports and crash files; emptied of each probe's files at its end
     * @param time for the deadline
     * @param ids names for the probes' folders
     */
    public ModelProbe(ProbeConfig config, Path workFolder, TimeSource time, IdSource ids) {
        this.config = config;
        this.workFolder = workFolder;
        this.time = time;
        this.ids = ids;
    }

    @Override
    public ProbeVerdict probe(String framework, Path unpacked) {
        Path folder = workFolder.resolve("probe-" + ids.next());
        try {
            Files.createDirectories(folder);
            return probe(framework, unpacked.toAbsolutePath(), folder.toAbsolutePath());
        } catch (IOException e) {
            throw MillraceException.internal("cannot start a probe: " + e.getMessage(), e);
        } finally {
            Folders.deleteQuietly(folder);
        }
    }

    private ProbeVerdict probe(String framework, Path unpacked, Path folder) throws IOException {
        Path report = folder.resolve("report");
        var output = new OutputTail();
        var builder =
                new ProcessBuilder(command(framework, unpacked, report, folder))
                        .directory(folder.toFile())
                        .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> !ProbeConfig.isInherited(name));
        // A class path as one long argument has killed engines; in the environment it is harmless.
        builder.environment().put("CLASSPATH", config.classPath());
        builder.environment().putAll(config.environment());
        Process process = builder.start();
        // Its input stays open as long as this process lives: the probe ends with it.
        try (OutputStream _ = process.getOutputStream()) {
            offerToTheSystem(process);
            Thread.ofVirtual().name("probe-output").start(() -> output.follow(process));
            return watch(process)
                    .map(reason -> (ProbeVerdict) new ProbeVerdict.Rejected(reason, false))
                    .orElseGet(() -> verdict(process.exitValue(), report, output));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** When memory runs out before the watch sees it, the probe shall go and not the server. */
    private static void offerToTheSystem(Process process) {
        Path score = Path.of("/proc", Long.toString(process.pid()), "oom_score_adj");
        try {
            Files.writeString(score, FIRST_TO_GO);
        } catch (IOException e) {
            LOG.debug("the system does not take {}", score, e); // the watch is still there
        }
    }

    private List<String> command(String framework, Path unpacked, Path report, Path folder) {
        var command = new ArrayList<String>();
        command.add(config.java().toString());
        command.addAll(config.flags());
        command.add("-Xmx" + config.heap().bytes());
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("-XX:-CreateCoredumpOnCrash");
        command.add("-XX:ErrorFile=" + crashLog(report));
        command.add("-Djava.io.tmpdir=" + folder);
        command.add(ProbeMain.class.getName());
        command.add(framework);
        command.add(unpacked.toString());
        command.add(report.toString());
        return command;
    }

    /** Waits for the end; the reason when the process had to be ended. */
    private Optional<String> watch(Process process) {
        long deadline = time.nanoTime() + config.timeout().toNanos();
        try {
            while (!process.waitFor(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
                if (time.nanoTime() - deadline > 0) {
                    return Optional.of(
                            "loading and trying the model took longer than "
                                    + config.timeout().toSeconds()
                                    + " s, the most a probe may take: it hangs, or is too large"
                                    + " for this machine");
                }
                if (ResidentMemory.ofProcess(process.pid()) > config.memory().bytes()) {
                    return Optional.of(
                            "loading and trying the model took more than "
                                    + config.memory()
                                    + " of memory, the most a probe may use: make the model"
                                    + " smaller or raise the limit");
                }
            }
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    io.millrace.api.ErrorCode.UNAVAILABLE, "the probe was interrupted", e);
        }
    }

    private ProbeVerdict verdict(int exit, Path report, OutputTail output) {
        try {
            if (exit == 0 && Files.exists(report)) {
                return ProbeVerdict.read(Files.readString(report));
            }
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the probe's report", e);
        }
        String reason =
                exit == EXIT_OUT_OF_MEMORY
                        ? "loading and trying the model took more than "
                                + config.heap()
                                + " of Java memory, the most a probe may use: make its inputs and"
                                + " outputs smaller or raise the limit"
                        : ProbeEnd.reason(exit, crashLog(report), output.text());
        return new ProbeVerdict.Rejected(reason, false);
    }

    private static Path crashLog(Path report) {
        return report.resolveSibling("crash.log");
    }
}
