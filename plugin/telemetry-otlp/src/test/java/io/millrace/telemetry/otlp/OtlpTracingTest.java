package io.millrace.telemetry.otlp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OtlpTracingTest {

    private static final TraceContext GIVEN = new TraceContext(0x10, 0x20, 0x30, true);
    private static final String DROPPED = "millrace_tracing_dropped_total";

    private final RecordingMeters meters = new RecordingMeters();
    private final AtomicLong numbers = new AtomicLong(0x1000);

    private OtlpTracing tracing(URI endpoint, double share, int room) {
        return new OtlpTracing(
                new OtlpConfig(endpoint, share, "node-1", "0.1"),
                meters,
                TimeSource.system(),
                numbers::incrementAndGet,
                room);
    }

    private static Span span(String name, long id, String error) {
        return new Span(
                GIVEN.at(id),
                0x30,
                name,
                Span.Kind.CONSUMER,
                1_700_000_000_000_000_001L,
                1_700_000_000_000_000_900L,
                Map.of("millrace.pipeline", "default/p"),
                error);
    }

    @Test
    void whatIsRecordedReachesTheCollector() throws IOException {
        try (var collector = new Collector();
                var tracing = tracing(collector.address(), 0, 100)) {
            tracing.start();
            tracing.record(span("step 1 model/m", 0x40, ""));
            tracing.record(span("output", 0x41, "UNAVAILABLE: away"));

            await().until(() -> collector.spans().size() == 2);
            assertThat(collector.paths()).containsOnly("/v1/traces");
            assertThat(collector.resource())
                    .containsEntry("service.name", "millrace")
                    .containsEntry("service.instance.id", "node-1");
            assertThat(collector.spans().getFirst())
                    .isEqualTo(
                            new Collector.Received(
                                    "00000000000000100000000000000020",
                                    "0000000000000040",
                                    "0000000000000030",
                                    "step 1 model/m",
                                    5,
                                    1_700_000_000_000_000_001L,
                                    1_700_000_000_000_000_900L,
                                    Map.of("millrace.pipeline", "default/p"),
                                    ""));
            assertThat(collector.spans().getLast().error()).isEqualTo("UNAVAILABLE: away");
        }
        assertThat(meters.total("millrace_tracing_spans_total")).isEqualTo(2);
        assertThat(meters.total(DROPPED)).isZero();
    }

    @Test
    void closingSendsWhatWaits() throws IOException {
        try (var collector = new Collector()) {
            try (var tracing = tracing(collector.address(), 0, 2_000)) {
                for (int i = 1; i <= 1_500; i++) {
                    tracing.record(span("s", i, ""));
                }
                tracing.start();
            }

            assertThat(collector.spans()).hasSize(1_500);
        }
    }

    @Test
    void whatFindsNoRoomIsDroppedAndCountedAndNobodyWaits() throws IOException {
        try (var collector = new Collector()) {
            try (var tracing = tracing(collector.address(), 0, 3)) {
                for (int i = 1; i <= 5; i++) {
                    tracing.record(span("s", i, ""));
                }
                assertThat(meters.countValue(DROPPED, "reason", "queue")).isEqualTo(2);
            }
            // It was never started: what waited is lost as well.
            assertThat(meters.countValue(DROPPED, "reason", "collector")).isEqualTo(3);
        }
    }

    @Test
    void whatTheCollectorRefusesIsCountedAndTheNextAreSentAgain() throws IOException {
        try (var collector = new Collector();
                var tracing = tracing(collector.address(), 0, 100)) {
            collector.answer(400);
            tracing.start();
            tracing.record(span("s", 1, ""));
            await().until(() -> meters.countValue(DROPPED, "reason", "collector") == 1);

            collector.answer(200);
            tracing.record(span("s", 2, ""));
            await().until(() -> collector.spans().size() == 1);
        }
    }

    @Test
    void aCollectorThatIsAwayCostsSpansAndNothingElse() throws IOException {
        URI gone;
        try (var collector = new Collector()) {
            gone = collector.address();
        }
        try (var tracing = tracing(gone, 0, 100)) {
            tracing.start();
            tracing.record(span("s", 1, ""));

            await().until(() -> meters.countValue(DROPPED, "reason", "collector") == 1);
        }
    }

    @Test
    void whatComesSampledIsTracedAndWhatComesUnsampledIsNot() {
        try (var tracing = tracing(URI.create("http://127.0.0.1:9"), 0, 1)) {
            assertThat(tracing.begin(GIVEN)).isEqualTo(GIVEN);
            assertThat(tracing.begin(new TraceContext(1, 2, 3, false))).isNull();
            assertThat(tracing.begin(null)).isNull();
        }
        try (var tracing = tracing(URI.create("http://127.0.0.1:9"), 1, 1)) {
            TraceContext begun = requireNonNull(tracing.begin(null));
            assertThat(begun.spanId()).isZero();
            assertThat(tracing.begin(new TraceContext(1, 2, 3, false))).isNull();
        }
    }

    @Test
    void theShareIsKept() {
        var random = new SplittableRandom(7);
        try (var tracing =
                new OtlpTracing(
                        new OtlpConfig(URI.create("http://127.0.0.1:9"), 0.25, "n", "v"),
                        meters,
                        TimeSource.system(),
                        random::nextLong)) {
            int traced = 0;
            for (int i = 0; i < 10_000; i++) {
                traced += tracing.begin(null) == null ? 0 : 1;
            }
            assertThat(traced).isBetween(2_000, 3_000);
        }
    }

    @Test
    void anAddressWithAPathIsTakenAsItIs() {
        assertThat(new OtlpConfig(URI.create("http://h:4318"), 0, "n", "v").address())
                .isEqualTo("http://h:4318/v1/traces");
        assertThat(new OtlpConfig(URI.create("http://h:4318/"), 0, "n", "v").address())
                .isEqualTo("http://h:4318/v1/traces");
        assertThat(new OtlpConfig(URI.create("http://h/otlp/traces"), 0, "n", "v").address())
                .isEqualTo("http://h/otlp/traces");
        assertThatThrownBy(() -> new OtlpConfig(URI.create("http://h"), 1.5, "n", "v"))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("from 0 to 1");
    }
}
