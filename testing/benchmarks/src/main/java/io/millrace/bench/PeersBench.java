package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The same ONNX model and the same picture with Millrace and with other servers, each set up as its
 * own guide says; all run at the same time and take turns under load.
 */
final class PeersBench {

    private static final int[] RATES = {100, 500, 2_000};
    private static final int CONNECTIONS = 16;
    private static final int WARM_UPS = 2;
    private static final String MODEL = "cnn";
    private static final String V1 = "V1 JSON";
    private static final String V2 = "V2 JSON";
    private static final String GRPC = "V2 gRPC, raw";

    private final Path folder;
    private final Report report;
    private final Effort effort;
    private final List<AutoCloseable> running = new ArrayList<>();
    private final List<Subject> subjects = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();

    PeersBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /** A server by one protocol, and what was seen of it in each round. */
    private record Subject(
            String server,
            String protocol,
            Load load,
            Process process,
            List<Sample> full,
            List<List<Load.Result>> fixed) {

        Subject(String server, String protocol, Load load, Process process) {
            this(server, protocol, load, process, new ArrayList<>(), new ArrayList<>());
            for (int _ : RATES) {
                fixed.add(new ArrayList<>());
            }
        }

        double perSecond() {
            return Median.of(full, sample -> sample.result().perSecond());
        }
    }

    /** Microseconds of the server's processor time for a request, and what the client saw. */
    private record Sample(double cpu, Load.Result result) {}

    /**
     * Measures.
     *
     * @param withPeers whether there is more than Millrace
     */
    void run(boolean withPeers) throws Exception {
        var picture = new Picture();
        report.section("Beside other servers: one picture of 28 × 28, one ONNX model");
        try {
            startMillrace(picture);
            if (withPeers) {
                start("MLServer", () -> startMlserver(picture));
                start("KServe Python server", () -> startKserve(picture));
                start("DJL's library behind a bare server", () -> startDjl(picture));
            } else {
                missing.add("Other servers: only with `--peers`, which installs them.");
            }
            measure();
            write();
        } finally {
            for (AutoCloseable server : running.reversed()) {
                server.close();
            }
        }
    }

    private interface Start {
        void start() throws IOException, InterruptedException;
    }

    private void start(String name, Start start) throws IOException, InterruptedException {
        System.err.println("bench: starting " + name);
        try {
            start.start();
        } catch (MillraceException e) {
            missing.add(name + " was not measured: " + e.text().strip());
        }
    }

    private void startMillrace(Picture picture) throws IOException, InterruptedException {
        Path data = Files.createTempDirectory(folder, "peers");
        var server = ServerUnderTest.start(data, true);
        running.add(server);
        new Setup(server).onnx(MODEL, 1, OnnxModels.small(1));
        int port = server.ports().http();
        add("Millrace", V1, v1(port, picture), server.process());
        add("Millrace", V2, v2(port, picture), server.process());
        add("Millrace", GRPC, grpc(port, picture), server.process());
    }

    private void startMlserver(Picture picture) throws IOException, InterruptedException {
        var software = new PeerSoftware();
        Path venv = software.environment("mlserver");
        Path sources = software.sources("mlserver");
        for (String variant : List.of("", "-batching")) {
            Path home = Files.createDirectory(folder.resolve("mlserver" + variant));
            Files.copy(
                    sources.resolve("model-settings" + variant + ".json"),
                    home.resolve("model-settings.json"));
            Files.copy(sources.resolve("onnx_runtime.py"), home.resolve("onnx_runtime.py"));
            Files.write(home.resolve("cnn.onnx"), OnnxModels.small(1));
            var server = PeerServer.mlserver(venv, home);
            running.add(server);
            String name = variant.isEmpty() ? "MLServer" : "MLServer, adaptive batching";
            add(name, V2, v2(server.httpPort(), picture), server.process());
            if (variant.isEmpty()) {
                add(name, GRPC, grpc(server.grpcPort(), picture), server.process());
            }
        }
    }

    private void startKserve(Picture picture) throws IOException, InterruptedException {
        var software = new PeerSoftware();
        Path venv = software.environment("kserve");
        Path home = Files.createDirectory(folder.resolve("kserve"));
        Path model = Files.write(home.resolve("cnn.onnx"), OnnxModels.small(1));
        Path script = software.sources("kserve").resolve("onnx_model.py");
        var server = PeerServer.kserve(venv, script, model, home);
        running.add(server);
        String name = "KServe Python server";
        add(name, V1, v1(server.httpPort(), picture), server.process());
        add(name, V2, v2(server.httpPort(), picture), server.process());
        add(name, GRPC, grpc(server.grpcPort(), picture), server.process());
    }

    private void startDjl(Picture picture) throws IOException, InterruptedException {
        String classPath = new PeerSoftware().djlClassPath();
        Path home = Files.createDirectory(folder.resolve("djl"));
        Files.write(home.resolve("cnn.onnx"), OnnxModels.small(1));
        var server =
                ChildServer.start(
                        "djl-server",
                        classPath,
                        List.of("io.millrace.peers.DjlServer", home.toString(), MODEL),
                        home);
        running.add(server);
        add(
                "DJL's library, bare Helidon",
                V1,
                new HttpLoad(server.port(), "/predict", picture.v1()),
                server.process());
    }

    private void add(String server, String protocol, Load load, Process process) {
        subjects.add(new Subject(server, protocol, load, process));
    }

    private static Load v1(int port, Picture picture) {
        return new HttpLoad(port, "/v1/models/cnn:predict", picture.v1());
    }

    private static Load v2(int port, Picture picture) {
        return new HttpLoad(port, "/v2/models/cnn/infer", picture.v2());
    }

    private static Load grpc(int port, Picture picture) throws IOException {
        var load = new GrpcLoad(port, MODEL, 1, picture.raw(1));
        load.check();
        return load;
    }

    private void measure() throws IOException, InterruptedException {
        for (int round = 0; round < WARM_UPS; round++) {
            for (Subject subject : subjects) {
                subject.load().run(CONNECTIONS, 0, effort.seconds());
            }
        }
        for (int round = 0; round < effort.rounds(); round++) {
            for (Subject subject : subjects) {
                subject.full().add(full(subject));
            }
            for (int i = 0; i < RATES.length; i++) {
                for (Subject subject : subjects) {
                    // More than it can: nothing to learn from its queue.
                    if (!subject.protocol().equals(GRPC) && subject.perSecond() > 0.9 * RATES[i]) {
                        subject.fixed()
                                .get(i)
                                .add(subject.load().run(CONNECTIONS, RATES[i], effort.seconds()));
                    }
                }
            }
        }
    }

    private Sample full(Subject subject) throws IOException, InterruptedException {
        long before = ProcessorTime.ofTree(subject.process()).toNanos();
        Load.Result result = subject.load().run(CONNECTIONS, 0, effort.seconds());
        long used = ProcessorTime.ofTree(subject.process()).toNanos() - before;
        return new Sample(used / 1e3 / result.answered(), result);
    }

    private void write() throws IOException {
        report.line(
                "Medians of %d rounds of %.1f s, the servers taking turns; %d connections, each with one"
                        + " request under way. Memory is what the processes of a server occupy after the load,"
                        + " shared pages counted once.",
                effort.rounds(), effort.seconds(), CONNECTIONS);
        for (String sentence : missing) {
            report.line("");
            report.line("%s", sentence);
        }
        report.line("");
        report.line(
                "| as many as go | protocol | requests/s | p50 | p99 | server CPU a request | memory |");
        report.line("|---|---|---|---|---|---|---|");
        for (Subject subject : subjects) {
            report.line(
                    "| %s | %s | %,.0f | %.2f ms | %.2f ms | %,.0f µs | %,d MB |",
                    subject.server(),
                    subject.protocol(),
                    subject.perSecond(),
                    percentile(subject.full().stream().map(Sample::result).toList(), 50),
                    percentile(subject.full().stream().map(Sample::result).toList(), 99),
                    Median.of(subject.full(), Sample::cpu),
                    Memory.ofTree(subject.process()) / 1024);
        }
        report.line("");
        report.line("| p50, p99 at a fixed rate | protocol | 100/s | 500/s | 2,000/s |");
        report.line("|---|---|---|---|---|");
        for (Subject subject : subjects) {
            if (!subject.protocol().equals(GRPC)) {
                var line = new StringBuilder("| " + subject.server() + " | " + subject.protocol());
                subject.fixed().forEach(results -> line.append(" | ").append(cell(results)));
                report.line("%s |", line);
            }
        }
        writeRatios();
    }

    private static String cell(List<Load.Result> results) {
        if (results.isEmpty() || results.stream().anyMatch(result -> !result.isSustained())) {
            return "not kept";
        }
        return "%.2f ms, %.2f ms".formatted(percentile(results, 50), percentile(results, 99));
    }

    private void writeRatios() {
        report.line("");
        for (Subject peer : subjects) {
            if (!peer.server().equals("Millrace")) {
                Subject own =
                        subjects.stream()
                                .filter(s -> s.protocol().equals(peer.protocol()))
                                .findFirst()
                                .orElseThrow();
                report.line(
                        "- Millrace to %s, %s: %.1f × the throughput, %.2f × the processor time.",
                        peer.server(),
                        peer.protocol(),
                        own.perSecond() / peer.perSecond(),
                        Median.of(own.full(), Sample::cpu) / Median.of(peer.full(), Sample::cpu));
            }
        }
    }

    private static double percentile(List<Load.Result> results, double percent) {
        return Median.of(results, result -> result.latency().getValueAtPercentile(percent) / 1e6);
    }
}
