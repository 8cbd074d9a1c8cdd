package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.TopicsOnlyLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WindowStageTest {

    private static final double MEAN = 12.040303738317757;
    private static final double DIVISOR = 12.959696261682243;
    private static final String RETRIES = LogTopic.ofRetries(Plans.PROJECT, Plans.KEY.name());

    /** The documented example, digit for digit. */
    @Test
    void sixReadingsInTheOrderOfTheirTimesAreTheDocumentedRequest() {
        try (var world = world(documented())) {
            long second = 1_492_516_859_296_502_400L;
            for (int i = 0; i < 6; i++) {
                world.put(
                        "{\"station_id\": 1161114002, \"parameter_id\": 122, \"value\": %d, \"unix_timestamp\": %d}"
                                .formatted(8 + i, second + i * 1_000_000_000L));
            }
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            "{\"station_id\":1161114002,\"parameter_id\":122,"
                                    + "\"norm_1\":0.07405237301122279,\"norm_2\":-0.003109929237841972,"
                                    + "\"norm_3\":-0.08027223148690674,\"norm_4\":-0.1574345337359715,"
                                    + "\"norm_5\":-0.23459683598503628,\"norm_6\":-0.31175913823410106}");
            assertThat(world.meters.filtered().value()).isEqualTo(5);
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void eachSeriesHasItsOwnWindow() {
        try (var world = world(three())) {
            for (int t = 1; t <= 4; t++) {
                world.put(reading("a", t, t), reading("b", t, -t));
            }
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            window("a", 3, 2, 1),
                            window("b", -3, -2, -1),
                            window("a", 4, 3, 2),
                            window("b", -4, -3, -2));
        }
    }

    /** A tenant who knows the station of another neither reads nor changes its window. */
    @Test
    void whatCameFromOtherTenantsIsAnotherSeries() {
        var batch = new Batch();
        var verdicts = new Verdicts();
        try (var world = world(three());
                var stage = stage(world)) {
            world.log.ensureTopics(List.of(RETRIES));
            for (int t = 1; t <= 3; t++) {
                world.putWith(Plans.INPUT, reading("a", t, t), tenant("alice"));
                world.putWith(Plans.INPUT, reading("a", t, -t), tenant("bob"));
            }
            List<LogRecord> records = world.log.records(Plans.INPUT);
            assertThat(windowsOf(stage, batch, verdicts, records))
                    .containsExactly(window("a", 3, 2, 1), window("a", -3, -2, -1));
            var headers = new ArrayList<>(records.getLast().headers());
            headers.add(
                    Header.of(
                            HeaderNames.ORIGIN_POSITION,
                            records.getLast().partition() + "/" + records.getLast().offset()));
            headers.add(Header.of(HeaderNames.ORIGIN_TIME, "0"));
            var retry =
                    new LogRecord(
                            new LogPartition(RETRIES, 0),
                            0,
                            null,
                            records.getLast().value(),
                            headers,
                            world.time.epochMillis());
            assertThat(windowsOf(stage, batch, verdicts, List.of(retry)))
                    .containsExactly(window("a", -3, -2, -1));
        }
    }

    @Test
    void readingsThatComeLateTakeTheirPlaceAndThoseOfOneTimeReplaceEachOther() {
        try (var world = world(three())) {
            world.put(reading("a", 10, 1), reading("a", 30, 3), reading("a", 40, 4));
            world.put(reading("a", 20, 2)); // between two of the window
            world.put(reading("a", 40, 44)); // again, corrected
            world.put(reading("a", 5, 0)); // older than all of it
            world.put(reading("a", 50, 5));
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            window("a", 4, 3, 1),
                            window("a", 4, 3, 2),
                            window("a", 44, 3, 2),
                            window("a", 5, 44, 3));
            assertThat(world.meters.lateReadings().value()).isEqualTo(1);
        }
    }

    @Test
    void aLongerGapBeginsAnewUnlessALateReadingBridgesIt() {
        var step = step(3, Optional.of(Duration.ofSeconds(10)), Duration.ofHours(1));
        try (var world = world(step)) {
            world.put(reading("a", 0, 0), reading("a", 10, 1), reading("a", 25, 2));
            world.put(reading("a", 30, 3), reading("a", 35, 4));
            world.put(reading("a", 50, 5), reading("a", 42, 6));
            world.task().doWork();
            assertThat(world.outputs()).containsExactly(window("a", 4, 3, 2), window("a", 5, 6, 4));
        }
    }

    @Test
    void withoutATimeReadingsAreInTheOrderOfTheLog() {
        var step =
                new WindowStep(
                        List.of(),
                        "v",
                        Optional.empty(),
                        TimeUnit.SECONDS,
                        2,
                        0,
                        1,
                        "x",
                        Optional.empty(),
                        Duration.ofHours(1));
        try (var world = world(step)) {
            world.put("{\"v\":1}", "{\"v\":2}", "{\"v\":2}").task().doWork();
            assertThat(world.outputs())
                    .containsExactly("{\"x1\":2.0,\"x2\":1.0}", "{\"x1\":2.0,\"x2\":2.0}");
        }
    }

    @Test
    void whatIsNoReadingIsADeadLetterAndLeavesTheWindowAlone() {
        try (var world = world(three())) {
            world.put(reading("a", 1, 1), "{\"s\":\"a\",\"t\":2}", reading("a", 2, 2), "x");
            world.put(reading("a", 3, 3)).task().doWork();
            assertThat(world.outputs()).containsExactly(window("a", 3, 2, 1));
            assertThat(world.deadLetters()).hasSize(2);
        }
    }

    @Test
    void aNewTaskReadsTheWindowFromTheLogBeforeItAnswers() {
        try (var world = world(three())) {
            for (int t = 1; t <= 5; t++) {
                world.put(reading("a", t, t));
            }
            world.put("no reading").task().doWork();
            int before = world.outputs().size();
            world.rebuild();
            world.put(reading("a", 6, 6)).task().doWork();
            assertThat(world.outputs().subList(before, world.outputs().size()))
                    .containsExactly(window("a", 6, 5, 4));
        }
    }

    @Test
    void theLookbackBoundsWhatIsRead() {
        try (var world = world(step(3, Optional.empty(), Duration.ofMinutes(10)))) {
            world.put(reading("a", 1, 1));
            world.time.advance(Duration.ofMinutes(11));
            world.put(reading("a", 2, 2)).task().doWork();
            world.rebuild();
            world.put(reading("a", 3, 3)).task().doWork();
            assertThat(world.outputs()).as("the first one is too long ago").isEmpty();
            world.put(reading("a", 4, 4)).task().doWork();
            assertThat(world.outputs()).containsExactly(window("a", 4, 3, 2));
        }
    }

    /** Nothing is answered from a memory that is not filled. */
    @Test
    void waitsUntilTheLogHasBeenRead() {
        try (var world = world(three())) {
            world.put(reading("a", 1, 1), reading("a", 2, 2)).task().doWork();
            world.rebuild();
            world.put(reading("a", 3, 3), reading("a", 4, 4));
            var polls = new AtomicInteger();
            // The first poll is the task's own, the others read the log for the window.
            var _ =
                    world.log.withFaults(
                            LogFaults.none()
                                    .failingPolls(() -> {
                                        int poll = polls.incrementAndGet();
                                        return poll > 1 && poll < 5;
                                    }));
            world.task().doWork();
            assertThat(polls).hasValueGreaterThan(4);
            assertThat(world.outputs()).containsExactly(window("a", 3, 2, 1), window("a", 4, 3, 2));
        }
    }

    @Test
    void aRecordThatIsTriedAgainHasTheSameWindowAgain() {
        var batch = new Batch();
        var verdicts = new Verdicts();
        try (var world = world(three());
                var stage = stage(world)) {
            for (int t = 1; t <= 6; t++) {
                world.put(reading("a", t, t));
            }
            List<LogRecord> records = world.log.records(Plans.INPUT);
            assertThat(windowsOf(stage, batch, verdicts, records)).hasSize(4);
            List<String> again = windowsOf(stage, batch, verdicts, records.subList(2, 4));
            assertThat(again).containsExactly(window("a", 3, 2, 1), window("a", 4, 3, 2));
            List<String> ahead = windowsOf(stage, batch, verdicts, records.subList(5, 6));
            assertThat(ahead).as("one was handled elsewhere").containsExactly(window("a", 6, 5, 4));
        }
    }

    @Test
    void aDeadLetterThatIsTriedAgainHasTheWindowOfItsFirstPlace() {
        var batch = new Batch();
        var verdicts = new Verdicts();
        try (var world = world(three());
                var stage = stage(world)) {
            world.log.ensureTopics(List.of(RETRIES));
            for (int t = 1; t <= 6; t++) {
                world.put(reading("a", t, t), reading("b", t, 0));
            }
            List<LogRecord> records = world.log.records(Plans.INPUT);
            var first = records.get(6); // the fourth of its series
            world.time.advance(Duration.ofDays(1));
            var retry =
                    new LogRecord(
                            new LogPartition(RETRIES, 0),
                            17,
                            null,
                            first.value(),
                            List.of(
                                    Header.of(
                                            HeaderNames.ORIGIN_POSITION,
                                            first.partition() + "/" + first.offset()),
                                    Header.of(
                                            HeaderNames.ORIGIN_TIME,
                                            Long.toString(first.timestampMillis()))),
                            world.time.epochMillis());
            assertThat(windowsOf(stage, batch, verdicts, List.of(retry)))
                    .containsExactly(window("a", 4, 3, 2));
            assertThat(windowsOf(stage, batch, verdicts, records)).hasSize(8);
        }
    }

    @Test
    void whereATransactionLeftAHoleTheLogIsNotAsked() {
        var batch = new Batch();
        var verdicts = new Verdicts();
        try (var world = world(three());
                var stage =
                        new WindowStage(
                                "step 1 window",
                                three(),
                                new TopicsOnlyLog(),
                                world.control,
                                world.meters)) {
            var records = new ArrayList<LogRecord>();
            for (int t = 0; t < 5; t++) {
                records.add(
                        new LogRecord(
                                new LogPartition(Plans.INPUT, 0),
                                2L * t,
                                null,
                                reading("a", t, t)
                                        .getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                List.of(),
                                world.time.epochMillis()));
            }
            assertThat(windowsOf(stage, batch, verdicts, records))
                    .containsExactly(
                            window("a", 2, 1, 0), window("a", 3, 2, 1), window("a", 4, 3, 2));
        }
    }

    @Test
    void theSeriesThatWasSilentForLongestMakesRoom() {
        var forgotten = world(three()).meters.forgottenSeries();
        var windows = new SeriesWindows(3, 2, forgotten);
        var partition = new LogPartition("t", 0);
        SeriesWindow first = windows.of(partition, "a");
        SeriesWindow second = windows.of(partition, "b");
        assertThat(windows.of(partition, "a")).isSameAs(first);
        assertThat(windows.of(partition, "c")).isNotSameAs(second);
        assertThat(windows.count()).isEqualTo(2);
        assertThat(forgotten.value()).isEqualTo(1);
        assertThat(windows.of(partition, "a")).isSameAs(first);
        assertThat(windows.of(partition, "b")).isNotSameAs(second);
        windows.forget(partition);
        assertThat(windows.count()).isZero();
    }

    private static Header tenant(String name) {
        return Header.of(HeaderNames.CAPTURE_PREFIX + "tenant", name);
    }

    private static TaskWorld world(WindowStep step) {
        return new TaskWorld(aPipeline().step(step).to("out").plan());
    }

    private static WindowStage stage(TaskWorld world) {
        return new WindowStage("step 1 window", three(), world.log, world.control, world.meters);
    }

    private static List<String> windowsOf(
            WindowStage stage, Batch batch, Verdicts verdicts, List<LogRecord> records) {
        batch.start(records);
        verdicts.start(records.size());
        var pending = new int[records.size()];
        for (int i = 0; i < pending.length; i++) {
            pending[i] = i;
        }
        stage.attempt(batch, pending, pending.length, verdicts);
        batch.beginItems();
        for (int i = 0; i < pending.length; i++) {
            assertThat(verdicts.code(i)).isNull();
            verdicts.addTo(batch, i, new Trails());
        }
        batch.endItems();
        var windows = new ArrayList<String>();
        for (int i = 0; i < batch.size(); i++) {
            windows.add(TaskWorld.text(batch.payload(i)));
        }
        return windows;
    }

    private static WindowStep documented() {
        return new WindowStep(
                List.of("station_id", "parameter_id"),
                "value",
                Optional.of("unix_timestamp"),
                TimeUnit.NANOSECONDS,
                6,
                MEAN,
                DIVISOR,
                "norm_",
                Optional.empty(),
                Duration.ofHours(1));
    }

    private static WindowStep three() {
        return step(3, Optional.empty(), Duration.ofHours(1));
    }

    private static WindowStep step(int size, Optional<Duration> gap, Duration lookback) {
        return new WindowStep(
                List.of("s"),
                "v",
                Optional.of("t"),
                TimeUnit.SECONDS,
                size,
                0,
                1,
                "n",
                gap,
                lookback);
    }

    private static String reading(String series, long time, int value) {
        return "{\"s\":\"%s\",\"t\":%d,\"v\":%d}".formatted(series, time, value);
    }

    private static String window(String series, int newest, int middle, int oldest) {
        return "{\"s\":\"%s\",\"n1\":%d.0,\"n2\":%d.0,\"n3\":%d.0}"
                .formatted(series, newest, middle, oldest);
    }
}
