package io.millrace.bench;

import io.millrace.api.MillraceException;
import io.millrace.sender.Sample;
import io.millrace.sender.TrainingSender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Training from the log: how fast small records become samples, what an epoch takes beside plain
 * Keras on the same arrays in the same environment, and whether the server's memory grows with the
 * dataset.
 */
final class TrainingBench {

    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int CLASSES = 10;
    private static final int EPOCHS = 5;
    private static final int BATCH = 64;

    private final Path folder;
    private final Report report;
    private final boolean isShort;

    TrainingBench(Path folder, Report report, boolean isShort) {
        this.folder = folder;
        this.report = report;
        this.isShort = isShort;
    }

    /** What a run has reported, and the most resident memory of the server meanwhile. */
    private record Outcome(JsonNode report, long megabytes) {

        double laidDownSeconds() {
            String text = report.path("lineage").path("laid down in").asString("0 ms");
            return Double.parseDouble(text.replace(" ms", "")) / 1e3;
        }

        List<Double> epochSeconds() {
            var seconds = new ArrayList<Double>();
            report.path("epochs")
                    .forEach(each -> seconds.add(each.path("millis").asDouble() / 1e3));
            return seconds;
        }
    }

    void run() throws Exception {
        Path data = Files.createTempDirectory(folder, "training");
        try (var server = ServerUnderTest.start(data, true)) {
            laying(server);
            epochs(server, data);
        }
    }

    private void laying(ServerUnderTest server) throws Exception {
        report.section("Small records of the log → samples (64 B each, uint8, with their split)");
        report.line("| records | laid down in | records/s | most resident memory of the server |");
        report.line("|---|---|---|---|");
        for (int records :
                isShort ? new int[] {50_000} : new int[] {200_000, 1_000_000, 4_000_000}) {
            String name = "small-" + records;
            Outcome outcome = train(server, name, records, 8, 1, 16, 4_096);
            report.line(
                    "| %,d | %.2f s | %,.0f | %,d MB |",
                    records,
                    outcome.laidDownSeconds(),
                    records / outcome.laidDownSeconds(),
                    outcome.megabytes());
        }
    }

    private void epochs(ServerUnderTest server, Path data) throws Exception {
        int records = isShort ? 5_000 : 30_000;
        Outcome ours = train(server, "pictures", records, 28, EPOCHS, 128, BATCH);
        List<Double> plain = plainKeras(data);
        report.section(
                "Time per epoch, %,d pictures of 28 × 28, batch %d: from the log, and plain Keras fit on arrays in memory"
                        .formatted(records, BATCH));
        report.line("| epoch | Millrace | plain Keras |");
        report.line("|---|---|---|");
        List<Double> seconds = ours.epochSeconds();
        for (int i = 0; i < Math.min(seconds.size(), plain.size()); i++) {
            report.line("| %d | %.3f s | %.3f s |", i + 1, seconds.get(i), plain.get(i));
        }
        double whole = sum(seconds);
        report.line("| all | %.3f s | %.3f s |", whole, sum(plain));
        report.line("");
        report.line(
                "Speed beside plain Keras, first epoch included: %.2f. Before the first epoch, samples were laid down in %.2f s.",
                sum(plain) / whole, ours.laidDownSeconds());
    }

    private static double sum(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).sum();
    }

    private Outcome train(
            ServerUnderTest server,
            String name,
            int records,
            int side,
            int epochs,
            int units,
            int batch)
            throws Exception {
        List<String> ranges = send(server, name, records, side);
        new Setup(server)
                .apply(
                        """
                        apiVersion: millrace.io/v1
                        kind: ModelDefinition
                        metadata: {name: %1$s}
                        spec:
                          library: keras
                          source:
                            inline: |
                              model = keras.Sequential([
                                  keras.layers.Input((%2$d, %2$d)),
                                  keras.layers.Flatten(),
                                  keras.layers.Dense(%5$d, activation='relu'),
                                  keras.layers.Dense(10, activation='softmax')])
                              model.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
                        ---
                        apiVersion: millrace.io/v1
                        kind: Dataset
                        metadata: {name: %1$s}
                        spec:
                          ranges: [%3$s]
                          decode: {format: raw, type: uint8, shape: [%2$d, %2$d]}
                          label: {place: key, decode: {format: raw, type: uint8}}
                        ---
                        apiVersion: millrace.io/v1
                        kind: TrainingRun
                        metadata: {name: %1$s}
                        spec:
                          definition: %1$s
                          dataset: %1$s
                          training: {batch: %6$d, fit: {epochs: "%4$d"}, seed: 1, confusionMatrix: false}
                        """
                                .formatted(
                                        name,
                                        side,
                                        String.join(
                                                ", ",
                                                ranges.stream().map(r -> "\"" + r + "\"").toList()),
                                        epochs,
                                        units,
                                        batch));
        long begin = System.nanoTime();
        long most = 0;
        while (System.nanoTime() - begin < PATIENCE.toNanos()) {
            most = Math.max(most, server.residentMegabytes());
            JsonNode found =
                    JSON.readTree(
                            server.get(
                                    "/api/v1/projects/default/trainingruns/" + name + "/report"));
            String phase = found.path("state").path("phase").asString("").toLowerCase(Locale.ROOT);
            if (phase.equals("finished")) {
                return new Outcome(found, most);
            }
            if (phase.equals("failed")) {
                throw MillraceException.internal("the run failed: " + found.path("state"), null);
            }
            Thread.sleep(200);
        }
        throw MillraceException.internal("the run " + name + " did not end", null);
    }

    private static List<String> send(ServerUnderTest server, String topic, int records, int side) {
        var random = new SplittableRandom(1);
        try (var sender =
                TrainingSender.open("127.0.0.1:" + server.ports().kafka(), topic, Map.of())) {
            for (int i = 0; i < records; i++) {
                byte[] pixels = new byte[side * side];
                random.nextBytes(pixels);
                sender.send(new Sample(new byte[] {(byte) (i % CLASSES)}, pixels));
            }
            return sender.finish();
        }
    }

    /** The same model on the same arrays, which it reads into memory first. */
    private List<Double> plainKeras(Path data) throws IOException, InterruptedException {
        Path script =
                Path.of(
                        System.getProperty("millrace.home"),
                        "testing/benchmarks/peers/plain_fit.py");
        Path out = folder.resolve("plain-fit.log");
        Process process =
                new ProcessBuilder(
                                newest(environments(), "keras").resolve("bin/python").toString(),
                                script.toString(),
                                newest(data.resolve("training/samples"), "").toString(),
                                Integer.toString(EPOCHS),
                                Integer.toString(BATCH))
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        int code = process.waitFor();
        String text = Files.readString(out, StandardCharsets.UTF_8);
        if (code != 0) {
            throw MillraceException.internal("plain Keras failed:\n" + text, null);
        }
        return text.lines()
                .filter(line -> line.startsWith("epoch "))
                .map(line -> Double.parseDouble(line.substring("epoch ".length())))
                .toList();
    }

    private static Path environments() {
        return Path.of(System.getProperty("user.home"), ".cache/millrace/environments");
    }

    /** The folder that was written last, of those whose packages have a name in them. */
    private static Path newest(Path parent, String packageName) throws IOException {
        try (Stream<Path> all = Files.list(parent)) {
            return all.filter(path -> holds(path, packageName))
                    .max(Comparator.comparingLong(path -> path.toFile().lastModified()))
                    .orElseThrow(() ->
                            MillraceException.internal("nothing useful is in " + parent, null));
        }
    }

    private static boolean holds(Path path, String packageName) {
        if (packageName.isEmpty()) {
            return Files.exists(path.resolve("x.npy"));
        }
        try (Stream<Path> all =
                Files.find(path.resolve("lib"), 4, (p, _) -> p.endsWith(packageName))) {
            return all.findAny().isPresent();
        } catch (IOException e) {
            return false;
        }
    }
}
