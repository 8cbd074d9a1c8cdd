package io.millrace.inference;

import io.millrace.api.ModelVersionStatus.Check;
import io.millrace.api.TimeSource;
import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The main of the probe's process: {@code <framework> <unpacked folder> <report file>}. It finds
 * the engine on its class path, tries the model and writes the report; whatever kills it in between
 * is seen by the process that started it. That process holds its standard input open: when it ends,
 * however it ends, so does the probe.
 */
public final class ProbeMain {

    private static final int EXIT_ORPHAN = 4;
    private static final double NANOS_PER_SECOND = 1e9;

    private ProbeMain() {}

    /** Runs the probe; ends with 0 when a report was written. */
    public static void main(String[] args) throws IOException {
        Thread.ofPlatform().daemon().name("probe-lifeline").start(ProbeMain::endWithTheServer);
        Path report = Path.of(args[2]);
        ProbeVerdict verdict = verdict(args[0], Path.of(args[1]));
        Path written = report.resolveSibling(report.getFileName() + ".part");
        Files.writeString(written, ProbeVerdict.write(verdict));
        Files.move(written, report, StandardCopyOption.ATOMIC_MOVE);
        // Threads of the engine or of the model must not keep the process.
        Runtime.getRuntime().halt(0);
    }

    private static void endWithTheServer() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is ever written: only the end matters.
            }
        } catch (IOException e) {
            // A broken pipe is the end, too.
        }
        Runtime.getRuntime().halt(EXIT_ORPHAN);
    }

    private static ProbeVerdict verdict(String framework, Path unpacked) {
        long start = TimeSource.system().nanoTime();
        try {
            ProbeVerdict verdict =
                    engine(framework)
                            .map(engine -> ModelTrial.run(engine, unpacked))
                            .orElseGet(() ->
                                    new ProbeVerdict.Rejected(
                                            "no engine for "
                                                    + framework
                                                    + " on the probe's class path",
                                            false));
            return verdict instanceof ProbeVerdict.Accepted accepted
                    ? accepted.with(memory(), time(TimeSource.system().nanoTime() - start))
                    : verdict;
        } catch (Throwable e) {
            // The supervisor of the trial: an engine that throws what it should not has a reason.
            return new ProbeVerdict.Rejected("the engine failed on the model: " + e, false);
        }
    }

    private static Check memory() {
        long peak = ResidentMemory.peakOfThisProcess();
        return new Check("memory", peak == 0 ? "not known" : "peak " + (peak >> 20) + " MiB");
    }

    private static Check time(long nanos) {
        return new Check(
                "time",
                String.format(Locale.ROOT, "loaded and tried in %.1f s", nanos / NANOS_PER_SECOND));
    }

    private static Optional<ModelEngine> engine(String framework) {
        return ServiceLoader.load(ModelEngine.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(engine -> engine.framework().equals(framework))
                .findFirst();
    }
}
