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
    private static final String SMALL = "bench_small";
    private static final String CLASSIFIER = "fashion_classifier";

    private final Path folder;
    private final Report report;
    private final Effort effort;

    OverheadBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /** One server, or one model of a server, and what was seen of it in each round. */
    private record Subject(
            String name,
            HttpLoad load,
            Supplier<Duration> cpu,
            EngineTime engine,
            List<Sample> fixed,
            List<Sample> full) {}

    /**
     * One round.
     *
     * @param cpu microseconds of processor time for a request
     * @param engine microseconds of a request that passed in engine calls
     * @param result how the client saw the server
     */
    private record Sample(double cpu, double engine, Load.Result result) {}

    void run() throws Exception {
        byte[] body = new Picture().v1();
        report.section("V1 JSON: one picture of 28 × 28, %,d B".formatted(body.length));
        Path data = Files.createTempDirectory(folder, "serving");
        try (var jackson = ChildServer.bare("jackson", folder);
                var scanner = ChildServer.bare("scanner", folder);
                var millrace = ServerUnderTest.start(data, true)) {
            var setup = new Setup(millrace);
            setup.model();
            setup.onnx(SMALL, 1, OnnxModels.small(1));
            var subjects =
                    List.of(
                            bare("bare Helidon, Jackson 3", jackson, body),
                            bare("bare Helidon, our scanner", scanner, body),
                            model("Millrace, ONNX of some microseconds", millrace, SMALL, body),
                            model("Millrace, TensorFlow", millrace, CLASSIFIER, body));
            for (int round = 0; round < WARM_UPS; round++) {
                for (Subject subject : subjects) {
                    subject.load().run(CONNECTIONS, 0, effort.seconds());
                }
            }
            for (int round = 0; round < 2 * effort.rounds(); round++) {
                boolean isFull = round >= effort.rounds();
                for (Subject subject : subjects) {
                    Sample sample = sample(subject, isFull ? 0 : RATE);
                    (isFull ? subject.full() : subject.fixed()).add(sample);
                }
            }
            write(subjects);
        }
    }

    private static Subject bare(String name, ChildServer server, byte[] body) {
        var load = new HttpLoad(server.port(), "/predict", body);
        return new Subject(name, load, server::cpu, () -> 0, new ArrayList<>(), new ArrayList<>());
    }

    private static Subject model(String name, ServerUnderTest server, String model, byte[] body) {
        var load = new HttpLoad(server.ports().http(), "/v1/models/" + model + ":predict", body);
        return new Subject(
                name,
                load,
                server::cpu,
                () -> engineSeconds(server, model),
                new ArrayList<>(),
                new ArrayList<>());
    }

    private Sample sample(Subject subject, int rate) throws IOException, InterruptedException {
        double engineBefore = subject.engine().seconds();
        long before = subject.cpu().get().toNanos();
        Load.Result result = subject.load().run(CONNECTIONS, rate, effort.seconds());
        long used = subject.cpu().get().toNanos() - before;
        double engine = subject.engine().seconds() - engineBefore;
        return new Sample(used / 1e3 / result.answered(), engine * 1e6 / result.answered(), result);
    }

    private static double engineSeconds(ServerUnderTest server, String model)
            throws IOException, InterruptedException {
        return server.get("/metrics")
                .lines()
                .filter(line -> line.startsWith("millrace_model_engine_seconds_sum"))
                .filter(line -> line.contains("model=\"" + model + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private void write(List<Subject> subjects) {
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
        for (Subject subject : subjects.subList(2, subjects.size())) {
            report.line("");
            report.line(
                    "%s, to bare Helidon with Jackson: %.2f × with the engine at %,d/s, %.2f × without"
                            + " it; at full load %.2f × and %.2f ×. Engine calls"
                            + " (`millrace_model_engine_seconds`, wall time): %.0f µs and %.0f µs.",
                    subject.name(),
                    cpu(subject.fixed()) / cpu(least.fixed()),
                    RATE,
                    (cpu(subject.fixed()) - engine(subject.fixed())) / cpu(least.fixed()),
                    cpu(subject.full()) / cpu(least.full()),
                    (cpu(subject.full()) - engine(subject.full())) / cpu(least.full()),
                    engine(subject.fixed()),
                    engine(subject.full()));
        }
    }

    private static double cpu(List<Sample> samples) {
        return Median.of(samples.stream().map(Sample::cpu).toList());
    }

    private static double engine(List<Sample> samples) {
        return Median.of(samples.stream().map(Sample::engine).toList());
    }

    private static double percentile(List<Sample> samples, double percent) {
        return Median.of(
                samples.stream()
                        .map(s -> s.result().latency().getValueAtPercentile(percent) / 1e6)
                        .toList());
    }

    /** How long a server has been in engine calls. */
    private interface EngineTime {
        double seconds() throws IOException, InterruptedException;
    }
}
