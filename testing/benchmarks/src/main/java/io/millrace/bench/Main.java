package io.millrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * {@code ./millrace bench [startup|ingest|pipeline|function|streams|serving …] [--seconds N] [--out
 * FILE]}, or {@code ./millrace bench serving [overhead|peers|grpc|swap|memory …] [--peers]
 * [--short]}, or {@code ./millrace bench streams [topics|mqtt|tasks …] [--peers] [--short]}, or
 * {@code ./millrace bench training [--short]}. The other servers of {@code peers} are installed
 * only when they are asked for: by {@code --peers}, or by naming that part.
 */
public final class Main {

    private static final String SERVING = "serving";
    private static final String STREAMS = "streams";
    private static final String TRAINING = "training";
    private static final List<String> ALL =
            List.of("startup", "ingest", "pipeline", "function", STREAMS, SERVING, TRAINING);
    private static final double DEFAULT_SECONDS = 15;

    private Main() {}

    /** Runs the benchmarks that are named, or all; exit code 2 on an unknown one. */
    public static void main(String[] arguments) throws Exception {
        var chosen = new java.util.ArrayList<String>();
        double seconds = DEFAULT_SECONDS;
        Path out = null;
        boolean isShort = false;
        boolean withPeers = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--seconds" -> seconds = Double.parseDouble(arguments[++i]);
                case "--out" -> out = Path.of(arguments[++i]);
                case "--short" -> isShort = true;
                case "--peers" -> withPeers = true;
                default -> chosen.add(arguments[i]);
            }
        }
        List<String> ofStreams = parts(StreamsBench.PARTS, STREAMS, chosen);
        List<String> ofServing = parts(ServingBench.PARTS, SERVING, chosen);
        withPeers |= ofServing.contains("peers");
        if (!ALL.containsAll(chosen)) {
            System.err.println(
                    "millrace bench: knows %s, for serving %s, for streams %s, --seconds N, --out FILE, --short and --peers"
                            .formatted(ALL, ServingBench.PARTS, StreamsBench.PARTS));
            System.exit(2);
        }
        List<String> names = chosen.isEmpty() ? ALL : chosen;
        Path folder = Files.createTempDirectory("millrace-bench");
        var report = new Report();
        try {
            for (String name : names) {
                switch (name) {
                    case "startup" -> new StartupBench(folder, report).run();
                    case "ingest" -> ingest(folder, report, seconds);
                    case "pipeline" -> pipeline(folder, report, seconds);
                    case "function" -> new FunctionBench(folder, report).run();
                    case TRAINING -> new TrainingBench(folder, report, isShort).run();
                    case STREAMS ->
                            new StreamsBench(folder, report, isShort, withPeers)
                                    .run(all(ofStreams, StreamsBench.PARTS), seconds);
                    default ->
                            new ServingBench(
                                            folder,
                                            report,
                                            isShort ? Effort.brief() : Effort.full(seconds))
                                    .run(all(ofServing, ServingBench.PARTS), withPeers);
                }
            }
        } finally {
            // Also what was measured before something failed.
            System.out.print(report.text());
            if (out != null) {
                Files.writeString(out, report.text(), StandardCharsets.UTF_8);
            }
            delete(folder);
        }
        System.exit(0);
    }

    /** Takes the parts of a bench out of what was chosen, when that bench was. */
    private static List<String> parts(List<String> known, String bench, List<String> chosen) {
        if (!chosen.contains(bench)) {
            return List.of();
        }
        List<String> parts = known.stream().filter(chosen::contains).toList();
        chosen.removeAll(parts);
        return parts;
    }

    private static List<String> all(List<String> parts, List<String> known) {
        return parts.isEmpty() ? known : parts;
    }

    private static void ingest(Path folder, Report report, double seconds) throws Exception {
        report.section("MQTT QoS 1 → log (PUBACK after the record is in the log), no TLS");
        report.line(
                "| payload | publishers × in flight | msg/s | ack p50 | p99 | acknowledged | in the log |");
        report.line("|---|---|---|---|---|---|---|");
        for (int[] load : new int[][] {{64, 1, 1}, {64, 20, 20}, {8192, 20, 20}}) {
            Path data = Files.createTempDirectory(folder, "ingest");
            try (var server = ServerUnderTest.start(data, true)) {
                new Setup(server).sources();
                var bench = new IngestBench(server.ports().mqttPlain(), load[1], load[2], load[0]);
                long warm = bench.run(Math.min(5, seconds)).acknowledged();
                IngestBench.Result result = bench.run(seconds);
                long found = new LogCount(server.ports().kafka()).records(Setup.SMALL_LOG_TOPIC);
                report.line(
                        "| %,d B | %d × %d | %,.0f | %.2f ms | %.2f ms | %,d | %,d |",
                        load[0],
                        load[1],
                        load[2],
                        result.perSecond(),
                        result.latency().getValueAtPercentile(50) / 1e3,
                        result.latency().getValueAtPercentile(99) / 1e3,
                        warm + result.acknowledged(),
                        found);
            }
        }
    }

    private static void pipeline(Path folder, Report report, double seconds) throws Exception {
        report.section("MQTT QoS 1 → log → model step → MQTT QoS 1, pictures of 7,976 B, no TLS");
        report.line("| offered msg/s | answered msg/s | p50 | p99 | max | sent | answered |");
        report.line("|---|---|---|---|---|---|---|");
        Path data = Files.createTempDirectory(folder, "pipeline");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            setup.sources();
            setup.pipeline();
            var bench = PipelineBench.ofPictures(server.ports().mqttPlain());
            bench.run(1_000, Math.min(10, seconds));
            boolean keepsUp = true;
            for (int rate = 1_000; keepsUp && rate <= 64_000; rate *= 2) {
                PipelineBench.Result result = bench.run(rate, seconds);
                report.line(
                        "| %,d | %,.0f | %.2f ms | %.2f ms | %.1f ms | %,d | %,d |",
                        rate,
                        result.perSecond(),
                        result.latency().getValueAtPercentile(50) / 1e3,
                        result.latency().getValueAtPercentile(99) / 1e3,
                        result.latency().getMaxValue() / 1e3,
                        result.sent(),
                        result.answered());
                keepsUp = result.perSecond() > 0.9 * rate;
            }
            report.line("");
            report.line(
                    "Resident memory afterwards, TensorFlow loaded: %d MB.",
                    server.residentMegabytes());
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @org.jspecify.annotations.Nullable IOException failure)
                            throws IOException {
                        Files.deleteIfExists(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
