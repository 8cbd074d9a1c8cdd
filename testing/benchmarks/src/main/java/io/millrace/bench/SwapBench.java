package io.millrace.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A model's two versions promoted in turn under load: failed requests, and the latency of requests
 * during promotions beside that of all others.
 */
final class SwapBench {

    private static final int RATE = 500;
    private static final int CONNECTIONS = 4;
    private static final String MODEL = "swapped";

    /**
     * Requests due so long after a promotion was asked for count as "during": a quarter at most.
     */
    private static final double WINDOW = 1;

    private final Path folder;
    private final Report report;
    private final Effort effort;

    SwapBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    private double period() {
        return effort.isShort() ? 4 : 10;
    }

    private int swaps() {
        return effort.isShort() ? 3 : 12;
    }

    void run() throws Exception {
        report.section(
                "Swap under load: %d V1 requests/s, a promotion every %.0f s"
                        .formatted(RATE, period()));
        Path data = Files.createTempDirectory(folder, "swap");
        try (var server = ServerUnderTest.start(data, true)) {
            var setup = new Setup(server);
            setup.onnx(MODEL, 1, OnnxModels.small(1));
            setup.onnx(MODEL, 2, OnnxModels.small(2));
            setup.promote(MODEL, 1);
            var load =
                    new HttpLoad(
                            server.ports().http(),
                            "/v1/models/" + MODEL + ":predict",
                            new Picture().v1());
            load.run(CONNECTIONS, 0, 2 * effort.seconds());
            double quiet = Math.min(swaps() * period(), effort.isShort() ? 4 : 30);
            var before = new Watch();
            load.run(CONNECTIONS, RATE, quiet, before);
            var during = new Watch();
            List<Swap> swaps = underLoad(load, setup, during);
            write(quiet, before, during, swaps);
        }
    }

    /** When a promotion was asked for and when the management API had answered. */
    private record Swap(long asked, long answered) {}

    private List<Swap> underLoad(Load load, Setup setup, Watch watch) throws Exception {
        var swaps = new ArrayList<Swap>();
        try (var executor = Executors.newSingleThreadExecutor()) {
            Future<Load.Result> running =
                    executor.submit(
                            () -> load.run(CONNECTIONS, RATE, (swaps() + 0.5) * period(), watch));
            long begin = System.nanoTime();
            for (int i = 0; i < swaps(); i++) {
                long due = begin + (long) ((i + 0.5) * period() * 1e9);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                long asked = System.nanoTime();
                setup.promote(MODEL, i % 2 == 0 ? 2 : 1);
                swaps.add(new Swap(asked, System.nanoTime()));
            }
            running.get();
        }
        return swaps;
    }

    private void write(double quiet, Watch before, Watch watch, List<Swap> swaps) {
        var during = new Histogram(3);
        var apart = new Histogram(3);
        for (Answer answer : watch.answers) {
            boolean isNear =
                    swaps.stream()
                            .anyMatch(swap ->
                                    answer.now() > swap.asked()
                                            && answer.due() < swap.asked() + WINDOW * 1e9);
            (isNear ? during : apart).recordValue(answer.now() - answer.due());
        }
        report.line("| requests | answered | failed | p50 | p99 | slowest |");
        report.line("|---|---|---|---|---|---|");
        row("%.0f s without swaps, before".formatted(quiet), before.latency(), before.failed());
        row("with swaps: all", watch.latency(), watch.failed());
        row("with swaps: due within %.0f s after a promotion".formatted(WINDOW), during, 0);
        row("with swaps: all others", apart, 0);
        report.line("");
        report.line(
                "p99 during swaps to p99 of the others: %.2f ×; to the time before: %.2f ×; of all with"
                        + " swaps to the time before: %.2f ×.",
                ratio(during, apart),
                ratio(during, before.latency()),
                ratio(watch.latency(), before.latency()));
        report.line(
                "%d promotions; the management API answered after %.1f ms (median). %s",
                swaps.size(),
                Median.of(swaps.stream().map(s -> (s.answered() - s.asked()) / 1e6).toList()),
                changes(watch, swaps));
        Exception failure = watch.first.get();
        if (failure != null) {
            report.line("The first failure: %s", failure);
        }
    }

    private static double ratio(Histogram of, Histogram to) {
        return (double) of.getValueAtPercentile(99) / to.getValueAtPercentile(99);
    }

    /** Each promotion must have changed the answers, or nothing was swapped. */
    private static String changes(Watch watch, List<Swap> swaps) {
        List<Answer> inOrder =
                watch.answers.stream()
                        .sorted(java.util.Comparator.comparingLong(Answer::now))
                        .toList();
        var delays = new ArrayList<Double>();
        for (int i = 0; i < swaps.size(); i++) {
            long from = swaps.get(i).asked();
            long to = i + 1 < swaps.size() ? swaps.get(i + 1).asked() : Long.MAX_VALUE;
            int old = inOrder.stream().filter(a -> a.now() < from).toList().getLast().text();
            inOrder.stream()
                    .filter(a -> a.due() > from && a.now() < to && a.text() != old)
                    .findFirst()
                    .ifPresent(a -> delays.add((a.now() - from) / 1e6));
        }
        if (delays.size() < swaps.size()) {
            return "Only %d of them changed the answers.".formatted(delays.size());
        }
        return "Each changed the answers, the first new one after %.0f ms (median), %.0f ms (slowest)."
                .formatted(
                        Median.of(delays), delays.stream().mapToDouble(d -> d).max().orElseThrow());
    }

    private void row(String name, Histogram latency, long failed) {
        report.line(
                "| %s | %,d | %d | %.2f ms | %.2f ms | %.1f ms |",
                name,
                latency.getTotalCount(),
                failed,
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                latency.getMaxValue() / 1e6);
    }

    /** When a request was due, when its answer came, and which answer it was. */
    private record Answer(long due, long now, int text) {}

    /** Keeps everything; a run has few enough requests. */
    private static final class Watch implements Load.Observer {

        private final ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<Long> failures = new ConcurrentLinkedQueue<>();
        private final AtomicReference<@Nullable Exception> first = new AtomicReference<>();

        @Override
        public void answered(long due, long now, int answer) {
            answers.add(new Answer(due, now, answer));
        }

        @Override
        public void failed(long due, Exception failure) {
            failures.add(due);
            first.compareAndSet(null, failure);
        }

        Histogram latency() {
            var latency = new Histogram(3);
            answers.forEach(answer -> latency.recordValue(answer.now() - answer.due()));
            return latency;
        }

        int failed() {
            return failures.size();
        }
    }
}
