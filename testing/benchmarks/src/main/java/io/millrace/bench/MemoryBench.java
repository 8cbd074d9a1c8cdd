package io.millrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Models of the three engines loaded, asked once and unloaded again and again through the
 * repository extension; resident memory of the server afterwards against that at the beginning.
 */
final class MemoryBench {

    private static final String TENSORFLOW = "fashion_classifier";

    private final Path folder;
    private final Report report;
    private final Effort effort;

    MemoryBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /** A model and a V1 request for it. */
    private record Subject(String engine, String model, byte[] request) {}

    void run() throws Exception {
        int warmUp = effort.isShort() ? 20 : 100;
        int cycles = effort.isShort() ? 50 : 1_000;
        report.section("%,d load, predict, unload cycles".formatted(cycles));
        Path data = Files.createTempDirectory(folder, "memory");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            setup.onnx("onnx", 1, OnnxModels.heavy());
            setup.tflite("tflite");
            setup.model();
            byte[] picture = new Picture().v1();
            report.line(
                    "Resident memory of the server (VmRSS) with nothing loaded, each time after a full"
                            + " collection of the Java heap (`jcmd GC.run`); before: after %d cycles.",
                    warmUp);
            report.line("");
            report.line("| engine | before | after | after ÷ before | a cycle |");
            report.line("|---|---|---|---|---|");
            for (Subject subject :
                    List.of(
                            new Subject("ONNX", "onnx", picture),
                            new Subject("TensorFlow", TENSORFLOW, picture),
                            new Subject("TensorFlow Lite", "tflite", Setup.TFLITE_REQUEST))) {
                measure(subject, setup, server, warmUp, cycles);
            }
        }
    }

    private void measure(
            Subject subject, Setup setup, ServerUnderTest server, int warmUp, int cycles)
            throws IOException, InterruptedException {
        cycle(subject, setup, warmUp);
        long before = settled(server);
        long begin = System.nanoTime();
        cycle(subject, setup, cycles);
        double each = (System.nanoTime() - begin) / 1e6 / cycles;
        long after = settled(server);
        report.line(
                "| %s | %,d kB | %,d kB | %.3f | %.1f ms |",
                subject.engine(), before, after, (double) after / before, each);
    }

    private static void cycle(Subject subject, Setup setup, int times)
            throws IOException, InterruptedException {
        String repository = "/v2/repository/models/" + subject.model();
        for (int i = 0; i < times; i++) {
            setup.post(repository + "/load", new byte[0]);
            setup.post("/v1/models/" + subject.model() + ":predict", subject.request());
            setup.post(repository + "/unload", new byte[0]);
        }
    }

    private static long settled(ServerUnderTest server) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
        long pid = server.process().pid();
        Process collection =
                new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                        .redirectErrorStream(true)
                        .start();
        String said =
                new String(collection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (collection.waitFor() != 0) {
            throw new IOException("jcmd GC.run failed: " + said);
        }
        return Memory.resident(pid);
    }
}
