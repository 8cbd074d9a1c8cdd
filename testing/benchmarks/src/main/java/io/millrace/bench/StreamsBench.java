package io.millrace.bench;

import io.millrace.api.MillraceException;
import io.millrace.spi.LogReader;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Whole pipelines: from topic to topic with and without a model, over MQTT at a fixed rate, with
 * one task and with two, and the memory of a long stream. Inputs are in the log before the clock
 * starts, so that nobody else needs the two cores.
 */
final class StreamsBench {
    static final List<String> PARTS = List.of("topics", "mqtt", "tasks", "memory");

    private static final int PICTURE_BYTES = 28 * 28;
    private static final String PICTURES = "bench.pictures";
    private static final String COMMON_PRACTICE = "out.common-practice";
    private static final int ROUNDS = 3;

    private final Path folder;
    private final Report report;
    private final boolean isShort;
    private final boolean withPeers;

    StreamsBench(Path folder, Report report, boolean isShort, boolean withPeers) {
        this.folder = folder;
        this.report = report;
        this.isShort = isShort;
        this.withPeers = withPeers;
    }

    void run(List<String> parts, double seconds) throws Exception {
        for (String part : parts) {
            switch (part) {
                case "topics" -> topicToTopic();
                case "mqtt" -> overMqtt(seconds);
                case "tasks" -> new TasksBench(folder, report, isShort).run();
                case "memory" -> memory();
                default -> throw MillraceException.invalid("streams has no part " + part);
            }
        }
    }

    // ---- topic to topic

    private void topicToTopic() throws Exception {
        int records = isShort ? 100_000 : 2_000_000;
        report.section(
                "Kafka → model → Kafka: raw uint8 pictures of 28 × 28 (784 B), embedded log");
        report.line(
                "%,d records in the log beforehand; time from the first output to the last; medians"
                        + " of %d rounds, the pipelines taking turns. CPU is that of the whole server,"
                        + " its broker included.",
                records, rounds());
        report.line("");
        report.line("| steps | records/s | slowest round | of no step | CPU a record |");
        report.line("|---|---|---|---|---|");
        Path data = Files.createTempDirectory(folder, "streams");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            setup.onnx("dense", 1, OnnxModels.dense());
            setup.onnx("conv", 1, OnnxModels.small(1));
            setup.model();
            try (var log = TopicLoad.log(server)) {
                TopicLoad.fill(log, PICTURES, records, StreamsBench::picture);
                var subjects =
                        List.of(
                                new Subject("none", ""),
                                new Subject("ONNX, dense 784-10", step("dense")),
                                new Subject("ONNX, convolution and dense", step("conv")),
                                new Subject(
                                        "TensorFlow, fashion classifier",
                                        step("fashion_classifier")));
                for (int round = 0; round < rounds(); round++) {
                    for (Subject subject : subjects) {
                        subject.runs().add(through(setup, server, log, subject, records, round));
                    }
                }
                double base = Median.of(subjects.getFirst().runs(), Run::perSecond);
                for (Subject subject : subjects) {
                    double median = Median.of(subject.runs(), Run::perSecond);
                    report.line(
                            "| %s | %,.0f | %,.0f | %.2f | %.1f µs |",
                            subject.title(),
                            median,
                            subject.runs().stream().mapToDouble(Run::perSecond).min().orElseThrow(),
                            median / base,
                            Median.of(subject.runs(), Run::cpuMicros));
                }
                if (withPeers) {
                    log.ensureTopics(Set.of(COMMON_PRACTICE));
                    commonPractice(server, Median.of(subjects.get(1).runs(), Run::perSecond));
                }
            }
        }
    }

    private record Subject(String title, String steps, List<Run> runs) {
        Subject(String title, String steps) {
            this(title, steps, new ArrayList<>());
        }
    }

    private record Run(double perSecond, double cpuMicros) {}

    private int rounds() {
        return isShort ? 1 : ROUNDS;
    }

    private static String step(String model) {
        return """
          - model:
              name: %s
              decode: {format: raw, type: uint8, scale: 0.00392156862745098}
              encode: {format: raw}
        """
                .formatted(model);
    }

    private Run through(
            Setup setup,
            ServerUnderTest server,
            StreamLog log,
            Subject subject,
            int records,
            int round)
            throws Exception {
        String name = "run-" + round + "-" + subject.title().replaceAll("[^A-Za-z0-9]+", "-");
        String output = "out." + name;
        setup.apply(
                """
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: %s}
                spec:
                  from: {kafka: {topic: %s}, start: earliest}
                  steps:%s
                  to: [{kafka: {topic: %s}}]
                  scale: {min: 2}
                """
                        .formatted(
                                name,
                                PICTURES,
                                subject.steps().isEmpty()
                                        ? " []"
                                        : "\n" + subject.steps().indent(2).stripTrailing(),
                                output));
        try (LogReader reader = log.reader(1)) {
            long first = TopicLoad.awaitMore(reader, output, 0);
            long begin = System.nanoTime();
            long cpu = server.cpu().toNanos();
            TopicLoad.awaitMore(reader, output, records - 1L);
            double took = (System.nanoTime() - begin) / 1e9;
            double used = (server.cpu().toNanos() - cpu) / 1e3;
            setup.delete("pipelines/" + name);
            return new Run((records - first) / took, used / (records - first));
        }
    }

    private static byte[] picture(int number) {
        byte[] pixels = new byte[PICTURE_BYTES];
        new Random(number % 1_000).nextBytes(pixels);
        return pixels;
    }

    /** A consumer as tutorials write it: one {@code predict} for each record. */
    private void commonPractice(ServerUnderTest server, double own)
            throws IOException, InterruptedException {
        var software = new PeerSoftware();
        Path venv = software.environment("kafka-keras");
        Path script = software.sources("kafka-keras").resolve("consumer.py");
        int records = isShort ? 50 : 500;
        Path answer = folder.resolve("kafka-keras.txt");
        Process consumer =
                new ProcessBuilder(
                                venv.resolve("bin/python").toString(),
                                script.toString(),
                                "127.0.0.1:" + server.ports().kafka(),
                                PICTURES,
                                COMMON_PRACTICE,
                                Integer.toString(records))
                        .redirectErrorStream(true)
                        .redirectOutput(answer.toFile())
                        .start();
        int code = consumer.waitFor();
        List<String> lines = Files.readAllLines(answer);
        if (code != 0) {
            throw MillraceException.internal(
                    "the Python consumer ended with code %d: %s".formatted(code, lines), null);
        }
        double perSecond = Double.parseDouble(lines.getLast());
        report.line("");
        report.line(
                "A Python consumer that calls Keras `predict` for each record (kafka-python, same"
                        + " broker, same topic, one dense layer): %,.1f records/s. Millrace with the dense"
                        + " ONNX model: **%,.0f ×**.",
                perSecond, own / perSecond);
    }

    // ---- over MQTT

    private void overMqtt(double seconds) throws Exception {
        report.section("MQTT QoS 1 → log → model → MQTT QoS 1: six readings in JSON (about 190 B)");
        report.line("| offered msg/s | answered msg/s | p50 | p99 | max | sent | answered |");
        report.line("|---|---|---|---|---|---|---|");
        Path data = Files.createTempDirectory(folder, "serving");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            setup.onnx("series", 1, OnnxModels.series());
            setup.apply(
                    """
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: readings}
                    spec: {mqtt: {}, fields: [{name: in, topic: bench/readings}]}
                    ---
                    apiVersion: millrace.io/v1
                    kind: Pipeline
                    metadata: {name: readings}
                    spec:
                      from: {dataSource: {name: readings}}
                      steps:
                        - model:
                            name: series
                            decode:
                              format: json
                              fields: [norm_1, norm_2, norm_3, norm_4, norm_5, norm_6]
                            encode: {format: json, template: '{"id": {{field.id}}, "LSTM": {{output[0]}}}'}
                      to: [{mqtt: {topic: bench/next}}]
                    """);
            setup.awaitReady("pipelines/readings");
            var bench =
                    PipelineBench.ofReadings(
                            server.ports().mqttPlain(), "bench/readings", "bench/next");
            double length = isShort ? Math.min(2, seconds) : seconds;
            // More calls than the compiler asks for before it optimises: at a low rate it would do
            // that during the first measurement.
            bench.run(10_000, Math.min(10, length));
            bench.run(2_000, Math.min(5, length));
            for (int rate : new int[] {2_000, 10_000, 30_000, 60_000}) {
                PipelineBench.Result result = bench.run(rate, length);
                report.line(
                        "| %,d | %,.0f | %.2f ms | %.2f ms | %.1f ms | %,d | %,d |",
                        rate,
                        result.perSecond(),
                        result.latency().getValueAtPercentile(50) / 1e3,
                        result.latency().getValueAtPercentile(99) / 1e3,
                        result.latency().getMaxValue() / 1e3,
                        result.sent(),
                        result.answered());
            }
        }
    }

    // ---- memory

    private void memory() throws Exception {
        int records = isShort ? 500_000 : 10_000_000;
        int steps = 10;
        report.section("Memory over %,d records".formatted(records));
        Path data = Files.createTempDirectory(folder, "memory");
        try (var server = ServerUnderTest.start(data, true);
                var log = TopicLoad.log(server)) {
            var setup = new Setup(server);
            setup.onnx("series", 1, OnnxModels.series());
            byte[] readings = new byte[6 * Float.BYTES];
            TopicLoad.fill(log, "bench.long", records, _ -> readings);
            setup.apply(
                    """
                    apiVersion: millrace.io/v1
                    kind: Pipeline
                    metadata: {name: long}
                    spec:
                      from: {kafka: {topic: bench.long}, start: earliest}
                      steps:
                        - model:
                            name: series
                            decode: {format: raw, type: float32}
                            encode: {format: raw}
                      to: [{kafka: {topic: out.long}}]
                    """);
            long begin = System.nanoTime();
            var line = new StringBuilder("Resident memory of the server after each tenth, in MB:");
            try (LogReader reader = log.reader(1)) {
                for (int i = 1; i <= steps; i++) {
                    TopicLoad.awaitMore(reader, "out.long", (long) records * i / steps - 1);
                    line.append(i == 1 ? " " : ", ").append(server.residentMegabytes());
                }
            }
            report.line("%s.", line);
            report.line("");
            report.line(
                    "%,.0f records/s over all, one task, records of 24 B.",
                    records / ((System.nanoTime() - begin) / 1e9));
        }
    }
}
