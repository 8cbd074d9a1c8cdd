package io.millrace.inference;

import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Tries models in a process of its own, with limits on time and memory: a model that kills its
 * process has killed a probe and nothing else.
 */
public final class ModelProbe implements Prober {

    private static final int WATCH_MILLIS = 20;
    private static final int EXIT_OUT_OF_MEMORY = 3;
    private static final int SIGNAL_BASE = 128;

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
        try {
            process.getOutputStream().close();
            Thread.ofVirtual().name("probe-output").start(() -> output.follow(process));
            return watch(process)
                    .map(reason -> (ProbeVerdict) new ProbeVerdict.Rejected(reason, false))
                    .orElseGet(() -> verdict(process.exitValue(), report, output));
        } finally {
            process.destroyForcibly();
        }
    }

    private List<String> command(String framework, Path unpacked, Path report, Path folder) {
        var command = new ArrayList<String>();
        command.add(config.java().toString());
        command.addAll(config.flags());
        command.add("-Xmx" + config.heap().bytes());
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("-XX:-CreateCoredumpOnCrash");
        command.add("-XX:ErrorFile=" + folder.resolve("crash.log"));
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
                                    + " s");
                }
                if (ResidentMemory.ofProcess(process.pid()) > config.memory().bytes()) {
                    return Optional.of(
                            "loading and trying the model took more than "
                                    + config.memory()
                                    + " of memory");
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
        return new ProbeVerdict.Rejected(reason(exit, output), false);
    }

    private String reason(int exit, OutputTail output) {
        if (exit == EXIT_OUT_OF_MEMORY) {
            return "loading and trying the model took more than "
                    + config.heap()
                    + " of Java memory";
        }
        String how =
                switch (exit - SIGNAL_BASE) {
                    case 4 -> "illegal instruction, SIGILL";
                    case 6 -> "abort, SIGABRT";
                    case 7 -> "bus error, SIGBUS";
                    case 8 -> "arithmetic error, SIGFPE";
                    case 9 -> "killed by the system, SIGKILL: out of memory?";
                    case 11 -> "segmentation fault, SIGSEGV";
                    default -> "exit code " + exit;
                };
        String said = output.text();
        return "the model crashes its engine ("
                + how
                + ")"
                + (said.isEmpty() ? "" : "; last output: " + said);
    }
}
