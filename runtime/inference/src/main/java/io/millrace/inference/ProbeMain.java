package io.millrace.inference;

import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The main of the probe's process: {@code <framework> <unpacked folder> <report file>}. It finds
 * the engine on its class path, tries the model and writes the report; whatever kills it in between
 * is seen by the process that started it.
 */
public final class ProbeMain {

    private ProbeMain() {}

    /** Runs the probe; ends with 0 when a report was written. */
    public static void main(String[] args) throws IOException {
        String framework = args[0];
        Path report = Path.of(args[2]);
        ProbeVerdict verdict =
                engine(framework)
                        .map(engine -> ModelTrial.run(engine, Path.of(args[1])))
                        .orElseGet(() ->
                                new ProbeVerdict.Rejected(
                                        "no engine for " + framework + " on the probe's class path",
                                        false));
        Path written = report.resolveSibling(report.getFileName() + ".part");
        Files.writeString(written, ProbeVerdict.write(verdict));
        Files.move(written, report, StandardCopyOption.ATOMIC_MOVE);
        // Threads of the engine or of the model must not keep the process.
        Runtime.getRuntime().halt(0);
    }

    private static Optional<ModelEngine> engine(String framework) {
        return ServiceLoader.load(ModelEngine.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(engine -> engine.framework().equals(framework))
                .findFirst();
    }
}
