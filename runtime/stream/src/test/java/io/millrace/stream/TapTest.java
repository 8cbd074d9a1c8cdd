package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.PipelineEdge;
import io.millrace.spi.PipelineTaps;
import io.millrace.stream.tap.Taps;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TapTest {

    private static final PipelineEdge IN = new PipelineEdge.In();
    private static final PipelineEdge OUT = new PipelineEdge.Out();

    @Test
    void showsRecordsAtEachEdge() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan());
                var in = tap(world, IN, 100, 1);
                var step = tap(world, new PipelineEdge.After(1), 100, 1);
                var out = tap(world, OUT, 100, 1)) {
            world.functions.define(TapTest::twice);
            world.put("a").task().doWork();
            assertThat(seen(in))
                    .singleElement()
                    .satisfies(record -> {
                        assertThat(record.edge()).isEqualTo("in");
                        assertThat(record.position()).isEqualTo(Plans.INPUT + "/0/0");
                        assertThat(record.key()).asString().isEqualTo("key");
                        assertThat(record.payload()).asString().isEqualTo("a");
                        assertThat(record.headers()).extracting(h -> h.name()).contains("line");
                    });
            assertThat(payloads(seen(step))).containsExactly("a1", "a2");
            assertThat(payloads(seen(out))).containsExactly("a1", "a2");
        }
    }

    @Test
    void showsAFailureWhereItHappenedAndAtTheEnd() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().function().model().to("out").plan());
                var first = tap(world, new PipelineEdge.After(1), 100, 1);
                var second = tap(world, new PipelineEdge.After(2), 100, 1);
                var out = tap(world, OUT, 100, 1)) {
            world.functions.define(message ->
                    text(message).equals("bad")
                            ? new FunctionResult.Failed(ErrorCode.USER_CODE, "no such thing")
                            : new FunctionResult.Sent(List.of(message.payload())));
            world.put("bad", "{\"x\":[1,2]}").task().doWork();
            assertThat(seen(first))
                    .filteredOn(record -> record.failure() != null)
                    .singleElement()
                    .satisfies(record -> {
                        assertThat(record.edge()).isEqualTo("step 1 function/classify");
                        assertThat(record.payload()).asString().isEqualTo("bad");
                        assertThat(record.failure())
                                .isEqualTo(
                                        new PipelineTaps.Failure(
                                                "step 1 function/classify",
                                                ErrorCode.USER_CODE,
                                                "no such thing",
                                                3));
                    });
            assertThat(seen(second)).allMatch(record -> record.failure() == null).hasSize(1);
            assertThat(seen(out)).hasSize(2).anyMatch(record -> record.failure() != null);
        }
    }

    @Test
    void showsNoMoreThanTheRateAndTellsWhatWasLeftOut() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().to("out").plan());
                var tap = tap(world, OUT, 5, 1)) {
            world.put(numbered(100)).task().doWork();
            assertThat(seen(tap)).hasSize(5);
            world.put("more").task().doWork();
            assertThat(seen(tap)).isEmpty();
            world.time.advance(Duration.ofSeconds(1));
            assertThat(tap.next(Duration.ZERO)).contains(new PipelineTaps.Missed(96, 0));
            world.put("again").task().doWork();
            assertThat(payloads(seen(tap))).containsExactly("again");
        }
    }

    @Test
    void showsRecordsFromAllOverABatch() throws InterruptedException {
        var taps = new Taps(new TestingTime(), new RecordingMeters());
        try (var tap = taps.open(Plans.KEY, new PipelineTaps.Sampling(IN, 5, 1))) {
            var partition = new LogPartition(Plans.INPUT, 0);
            var records = new ArrayList<LogRecord>();
            for (int i = 0; i < 100; i++) {
                byte[] value = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
                records.add(new LogRecord(partition, i, null, value, List.of(), 0));
            }
            var batch = new Batch();
            batch.start(records);
            new BatchTap(taps.of(Plans.KEY), List.of()).read(batch);
            assertThat(payloads(seen(tap))).containsExactly("19", "39", "59", "79", "99");
        }
    }

    @Test
    void showsOneInSoMany() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().to("out").plan());
                var tap = tap(world, IN, 1_000, 10)) {
            world.put(numbered(25)).task().doWork();
            assertThat(seen(tap)).hasSize(2);
            world.put(numbered(5)).task().doWork();
            assertThat(seen(tap)).hasSize(1);
        }
    }

    @Test
    void neverWaitsForAReaderWhoIsTooSlow() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().to("out").plan());
                var tap = tap(world, IN, 100_000, 1)) {
            for (int i = 0; i < 3; i++) {
                world.put(numbered(200)).task().doWork();
                world.time.advance(Duration.ofSeconds(1));
            }
            assertThat(world.outputs()).hasSize(600);
            assertThat(tap.next(Duration.ZERO))
                    .hasValueSatisfying(event ->
                            assertThat(event)
                                    .isInstanceOfSatisfying(
                                            PipelineTaps.Missed.class,
                                            missed -> {
                                                assertThat(missed.behind()).isPositive();
                                                assertThat(missed.sampled() + missed.behind())
                                                        .isEqualTo(600 - 256);
                                            }));
            assertThat(seen(tap)).hasSize(256);
        }
    }

    @Test
    void copiesNoMoreOfAPayloadThanPeopleRead() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().to("out").plan());
                var tap = tap(world, IN, 10, 1)) {
            world.put("x".repeat(100_000)).task().doWork();
            assertThat(seen(tap))
                    .singleElement()
                    .satisfies(record -> {
                        assertThat(record.payload()).hasSize(16 << 10);
                        assertThat(record.size()).isEqualTo(100_000);
                    });
        }
    }

    @Test
    void staysWithAPipelineThatIsBuiltAgainAndEndsWhenClosed() throws InterruptedException {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            var tap = tap(world, OUT, 10, 1);
            world.rebuild();
            world.put("a").task().doWork();
            assertThat(payloads(seen(tap))).containsExactly("a");
            tap.close();
            assertThat(world.taps().of(Plans.KEY).viewers()).isEmpty();
            world.put("b").task().doWork();
            assertThat(seen(tap)).isEmpty();
        }
    }

    @Test
    void knowsTheEdgesOfAPipeline() {
        var steps = aPipeline().function().model().model().to("out").plan().spec().steps();
        assertThat(PipelineEdge.parse("in", steps)).isEqualTo(IN);
        assertThat(PipelineEdge.parse("out", steps)).isEqualTo(OUT);
        assertThat(PipelineEdge.parse("2", steps)).isEqualTo(new PipelineEdge.After(2));
        assertThat(PipelineEdge.parse("classify", steps)).isEqualTo(new PipelineEdge.After(1));
        assertThat(PipelineEdge.parse("function/classify", steps))
                .isEqualTo(new PipelineEdge.After(1));
        assertThatThrownBy(() -> PipelineEdge.parse("net", steps))
                .hasMessageContaining("steps 2 and 3 both use 'net'");
        assertThatThrownBy(() -> PipelineEdge.parse("4", steps))
                .hasMessageContaining(
                        "no edge '4'; there are in, 1 (function/classify), 2 (model/net)");
    }

    private static PipelineTaps.Tap tap(
            TaskWorld world, PipelineEdge edge, double rate, int every) {
        return world.taps().open(Plans.KEY, new PipelineTaps.Sampling(edge, rate, every));
    }

    private static List<PipelineTaps.Seen> seen(PipelineTaps.Tap tap) throws InterruptedException {
        var seen = new ArrayList<PipelineTaps.Seen>();
        for (var event = tap.next(Duration.ZERO);
                event.isPresent();
                event = tap.next(Duration.ZERO)) {
            if (event.get() instanceof PipelineTaps.Seen record) {
                seen.add(record);
            }
        }
        return seen;
    }

    private static List<String> payloads(List<PipelineTaps.Seen> seen) {
        return seen.stream().map(r -> new String(r.payload(), StandardCharsets.UTF_8)).toList();
    }

    private static FunctionResult twice(FunctionMessage message) {
        return new FunctionResult.Sent(
                List.of(
                        (text(message) + "1").getBytes(StandardCharsets.UTF_8),
                        (text(message) + "2").getBytes(StandardCharsets.UTF_8)));
    }

    private static String text(FunctionMessage message) {
        return new String(message.payload(), StandardCharsets.UTF_8);
    }

    private static String[] numbered(int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(Integer::toString)
                .toArray(String[]::new);
    }
}
