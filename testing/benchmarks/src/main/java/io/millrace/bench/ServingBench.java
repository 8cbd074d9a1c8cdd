package io.millrace.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;

/**
 * What a prediction costs beside the model: processor time of the server for one V1 request with a
 * 28 x 28 picture, against a server that does nothing but parse it.
 */
final class ServingBench {

    private static final int ROUNDS = 3;
    private static final int WARM_UPS = 3;
    private static final int RATE = 1_000;
    private static final int CONNECTIONS = 4;
    private static final int PIXELS = 784;
    private static final String MILLRACE = "Millrace, TensorFlow";
    private static final String MODEL = "/v1/models/fashion_classifier:predict";

    private final Path folder;
    private final Report report;
    private final double seconds;

    ServingBench(Path folder, Report report, double seconds) {
        this.folder = folder;
        this.report = report;
        this.seconds = seconds;
    }

    /** One server and what was seen of it in each round. */
    private record Subject(
            String name,
            HttpLoad load,
            Supplier<Duration> cpu,
            List<Sample> fixed,
            List<Sample> full) {}

    /** Microseconds of processor time for a request, and how the client saw the server. */
    private record Sample(double cpu, HttpLoad.Result result) {}

    void run() throws Exception {
        byte[] body = picture();
        report.section("V1 JSON: one picture of 28 × 28, %,d B".formatted(body.length));
        Path data = Files.createTempDirectory(folder, "serving");
        try (var jackson = ChildServer.start("jackson", folder);
                var scanner = ChildServer.start("scanner", folder);
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
                    subject.load().run(CONNECTIONS, 0, seconds);
                }
            }
            var engine = new EngineTime(millrace);
            for (int round = 0; round < 2 * ROUNDS; round++) {
                boolean isFull = round >= ROUNDS;
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
        HttpLoad.Result result = subject.load().run(CONNECTIONS, rate, seconds);
        long used = subject.cpu().get().toNanos() - before;
        return new Sample(used / 1e3 / result.answered(), result);
    }

    private void write(List<Subject> subjects, EngineTime engine) {
        report.line(
                "Medians of %d rounds of %.0f s, the servers taking turns; %d connections.",
                ROUNDS, seconds, CONNECTIONS);
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
                    median(subject.full().stream().map(s -> s.result().perSecond()).toList()),
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
                median(engine.fixed), RATE, median(engine.full));
        report.line(
                "Millrace to bare Helidon with Jackson: %.2f × with the engine at %,d/s, %.2f × without it;"
                        + " at full load %.2f × and %.2f ×.",
                fixed / cpu(least.fixed()),
                RATE,
                (fixed - median(engine.fixed)) / cpu(least.fixed()),
                full / cpu(least.full()),
                (full - median(engine.full)) / cpu(least.full()));
    }

    private static double cpu(List<Sample> samples) {
        return median(samples.stream().map(Sample::cpu).toList());
    }

    private static double percentile(List<Sample> samples, double percent) {
        return median(
                samples.stream()
                        .map(s -> s.result().latency().getValueAtPercentile(percent) / 1e6)
                        .toList());
    }

    static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** The first picture of the example as Python's json module writes it. */
    private static byte[] picture() throws IOException {
        Path file =
                Path.of(
                        System.getProperty("millrace.home"),
                        "examples/fashion/data/fashion-mnist-sample-images-idx3-ubyte.gz");
        var text = new StringBuilder("{\"instances\": [[");
        try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
            in.skipNBytes(16);
            for (int i = 0; i < PIXELS; i++) {
                text.append(i == 0 ? "[" : i % 28 == 0 ? "], [" : ", ");
                text.append('[').append(in.readUnsignedByte() / 255.0).append(']');
            }
        }
        return text.append("]]]}").toString().getBytes(StandardCharsets.US_ASCII);
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
