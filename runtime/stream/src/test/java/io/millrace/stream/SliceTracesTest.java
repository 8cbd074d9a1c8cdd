package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.testkit.RecordingTracing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SliceTracesTest {

    private static final String ROOT = "pipeline shop/sorter";
    private static final String STEP = "step 1 function/classify";
    private static final String OUTPUT = "output mqtt/out";
    private static final Header SAMPLED =
            Header.of(
                    TraceContext.HEADER, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    private static final Header UNSAMPLED =
            Header.of(
                    TraceContext.HEADER, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

    private final RecordingTracing tracing = new RecordingTracing(false);

    @Test
    void aSampledRecordHasASpanForAllThatHappensToIt() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan(), tracing)) {
            long received = world.time.epochMillis() * 1_000_000;
            world.putWith(
                    Plans.INPUT,
                    "a",
                    SAMPLED,
                    Header.of(HeaderNames.RECEIVED, Long.toString(received)));
            world.time.pause(Duration.ofSeconds(2));
            world.functions.define(message -> {
                world.time.pause(Duration.ofMillis(30));
                return new FunctionResult.Sent(List.of(message.payload()));
            });
            world.sink.afterwards(_ -> world.time.pause(Duration.ofMillis(5)));
            world.task().doWork();
        }
        assertThat(tracing.spans())
                .extracting(Span::name)
                .containsExactly(ROOT, "receive", "queue", STEP, OUTPUT);
        Span root = tracing.span(ROOT);
        assertThat(root.context().traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(root.parentSpanId()).isEqualTo(0x00f067aa0ba902b7L);
        assertThat(root.attributes())
                .containsEntry("millrace.position", Plans.INPUT + "/0/0")
                .containsEntry("millrace.slice.records", "1");
        assertThat(tracing.spans().subList(1, 5))
                .allSatisfy(
                        part -> assertThat(part.parentSpanId()).isEqualTo(root.context().spanId()));
        assertThat(millis(tracing.span("queue"))).isEqualTo(2_000);
        assertThat(millis(tracing.span(STEP))).isEqualTo(30);
        assertThat(millis(tracing.span(OUTPUT))).isEqualTo(5);
        assertThat(millis(root)).isEqualTo(2_035);
        assertThat(tracing.span(OUTPUT).kind()).isEqualTo(Span.Kind.PRODUCER);
    }

    private static long millis(Span span) {
        return (span.endNanos() - span.startNanos()) / 1_000_000;
    }

    @Test
    void theOutputCarriesTheTraceOn() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan(), tracing)) {
            world.putWith(Plans.INPUT, "a", SAMPLED, Header.of("line", "7"));
            world.putWith(Plans.INPUT, "b", UNSAMPLED);
            world.putWith(Plans.INPUT, "c", Header.of(TraceContext.HEADER, "no trace"));
            world.task().doWork();

            List<Header> headers = world.sink.accepted().getFirst().headers();
            TraceContext carried =
                    requireNonNull(
                            TraceContext.parse(
                                    requireNonNull(Header.find(headers, TraceContext.HEADER))));
            assertThat(carried).isEqualTo(tracing.span(STEP).context());
            assertThat(headers)
                    .filteredOn(header -> header.name().equals(TraceContext.HEADER))
                    .hasSize(1);
            assertThat(Header.find(headers, "line")).isEqualTo("7");
            assertThat(Header.find(world.sink.accepted().get(1).headers(), TraceContext.HEADER))
                    .isEqualTo(UNSAMPLED.text());
            assertThat(Header.find(world.sink.accepted().get(2).headers(), TraceContext.HEADER))
                    .isEqualTo("no trace");
        }
        assertThat(tracing.spans()).extracting(Span::name).containsOnlyOnce(ROOT);
    }

    @Test
    void aRecordThatFailsHasNoSpansBehindTheStepThatFailedIt() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan(), tracing)) {
            world.functions.define(
                    _ -> new FunctionResult.Failed(ErrorCode.USER_CODE, "no picture"));
            world.putWith(Plans.INPUT, "a", SAMPLED);
            world.task().doWork();
        }
        assertThat(tracing.span(STEP).error()).isEqualTo("USER_CODE: no picture");
        assertThat(tracing.span(ROOT).error()).isEqualTo("USER_CODE: no picture");
        assertThat(tracing.span(ROOT).attributes()).containsEntry("millrace.failed.stage", STEP);
        assertThat(tracing.spans()).extracting(Span::name).doesNotContain(OUTPUT);
    }

    @Test
    void aRecordThatIsMadeIntoNothingHasNoSpansOfOutputs() {
        try (var world = new TaskWorld(aPipeline().function().to("out").plan(), tracing)) {
            world.functions.define(message ->
                    new FunctionResult.Sent(
                            message.payload()[0] == 'a' ? List.of() : List.of(message.payload())));
            world.putWith(Plans.INPUT, "a", SAMPLED);
            world.put("b");
            world.task().doWork();
        }
        assertThat(tracing.spans()).extracting(Span::name).contains(STEP).doesNotContain(OUTPUT);
    }

    @Test
    void exactlyOnceIsTracedAndCarriedToo() {
        var plan = aPipeline().exactlyOnce().toLog("results").plan();
        try (var world = new TaskWorld(plan, tracing)) {
            world.putWith(Plans.INPUT, "a", SAMPLED);
            world.task().doWork();

            String carried =
                    requireNonNull(
                            Header.find(
                                    world.log.records("results").getFirst().headers(),
                                    TraceContext.HEADER));
            // No step: the span of the whole is the last before the output.
            assertThat(carried).isEqualTo(tracing.span(ROOT).context().text());
        }
        assertThat(tracing.spans()).hasSize(4);
    }

    @Test
    void theShareIsAskedForRecordsWithoutATrace() {
        var all = new RecordingTracing(true);
        try (var world = new TaskWorld(aPipeline().to("out").plan(), all)) {
            world.put("a", "b").task().doWork();

            assertThat(world.sink.accepted())
                    .allSatisfy(output ->
                            assertThat(Header.find(output.headers(), TraceContext.HEADER))
                                    .isNotNull());
        }
        assertThat(all.spans()).filteredOn(span -> span.name().equals(ROOT)).hasSize(2);
        assertThat(all.span(ROOT).parentSpanId()).isZero();
    }

    @Test
    void offLeavesEverythingAsItCame() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.putWith(Plans.INPUT, "a", SAMPLED);
            world.task().doWork();

            List<Header> headers = world.sink.accepted().getFirst().headers();
            assertThat(Header.find(headers, TraceContext.HEADER)).isEqualTo(SAMPLED.text());
        }
    }

    @Test
    void stagesCountWhatComesAndWhatLeaves() {
        try (var world = new TaskWorld(aPipeline().function().to("out").onError(1, true).plan())) {
            world.functions.define(message ->
                    switch (new String(message.payload(), StandardCharsets.UTF_8)) {
                        case "bad" -> new FunctionResult.Failed(ErrorCode.USER_CODE, "bad");
                        case "none" -> new FunctionResult.Sent(List.of());
                        default ->
                                new FunctionResult.Sent(
                                        List.of(message.payload(), message.payload()));
                    });
            world.put("a", "bad", "none", "b").task().doWork();

            assertThat(count(world, "in", STEP)).isEqualTo(4);
            assertThat(count(world, "out", STEP)).isEqualTo(4);
            assertThat(count(world, "in", OUTPUT)).isEqualTo(4);
            assertThat(count(world, "out", OUTPUT)).isEqualTo(4);
            assertThat(world.recording.timings("millrace_pipeline_queue_seconds")).isEqualTo(1);
            assertThat(world.recording.total("millrace_pipeline_stage_batch_size")).isEqualTo(8);
        }
    }

    private static long count(TaskWorld world, String direction, String stage) {
        return world.recording.countValue(
                "millrace_pipeline_stage_" + direction + "_total",
                "project",
                "shop",
                "pipeline",
                "sorter",
                "stage",
                stage);
    }
}
