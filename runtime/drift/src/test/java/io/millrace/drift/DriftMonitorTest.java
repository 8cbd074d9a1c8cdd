package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.api.Kind;
import io.millrace.api.MonitorSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.CallRecords;
import io.millrace.spi.DriftReport;
import io.millrace.spi.DriftReport.NumberError;
import io.millrace.spi.DriftReport.State;
import io.millrace.spi.DriftReport.VersionDrift;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DriftMonitorTest {

    private static final int ITEMS = 50;

    private final RecordingMeters meters = new RecordingMeters();
    private final List<String> events = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger changes = new AtomicInteger();
    private final StreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);
    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(17);

    @TempDir private Path folder;

    private DriftMonitor monitor() {
        var eventLog =
                new EventLog() {
                    @Override
                    public void record(
                            ResourceKey key, Severity severity, String reason, String message) {
                        events.add(severity + " " + reason + " " + message);
                    }

                    @Override
                    public List<Event> of(ResourceKey resource) {
                        return List.of();
                    }

                    @Override
                    public List<Event> of(ProjectId project) {
                        return List.of();
                    }

                    @Override
                    public void remove(ResourceKey resource) {}
                };
        return new DriftMonitor(
                new DriftConfig(folder, "node", 64, 1 << 20, Duration.ofHours(1)),
                log,
                eventLog,
                meters,
                TimeSource.system(),
                random::nextDouble);
    }

    private void watch(DriftMonitor monitor, MonitorSpec spec) {
        monitor.watch(Given.MODEL, Given.model(spec), changes::incrementAndGet);
    }

    /** Calls of fifty items each, looked at one by one. */
    private void call(DriftMonitor monitor, int version, int calls, double mean) {
        for (int i = 0; i < calls; i++) {
            var rows = new float[2 * ITEMS];
            var predictions = new float[ITEMS];
            for (int item = 0; item < ITEMS; item++) {
                rows[2 * item] = (float) (mean + random.nextGaussian());
                rows[2 * item + 1] = random.nextFloat();
                predictions[item] = rows[2 * item] + rows[2 * item + 1];
            }
            answered(monitor, version, Given.rows(2, rows), Given.rows(1, predictions));
            monitor.doWork();
        }
    }

    private static void answered(
            DriftMonitor monitor, int version, List<Tensor> inputs, List<Tensor> outputs) {
        monitor.answered(Given.MODEL, version, Given.SIGNATURE, inputs, outputs, CallRecords.NONE);
    }

    private static VersionDrift seen(DriftMonitor monitor, int version) {
        return monitor.report(Given.MODEL).flatMap(report -> report.version(version)).orElseThrow();
    }

    @Test
    void aShiftBecomesAStateAnEventAndANumber() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 40, 0);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.STEADY);
            call(monitor, 1, 29, 1);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.STEADY);

            call(monitor, 1, 1, 1);

            assertThat(seen(monitor, 1).state()).isEqualTo(State.DRIFTED);
            assertThat(events).hasSize(2);
            assertThat(events.getFirst()).startsWith("NORMAL ReferenceComplete version 1");
            assertThat(events.getLast())
                    .startsWith("WARNING Drifted version 1: input x[0] (psi")
                    .contains("millrace models drift lstm");
            assertThat(changes.get()).isEqualTo(3); // first call, reference, drift
            assertThat(
                            meters.gaugeValue(
                                    "millrace_model_drift_distance",
                                    labels("part", "input", "feature", "x[0]")))
                    .isEqualTo(seen(monitor, 1).features().getFirst().distance())
                    .isGreaterThan(0.2);
            assertThat(meters.gaugeValue("millrace_model_drifted", labels())).isEqualTo(1);
        }
    }

    private static String[] labels(String... more) {
        var all = new ArrayList<>(List.of("project", "grid", "model", "lstm", "version", "1"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void aRestartForgetsNeitherReferenceNorState() {
        VersionDrift before;
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 40 + 30 + 4, 0);
            call(monitor, 1, 36, 1);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.DRIFTED);
            before = seen(monitor, 1);
        }
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());

            VersionDrift seen = seen(monitor, 1);
            assertThat(seen.state()).isEqualTo(State.DRIFTED);
            assertThat(seen.message()).contains("x[0]");
            assertThat(seen.referenceRecords()).isEqualTo(2_000);
            assertThat(seen.windows()).isEqualTo(7);
            assertThat(seen).isEqualTo(before);

            call(monitor, 1, 30 + 10, 0);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.STEADY);
            assertThat(events.getLast()).startsWith("NORMAL DriftEnded");
        }
    }

    @Test
    void aReferenceThatIsStillLearntGoesOnAfterARestart() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 30, 0);
        }
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            assertThat(seen(monitor, 1).referenceRecords()).isEqualTo(1_500);
            call(monitor, 1, 10, 0);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.STEADY);
        }
    }

    @Test
    void aDamagedFileIsLearntAnewAndNotBelieved() throws IOException {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 40, 0);
        }
        Path file = folder.resolve("grid").resolve("lstm").resolve("version-1");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());

            assertThat(monitor.report(Given.MODEL).orElseThrow().versions()).isEmpty();
            call(monitor, 1, 1, 0);
            assertThat(seen(monitor, 1).state()).isEqualTo(State.LEARNING);
        }
    }

    @Test
    void aNewVersionLearnsItsOwnReferenceUnlessItTakesThatOfAnother() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 40, 0);
            call(monitor, 2, 1, 5);
            assertThat(seen(monitor, 2).state()).isEqualTo(State.LEARNING);
        }
    }

    @Test
    void aSuccessorIsHeldAgainstTheReferenceOfItsPredecessor() {
        MonitorSpec plain = Given.monitor();
        var spec =
                new MonitorSpec(
                        1,
                        new MonitorSpec.SameAsVersion(1),
                        500,
                        plain.distance(),
                        plain.threshold(),
                        3,
                        Optional.empty());
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, spec);
            call(monitor, 2, 1, 0);
            assertThat(seen(monitor, 2).state()).isEqualTo(State.LEARNING);
            assertThat(seen(monitor, 2).message()).contains("the reference of version 1");

            call(monitor, 1, MonitorSpec.DEFAULT_REFERENCE / ITEMS, 0);
            call(monitor, 2, 30, 2);

            assertThat(seen(monitor, 2).state()).isEqualTo(State.DRIFTED);
            assertThat(seen(monitor, 2).referenceRecords())
                    .isEqualTo(MonitorSpec.DEFAULT_REFERENCE);
        }
    }

    @Test
    void whatIsNoLongerWatchedIsForgotten() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            call(monitor, 1, 40, 0);
            monitor.remove(Given.MODEL);

            assertThat(monitor.report(Given.MODEL)).isEmpty();
            assertThat(folder.resolve("grid").resolve("lstm")).doesNotExist();
        }
    }

    @Test
    void callsBeyondTheQueueAreCountedAndNobodyWaits() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            for (int i = 0; i < 100; i++) {
                answered(monitor, 1, Given.rows(2, 1, 2), Given.rows(1, 3));
            }
            DriftReport report = monitor.report(Given.MODEL).orElseThrow();
            assertThat(report.skipped()).isEqualTo(36);
            monitor.doWork();
            assertThat(seen(monitor, 1).referenceRecords()).isEqualTo(64);

            answered(monitor, 1, Given.rows(2, new float[1 << 19]), Given.rows(1, 3));
            assertThat(monitor.report(Given.MODEL).orElseThrow().skipped()).isEqualTo(37);
        }
    }

    @Test
    void aSampleTakesItsShare() {
        MonitorSpec plain = Given.monitor();
        var tenth =
                new MonitorSpec(
                        0.1,
                        new MonitorSpec.FirstRecords(100_000),
                        500,
                        plain.distance(),
                        plain.threshold(),
                        3,
                        Optional.empty());
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, tenth);
            call(monitor, 1, 2_000, 0);

            assertThat(seen(monitor, 1).referenceRecords() / ITEMS).isBetween(140L, 260L);
        }
    }

    @Test
    void aModelThatNobodyWatchesCostsNothing() {
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.monitor());
            var other = ResourceKey.of(Kind.MODEL, Given.MODEL.project(), "other");
            List<Tensor> inputs = Given.rows(2, 1, 2);
            List<Tensor> outputs = Given.rows(1, 3);
            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            // What the compiler allocates once is no cost of a call: the best of some rounds.
            for (int round = 0; round < 5; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 10_000; i++) {
                    monitor.answered(other, 1, Given.SIGNATURE, inputs, outputs, CallRecords.NONE);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).isLessThan(10_000); // not one byte for each call
        }
    }

    @Test
    void labelsFromTheLogGiveTheLiveError() {
        var labels =
                new MonitorSpec.Labels(
                        new MonitorSpec.LabelTopic("truth"),
                        Optional.of("id"),
                        "value",
                        Optional.empty(),
                        new MonitorSpec.NumberTarget(0),
                        Duration.ofMinutes(5),
                        Optional.empty());
        log.ensureTopics(List.of("truth"));
        try (DriftMonitor monitor = monitor()) {
            watch(monitor, Given.withLabels(labels));
            monitor.start();
            for (int i = 0; i < 3; i++) {
                LogRecord request = record("requests", i, "{\"id\":\"r%d\",\"x\":1}".formatted(i));
                monitor.answered(
                        Given.MODEL,
                        1,
                        Given.SIGNATURE,
                        Given.rows(2, 1, 2),
                        Given.rows(1, 10 + i),
                        _ -> request);
                append("{\"id\": \"r%d\", \"value\": \"%d\"}".formatted(i, 10 + 2 * i));
            }
            append("no JSON");

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> {
                        var quality = seen(monitor, 1).quality().orElseThrow();
                        assertThat(quality.joined()).isEqualTo(3);
                        assertThat(
                                        meters.gaugeValue(
                                                "millrace_model_labels_lost",
                                                "project",
                                                "grid",
                                                "model",
                                                "lstm",
                                                "reason",
                                                "invalid"))
                                .isEqualTo(1);
                        // errors 0, -1, -2
                        assertThat(((NumberError) quality.error()).mae()).isEqualTo(1);
                    });
            assertThat(meters.gaugeValue("millrace_model_live_mae", labels())).isEqualTo(1);
            assertThat(meters.countValue("millrace_model_labels_total", modelLabels()))
                    .isEqualTo(4);
        }
    }

    private static String[] modelLabels() {
        return new String[] {"project", "grid", "model", "lstm"};
    }

    private void append(String json) {
        var record =
                new OutgoingRecord(
                        "truth",
                        null,
                        json.getBytes(StandardCharsets.UTF_8),
                        List.of(),
                        TimeSource.system().epochMillis());
        log.append(record, failure -> assertThat(failure).isNull());
    }

    private static LogRecord record(String topic, long offset, String json) {
        return new LogRecord(
                new LogPartition(topic, 0),
                offset,
                null,
                json.getBytes(StandardCharsets.UTF_8),
                List.of(),
                0);
    }
}
