package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a prediction costs beside the model: processor time of the server for one V1 request with a
 * 28 x 28 picture, against a server that does nothing but parse it.
 */
final class OverheadBench {

    private static final int WARM_UPS = 3;
    private static final int RATE = 1_000;
    private static final int CONNECTIONS = 4;
    private static final String MILLRACE = "Millrace, TensorFlow";
    private static final String MODEL = "/v1/models/fashion_classifier:predict";

    private final Path folder;
    private final Report report;
    private final Effort effort;

    OverheadBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /** One server and what was seen of it in each round. */
    private record Subject(
            String name,
            HttpLoad load,
            Supplier<Duration> cpu,
            List<Sample> fixed,
            List<Sample> full) {}

    /** Microseconds of processor time for a request, and how the client saw the server. */
    private record Sample(double cpu, Load.Result result) {}

    void run() throws Exception {
        byte[] body = new Picture().v1();
        report.section("V1 JSON: one picture of 28 × 28, %,d B".formatted(body.length));
        Path data = Files.createTempDirectory(folder, "serving");
        try (var jackson = ChildServer.bare("jackson", folder);
                var scanner = ChildServer.bare("scanner", folder);
                var millrace = ServerUnderTest.start(data, true)) {
            new Setup(millrace).model();
            var subjects =
                    List.of(
                            subject(
                                    "bare Helidon, Jackson 3",
                                    new HttpLoad(jackson.port(), "/predict", body),
                                    jackson::cpu),
                            subject(
                                    "bare Helidon, our scanner",
                                    new HttpLoad(scanner.port(), "/predict", body),
                                    scanner::cpu),
                            subject(
                                    MILLRACE,
                                    new HttpLoad(millrace.ports().http(), MODEL, body),
                                    millrace::cpu));
            for (int round = 0; round < WARM_UPS; round++) {
                for (Subject subject : subjects) {
                    subject.load().run(CONNECTIONS, 0, effort.seconds());
                }
            }
            var engine = new EngineTime(millrace);
            for (int round = 0; round < 2 * effort.rounds(); round++) {
                boolean isFull = round >= effort.rounds();
                for (Subject subject : subjects) {
                    double before = engine.seconds();
                    Sample sample = sample(subject, isFull ? 0 : RATE);
                    (isFull ? subject.full() : subject.fixed()).add(sample);
                    if (subject.name().equals(MILLRACE)) {
                        (isFull ? engine.full : engine.fixed)
                                .add(
                                        (engine.seconds() - before)
                                                * 1e6
                                                / sample.result().answered());
                    }
                }
            }
            write(subjects, engine);
        }
    }

    private static Subject subject(String name, HttpLoad load, Supplier<Duration> cpu) {
        return new Subject(name, load, cpu, new ArrayList<>(), new ArrayList<>());
    }

    private Sample sample(Subject subject, int rate) throws IOException, InterruptedException {
        long before = subject.cpu().get().toNanos();
        Load.Result result = subject.load().run(CONNECTIONS, rate, effort.seconds());
        long used = subject.cpu().get().toNanos() - before;
        return new Sample(used / 1e3 / result.answered(), result);
    }

    private void write(List<Subject> subjects, EngineTime engine) {
        report.line(
                "Medians of %d rounds of %.0f s, the servers taking turns; %d connections.",
                effort.rounds(), effort.seconds(), CONNECTIONS);
        report.line("");
        report.line(
                "| server | CPU per request at %,d/s | p50 | p99 | CPU at full load | requests/s | p99 |",
                RATE);
        report.line("|---|---|---|---|---|---|---|");
        for (Subject subject : subjects) {
            report.line(
                    "| %s | %.0f µs | %.2f ms | %.2f ms | %.0f µs | %,.0f | %.2f ms |",
                    subject.name(),
                    cpu(subject.fixed()),
                    percentile(subject.fixed(), 50),
                    percentile(subject.fixed(), 99),
                    cpu(subject.full()),
                    Median.of(subject.full().stream().map(s -> s.result().perSecond()).toList()),
                    percentile(subject.full(), 99));
        }
        Subject least = subjects.getFirst();
        Subject millrace = subjects.getLast();
        double fixed = cpu(millrace.fixed());
        double full = cpu(millrace.full());
        report.line("");
        report.line(
                "Engine calls (`millrace_model_engine_seconds`, wall time): %.0f µs per request at"
                        + " %,d/s, %.0f µs at full load.",
                Median.of(engine.fixed), RATE, Median.of(engine.full));
        report.line(
                "Millrace to bare Helidon with Jackson: %.2f × with the engine at %,d/s, %.2f × without it;"
                        + " at full load %.2f × and %.2f ×.",
                fixed / cpu(least.fixed()),
                RATE,
                (fixed - Median.of(engine.fixed)) / cpu(least.fixed()),
                full / cpu(least.full()),
                (full - Median.of(engine.full)) / cpu(least.full()));
    }

    private static double cpu(List<Sample> samples) {
        return Median.of(samples.stream().map(Sample::cpu).toList());
    }

    private static double percentile(List<Sample> samples, double percent) {
        return Median.of(
                samples.stream()
                        .map(s -> s.result().latency().getValueAtPercentile(percent) / 1e6)
                        .toList());
    }

    /** The time in engine calls for a request, round by round. */
    private static final class EngineTime {
        private final ServerUnderTest server;
        private final List<Double> fixed = new ArrayList<>();
        private final List<Double> full = new ArrayList<>();

        EngineTime(ServerUnderTest server) {
            this.server = server;
        }

        double seconds() throws IOException, InterruptedException {
            return server.get("/metrics")
                    .lines()
                    .filter(line -> line.startsWith("millrace_model_engine_seconds_sum"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        }
    }
}
