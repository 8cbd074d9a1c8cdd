package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** From the start of the process to the first 200 of {@code /readyz}, and the memory it takes. */
final class StartupBench {

    private static final int RUNS = 5;

    private final Path folder;
    private final Report report;

    StartupBench(Path folder, Report report) {
        this.folder = folder;
        this.report = report;
    }

    void run() throws IOException, InterruptedException {
        report.section("Start");
        report.line("| | ready: median of %d | fastest | resident memory |", RUNS);
        report.line("|---|---|---|---|");
        measure("new data directory", false, false);
        measure("existing data directory", true, false);
        boolean hasAot =
                Files.readAllLines(Path.of(System.getProperty("millrace.server.command"))).stream()
                        .anyMatch(word -> word.startsWith("-XX:AOTCache="));
        if (hasAot) {
            measure("new data directory, JDK AOT cache", false, true);
            measure("existing data directory, JDK AOT cache", true, true);
        } else {
            report.line("");
            report.line(
                    "No JDK AOT cache yet: it is made in the background after the first start.");
        }
    }

    private void measure(String what, boolean isWarm, boolean withAot)
            throws IOException, InterruptedException {
        double[] seconds = new double[RUNS];
        long[] megabytes = new long[RUNS];
        Path data = Files.createTempDirectory(folder, "start");
        if (isWarm) {
            ServerUnderTest.start(data, withAot).close();
        }
        for (int i = 0; i < RUNS; i++) {
            Path used = isWarm ? data : Files.createTempDirectory(folder, "start");
            try (var server = ServerUnderTest.start(used, withAot)) {
                seconds[i] = server.readySeconds();
                megabytes[i] = server.residentMegabytes();
            }
        }
        Arrays.sort(seconds);
        Arrays.sort(megabytes);
        report.line(
                "| %s | %.2f s | %.2f s | %d MB |",
                what, seconds[RUNS / 2], seconds[0], megabytes[RUNS / 2]);
    }
}
