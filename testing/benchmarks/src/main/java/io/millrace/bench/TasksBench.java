package io.millrace.bench;

import io.millrace.api.MillraceException;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Two tasks against one, with a Python function that is busy. The tasks are started first and get
 * records until each of them answers: a task that joins while another works through what one poll
 * gave it has to wait for that, and the clock must not run meanwhile. Its end is counted before
 * either of them has nothing left.
 */
final class TasksBench {

    /** Counts and times are taken together, so a rare look costs no accuracy. */
    private static final Duration RARELY = Duration.ofMillis(200);

    private static final int WARM_UP = 400;
    private static final int WARM_UPS = 100;

    private final Path folder;
    private final Report report;
    private final int records;

    TasksBench(Path folder, Report report, boolean isShort) {
        this.folder = folder;
        this.report = report;
        this.records = isShort ? 4_000 : 40_000;
    }

    private record Run(double perSecond, double workerMicros, double serverMicros) {}

    void run() throws Exception {
        report.section("Two tasks against one: a Python function that computes for about 0.3 ms");
        Path data = Files.createTempDirectory(folder, "tasks");
        try (var server = ServerUnderTest.start(data, true);
                var log = TopicLoad.log(server)) {
            var setup = new Setup(server);
            setup.apply(
                    """
                    apiVersion: millrace.io/v1
                    kind: Function
                    metadata: {name: busy}
                    spec:
                      language: python
                      environment: python
                      source:
                        inline: |
                          import os
                          def main(ctx, msg):
                              total = 0
                              for i in range(10000):
                                  total += i * i
                              ctx.send(str(os.getpid()))
                    """);
            setup.awaitReady("functions/busy");
            Run one = tasks(setup, server, log, 1);
            Run two = tasks(setup, server, log, 2);
            report.line("| tasks | records/s | CPU a record: Python | server and broker |");
            report.line("|---|---|---|---|");
            row(1, one);
            row(2, two);
            report.line("");
            report.line(
                    "Two against one: %.2f ×. %d processors: what the server, its broker and this"
                            + " program use is missing to the second worker where there are only two.",
                    two.perSecond() / one.perSecond(), Runtime.getRuntime().availableProcessors());
        }
    }

    private void row(int tasks, Run run) {
        report.line(
                "| %d | %,.0f | %.0f µs | %.0f µs |",
                tasks, run.perSecond(), run.workerMicros(), run.serverMicros());
    }

    private Run tasks(Setup setup, ServerUnderTest server, StreamLog log, int tasks)
            throws Exception {
        String input = "bench.work-" + tasks;
        String output = "out.tasks-" + tasks;
        log.ensureTopics(Set.of(input, output));
        setup.apply(
                """
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: tasks-%d}
                spec:
                  from: {kafka: {topic: %s}, start: earliest}
                  steps: [{function: {name: busy}}]
                  to: [{kafka: {topic: %s}}]
                  scale: {min: %d}
                """
                        .formatted(tasks, input, output, tasks));
        try (LogReader reader = log.reader(1_000)) {
            long warm = warmUp(log, reader, input, output, tasks);
            TopicLoad.fill(log, input, records, _ -> new byte[16]);
            long first = TopicLoad.awaitMore(reader, output, warm + records / 10, RARELY);
            long begin = System.nanoTime();
            Duration own = server.cpu();
            Duration all = ProcessorTime.ofTree(server.process());
            long last = TopicLoad.awaitMore(reader, output, warm + records * 8L / 10, RARELY);
            double took = (System.nanoTime() - begin) / 1e9;
            Duration ownUsed = server.cpu().minus(own);
            Duration used = ProcessorTime.ofTree(server.process()).minus(all);
            setup.delete("pipelines/tasks-" + tasks);
            long count = last - first;
            return new Run(
                    count / took,
                    used.minus(ownUsed).toNanos() / 1e3 / count,
                    ownUsed.toNanos() / 1e3 / count);
        }
    }

    /** Sends a few records at a time until some of them were answered by each worker. */
    private static long warmUp(
            StreamLog log, LogReader reader, String input, String output, int tasks)
            throws InterruptedException {
        Map<LogPartition, Long> seen = new HashMap<>();
        for (int i = 1; i <= WARM_UPS; i++) {
            TopicLoad.fill(log, input, WARM_UP, _ -> new byte[16]);
            TopicLoad.awaitMore(reader, output, (long) WARM_UP * i - 1);
            if (workers(reader, output, seen).size() == tasks) {
                return (long) WARM_UP * i;
            }
        }
        throw MillraceException.internal(
                "%d tasks do not share the work of %s".formatted(tasks, input), null);
    }

    /** Who answered since the last look. */
    private static Set<String> workers(
            LogReader reader, String output, Map<LogPartition, Long> seen) {
        var parts = new HashMap<LogPartition, OffsetRange>();
        reader.ranges(List.of(output))
                .forEach((partition, range) -> {
                    long from = seen.getOrDefault(partition, range.from());
                    parts.put(partition, new OffsetRange(from, range.to()));
                    seen.put(partition, range.to());
                });
        var workers = new HashSet<String>();
        reader.seek(parts);
        while (!reader.isAtEnd()) {
            for (LogRecord record : reader.poll(Duration.ofSeconds(1))) {
                workers.add(new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return workers;
    }
}
