package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.KafkaConnection;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogClusters;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import io.millrace.testkit.DeliveryOracle;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another cluster as source and as output. */
@Timeout(60)
class ClusterTest {
    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ResourceKey SOURCE =
            ResourceKey.of(Kind.DATA_SOURCE, SHOP, new ResourceName("orders"));
    private static final String KEPT = "shop.source.orders.placed";
    private static final KafkaConnection FAR =
            new KafkaConnection("far:9092", Optional.empty(), Optional.empty(), false, Map.of());

    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 2);
    private final InMemoryStreamLog far = InMemoryStreamLog.immediate(time, 2);
    private final AtomicReference<@Nullable MillraceException> refusal = new AtomicReference<>();
    private final AtomicReference<@Nullable MillraceException> gone = new AtomicReference<>();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final LogClusters clusters =
            (_, _) -> {
                MillraceException refused = refusal.get();
                if (refused != null) {
                    throw refused;
                }
                opened.incrementAndGet();
                return new Shared(far);
            };
    private final WatchedSecrets secrets = new WatchedSecrets();
    private final RecordingMeters meters = new RecordingMeters();
    private final ClusterSourceConnector connector =
            new ClusterSourceConnector(log, clusters, secrets, meters, time, "node");

    /** A handle whose closing does not end the cluster. */
    private final class Shared implements StreamLog {
        private final StreamLog cluster;

        Shared(StreamLog cluster) {
            this.cluster = cluster;
        }

        @Override
        public void ensureTopics(Collection<String> topics) {
            MillraceException failure = gone.get();
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public void append(OutgoingRecord record, AppendListener listener) {
            cluster.append(record, listener);
        }

        @Override
        public LogConsumer consumer(ConsumerSpec spec) {
            return cluster.consumer(spec);
        }

        @Override
        public void removeGroup(String group) {}

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    private static final class WatchedSecrets implements Secrets {
        private final List<Listener> listeners = new CopyOnWriteArrayList<>();

        @Override
        public Optional<Secret> find(ProjectId project, ResourceName name) {
            return Optional.empty();
        }

        @Override
        public Watch watch(Listener listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        void change() {
            listeners.forEach(l -> l.changed(SHOP, new ResourceName("login")));
        }
    }

    ClusterTest() {
        log.ensureTopics(Set.of(KEPT));
        far.ensureTopics(Set.of("placed"));
    }

    @AfterEach
    void close() {
        connector.close();
        assertThat(closed).hasValue(opened.get());
        assertThat(secrets.listeners).isEmpty();
    }

    private static SourceBinding binding() {
        return new SourceBinding(
                SOURCE,
                new DataSourceSpec.ExternalKafka(FAR, Optional.empty()),
                List.of(new SourceBinding.Route(new ResourceName("placed"), "placed", KEPT)));
    }

    private void put(byte[] payload, String key, Header... headers) {
        far.append(
                new OutgoingRecord(
                        "placed",
                        key.getBytes(StandardCharsets.UTF_8),
                        payload,
                        List.of(headers),
                        42),
                failure -> assertThat(failure).isNull());
    }

    private void awaitKept(int count) {
        await().untilAsserted(
                        () -> assertThat(log.records(KEPT)).hasSizeGreaterThanOrEqualTo(count));
    }

    @Test
    void copiesRecordsAsTheyAreAndSaysWhereTheyCameFrom() {
        put(
                new byte[] {1, 2},
                "k",
                Header.of("a", "b"),
                Header.of("millrace.source", "forged"),
                Header.of("mqtt.user", "forged"));

        connector.start(binding());
        awaitKept(1);

        LogRecord record = log.records(KEPT).getFirst();
        assertThat(record.key()).containsExactly('k');
        assertThat(record.value()).containsExactly(1, 2);
        assertThat(record.timestampMillis()).isEqualTo(42);
        assertThat(Header.find(record.headers(), "a")).isEqualTo("b");
        assertThat(record.headers())
                .filteredOn(header -> header.name().equals(HeaderNames.SOURCE))
                .singleElement()
                .extracting(Header::text)
                .isEqualTo("shop/orders");
        assertThat(Header.find(record.headers(), HeaderNames.TOPIC)).isEqualTo("placed");
        assertThat(Header.find(record.headers(), HeaderNames.RECEIVED)).matches("\\d{19}");
        assertThat(meters.total("millrace_source_forged_headers_total")).isEqualTo(2);
        await().untilAsserted(() ->
                assertThat(connector.state(SOURCE, () -> {})).isEqualTo(SourceState.LISTENING));
    }

    @Test
    void losesNothingWhenBothSidesFailAndTheConnectionIsMadeAnew() {
        var oracle = new DeliveryOracle();
        var faults = new AtomicInteger();
        var appends = new AtomicInteger();
        log.withFaults(
                LogFaults.none()
                        .losingAppends(_ -> {
                            boolean isLost = appends.incrementAndGet() % 97 == 0;
                            if (isLost) {
                                faults.incrementAndGet();
                            }
                            return isLost;
                        }));
        connector.start(binding());
        for (int i = 0; i < 1_000; i++) {
            byte[] payload = oracle.next("k" + i % 7, "");
            oracle.acknowledged(payload);
            put(payload, "k" + i % 7);
            if (i % 250 == 0) {
                secrets.change();
            }
        }
        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() ->
                        assertThat(
                                        far.committed("millrace.shop.orders").values().stream()
                                                .mapToLong(Long::longValue)
                                                .sum())
                                .isEqualTo(1_000));
        connector.stop(SOURCE);

        log.records(KEPT).forEach(record -> oracle.output(record.value()));
        assertThat(faults).hasPositiveValue();
        assertThat(oracle.outputs()).isEqualTo(1_000);
        assertThat(oracle.problems(0, 1_000L * faults.get()))
                .filteredOn(problem -> !problem.startsWith("order"))
                .isEmpty();
    }

    @Test
    void aRecordThatTheLogNeverTakesIsPassedOverAndCounted() {
        log.withMostBytes(1_000);
        put(new byte[] {1}, "k");
        put(new byte[1_001], "k");
        put(new byte[] {2}, "k");

        connector.start(binding());
        awaitKept(2);

        assertThat(log.records(KEPT))
                .extracting(record -> (int) record.value()[0])
                .containsExactly(1, 2);
        await().untilAsserted(() ->
                assertThat(far.committed("millrace.shop.orders").values()).contains(3L));
        assertThat(connector.state(SOURCE, () -> {}).isTaking()).isTrue();
        assertThat(meters.total("millrace_source_dropped_total")).isEqualTo(1);
        assertThat(meters.total("millrace_source_reconnects_total")).isZero();
    }

    @Test
    void saysWhatIsWrongAndGoesOnWhenThatIsMended() {
        refusal.set(MillraceException.invalid("there is no secret 'login'"));
        var changes = new AtomicInteger();
        connector.start(binding());
        await().untilAsserted(() ->
                assertThat(connector.state(SOURCE, changes::incrementAndGet))
                        .isEqualTo(
                                new SourceState(
                                        false, "BrokerAway", "there is no secret 'login'")));
        put(new byte[] {7}, "k");

        refusal.set(null);
        secrets.change();

        awaitKept(1);
        assertThat(changes).hasPositiveValue();
        assertThat(meters.total("millrace_source_reconnects_total")).isPositive();
    }

    @Test
    void aSilentClusterIsAskedWhetherItIsThere() {
        connector.start(binding());
        put(new byte[] {1}, "k");
        awaitKept(1);
        assertThat(connector.state(SOURCE, () -> {}).isTaking()).isTrue();

        gone.set(new MillraceException(ErrorCode.UNAVAILABLE, "nobody answers"));
        await().untilAsserted(() ->
                assertThat(connector.state(SOURCE, () -> {}))
                        .isEqualTo(new SourceState(false, "BrokerAway", "nobody answers")));
        gone.set(new MillraceException(ErrorCode.NOT_FOUND, "no topic placed"));
        await().untilAsserted(() ->
                assertThat(connector.state(SOURCE, () -> {}))
                        .isEqualTo(new SourceState(false, "TopicMissing", "no topic placed")));

        gone.set(null);
        put(new byte[] {2}, "k");
        awaitKept(2);
        await().untilAsserted(
                        () -> assertThat(connector.state(SOURCE, () -> {}).isTaking()).isTrue());
    }

    @Test
    void theSameBindingAgainChangesNothing() {
        connector.start(binding());
        connector.start(binding());
        put(new byte[] {1}, "k");
        awaitKept(1);
        assertThat(opened).hasValue(1);
    }

    @Test
    void anOutputOnAnotherClusterWaitsForItsTopicAndItsSecret() {
        PipelineSpec.Output output =
                new PipelineSpec.KafkaOutput("answers", Optional.of(FAR), false);
        refusal.set(MillraceException.invalid("there is no secret 'login'"));
        try (Sink sink = new ClusterSinkConnector(clusters).open(SHOP, output).orElseThrow()) {
            assertThat(refusedWith(sink)).isEqualTo(ErrorCode.UNAVAILABLE);

            refusal.set(null);
            far.ensureTopics(Set.of("answers"));
            far.withFaults(LogFaults.none().losingAppends(_ -> true));
            assertThat(sink.write(List.of(answer())))
                    .singleElement()
                    .satisfies(
                            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));

            far.withFaults(LogFaults.none());
            assertThat(sink.write(List.of(answer()))).isEmpty();
        }
        assertThat(far.records("answers")).hasSize(1);
        assertThat(new ClusterSinkConnector(clusters).open(SHOP, new PipelineSpec.KafkaOutput("x")))
                .isEmpty();
    }

    /** Or each sender could make the answers to all others wait. */
    @Test
    void aTopicThatARequestAsksForIsTheRequestsOwnFault() {
        PipelineSpec.Output output =
                new PipelineSpec.KafkaOutput("answers", Optional.of(FAR), true);
        try (Sink sink = new ClusterSinkConnector(clusters).open(SHOP, output).orElseThrow()) {
            for (ErrorCode code : List.of(ErrorCode.NOT_FOUND, ErrorCode.DENIED)) {
                gone.set(new MillraceException(code, "no such topic"));
                assertThat(sink.write(List.of(asked("asked-for"))))
                        .extracting(ItemFailure::code)
                        .containsExactly(code);
                // A declared one waits, and so does one that the output names by a template.
                assertThat(sink.write(List.of(answer("shop.out"))))
                        .extracting(ItemFailure::code)
                        .containsExactly(ErrorCode.UNAVAILABLE);
                assertThat(sink.write(List.of(answer("answers"))))
                        .extracting(ItemFailure::code)
                        .containsExactly(ErrorCode.UNAVAILABLE);
            }
        }
    }

    /**
     * What refuses the credentials says nothing of the topic, so the record must not be given up.
     */
    @Test
    void refusedCredentialsHoldUpWhatRequestsAskForUntilTheSecretIsMended() {
        PipelineSpec.Output output =
                new PipelineSpec.KafkaOutput("answers", Optional.of(FAR), true);
        far.ensureTopics(Set.of("asked-for"));
        try (Sink sink = new ClusterSinkConnector(clusters).open(SHOP, output).orElseThrow()) {
            gone.set(new MillraceException(ErrorCode.UNAVAILABLE, "refused the credentials"));
            assertThat(sink.write(List.of(asked("asked-for"))))
                    .extracting(ItemFailure::code)
                    .containsExactly(ErrorCode.UNAVAILABLE);
            assertThat(closed).as("what was opened with the old secret").hasValue(1);

            gone.set(null);
            assertThat(sink.write(List.of(asked("asked-for")))).isEmpty();
        }
        assertThat(far.records("asked-for")).hasSize(1);
    }

    /** The user of the secret may be the one who may not write. */
    @Test
    void theSecretIsReadAgainWhenAllIsDenied() {
        PipelineSpec.Output output =
                new PipelineSpec.KafkaOutput("answers", Optional.of(FAR), true);
        far.ensureTopics(Set.of("asked-for"));
        try (Sink sink = new ClusterSinkConnector(clusters).open(SHOP, output).orElseThrow()) {
            gone.set(new MillraceException(ErrorCode.DENIED, "not you"));
            for (int i = 0; i < 2; i++) {
                assertThat(closed).hasValue(0);
                assertThat(sink.write(List.of(asked("asked-for"))))
                        .extracting(ItemFailure::code)
                        .containsExactly(ErrorCode.DENIED);
            }
            assertThat(closed).hasValue(1);

            gone.set(null);
            assertThat(sink.write(List.of(asked("asked-for")))).isEmpty();
        }
        assertThat(opened).hasValue(2);
    }

    private static @Nullable ErrorCode refusedWith(Sink sink) {
        try {
            sink.write(List.of(answer()));
            return null;
        } catch (MillraceException e) {
            return e.code();
        }
    }

    private static OutputRecord answer() {
        return answer("answers");
    }

    private static OutputRecord asked(String topic) {
        return new OutputRecord(topic, null, new byte[] {1}, List.of(), 42, true);
    }

    private static OutputRecord answer(String topic) {
        return new OutputRecord(topic, null, new byte[] {1}, List.of(), 42);
    }
}
