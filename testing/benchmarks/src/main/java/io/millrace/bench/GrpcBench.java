package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Open Inference over gRPC with raw tensors, 32 pictures a call, against the engine called directly
 * in a loop with as many threads as there are cores.
 */
final class GrpcBench {

    private static final int BATCH = 32;
    private static final int[] CALLERS = {1, 4, 16};
    private static final int WARM_UPS = 3;

    private final Path folder;
    private final Report report;
    private final Effort effort;

    GrpcBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /**
     * What was seen in a round.
     *
     * @param serverCpu microseconds for a call
     * @param clientCpu microseconds for a call
     */
    private record Sample(
            double itemsPerSecond, double serverCpu, double clientCpu, double p50, double p99) {}

    void run() throws Exception {
        byte[] raw = new Picture().raw(BATCH);
        report.section(
                "V2 gRPC, raw tensors [%d,28,28,1] float32, %,d B".formatted(BATCH, raw.length));
        report.line(
                "Medians of %d rounds of %.1f s, engine and callers taking turns. Each caller has a"
                        + " connection of its own and one call under way. The engine alone: `LoadedModel.run` in"
                        + " a process of its own, as many threads as cores.",
                effort.rounds(), effort.seconds());
        Path data = Files.createTempDirectory(folder, "grpc");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            compare("small", OnnxModels.small(1), raw, server, setup);
            compare("heavy", OnnxModels.heavy(), raw, server, setup);
        }
    }

    private void compare(String name, byte[] model, byte[] raw, ServerUnderTest server, Setup setup)
            throws Exception {
        setup.onnx(name, 1, model);
        Path modelFile = Files.write(folder.resolve(name + ".onnx"), model);
        Path pictures = Files.write(folder.resolve("pictures"), raw);
        var load = new GrpcLoad(server.ports().http(), name, BATCH, raw);
        load.check();
        try (var engine =
                ChildServer.start(
                        "engine",
                        System.getProperty("java.class.path"),
                        List.of(
                                EngineLoop.class.getName(),
                                modelFile.toString(),
                                pictures.toString(),
                                Integer.toString(BATCH)),
                        folder)) {
            for (int i = 0; i < WARM_UPS; i++) {
                direct(engine);
                load.run(4, 0, effort.seconds());
            }
            var alone = new ArrayList<Sample>();
            var served = new ArrayList<List<Sample>>();
            for (int _ : CALLERS) {
                served.add(new ArrayList<>());
            }
            for (int round = 0; round < effort.rounds(); round++) {
                alone.add(direct(engine));
                for (int i = 0; i < CALLERS.length; i++) {
                    served.get(i).add(served(load, CALLERS[i], server));
                }
            }
            write(name, alone, served);
        }
    }

    private Sample direct(ChildServer engine) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        String[] answer = engine.ask(cores + " " + effort.seconds()).split(" ", -1);
        double items = Double.parseDouble(answer[0]);
        double cpu = Double.parseDouble(answer[2]) * 1e6 * BATCH / items;
        return new Sample(items / Double.parseDouble(answer[1]), cpu, 0, 0, 0);
    }

    private Sample served(GrpcLoad load, int callers, ServerUnderTest server)
            throws IOException, InterruptedException {
        long before = server.cpu().toNanos();
        Load.Result result = load.run(callers, 0, effort.seconds());
        double used = (server.cpu().toNanos() - before) / 1e3;
        return new Sample(
                result.perSecond() * BATCH,
                used / result.answered(),
                result.clientCpu() * 1e6 / result.answered(),
                result.latency().getValueAtPercentile(50) / 1e6,
                result.latency().getValueAtPercentile(99) / 1e6);
    }

    private void write(String name, List<Sample> alone, List<List<Sample>> served) {
        int cores = Runtime.getRuntime().availableProcessors();
        double direct = Median.of(alone, Sample::itemsPerSecond);
        double directCpu = Median.of(alone, Sample::serverCpu);
        report.line("");
        report.line(
                "Model `%s`, the engine alone: %,.0f items/s, %.0f µs of processor time for %d"
                        + " pictures.",
                name, direct, directCpu, BATCH);
        report.line("");
        report.line(
                "| callers | items/s | ÷ engine alone | server CPU a call | client CPU a call"
                        + " | engine CPU ÷ server CPU | p50 | p99 |");
        report.line("|---|---|---|---|---|---|---|---|");
        for (int i = 0; i < CALLERS.length; i++) {
            List<Sample> samples = served.get(i);
            double items = Median.of(samples, Sample::itemsPerSecond);
            double cpu = Median.of(samples, Sample::serverCpu);
            report.line(
                    "| %d | %,.0f | %.2f | %.0f µs | %.0f µs | %.2f | %.2f ms | %.2f ms |",
                    CALLERS[i],
                    items,
                    items / direct,
                    cpu,
                    Median.of(samples, Sample::clientCpu),
                    directCpu / cpu,
                    Median.of(samples, Sample::p50),
                    Median.of(samples, Sample::p99));
        }
        report.line("");
        report.line(
                "The client computes on the same cores. \"Engine CPU ÷ server CPU\" is the ratio with its part taken"
                        + " out: what the server would reach on %d cores if the client ran elsewhere.",
                cores);
    }
}
