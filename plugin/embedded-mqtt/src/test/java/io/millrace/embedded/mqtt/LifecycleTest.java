package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static io.millrace.embedded.mqtt.BrokerFixture.OTHER;
import static io.millrace.embedded.mqtt.IngestTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.testkit.RecordingMeters;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class LifecycleTest {

    private static final OutputRecord RECORD =
            new OutputRecord("t", null, new byte[] {1}, List.of(), 0);

    @TempDir Path directory;

    @Test
    void namesThePortThatIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var broker = broker(taken.getLocalPort());
            assertThatThrownBy(broker::start)
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining(":" + taken.getLocalPort())
                    .hasMessageContaining("another port");
            broker.close();
        }
    }

    @Test
    void startsOnceAndClosesTwice() {
        var broker = broker(0);
        broker.start();
        assertThatThrownBy(broker::start).hasMessageContaining("create a new one");
        broker.close();
        broker.close();
        assertThatThrownBy(broker::plainPort).isInstanceOf(MillraceException.class);
        assertThatThrownBy(() -> write(broker)).hasMessageContaining("not running");
    }

    @Test
    void aSinkMayBeOpenedBeforeTheBrokerListens() {
        try (var broker = broker(0)) {
            Sink sink = broker.open(FASHION, new PipelineSpec.MqttOutput("t")).orElseThrow();
            assertThatThrownBy(() -> sink.write(List.of(RECORD)))
                    .asInstanceOf(InstanceOfAssertFactories.type(MillraceException.class))
                    .extracting(MillraceException::code)
                    .isEqualTo(ErrorCode.UNAVAILABLE);

            broker.start();

            assertThat(sink.write(List.of(RECORD))).isEmpty();
            sink.close();
        }
    }

    private static List<ItemFailure> write(EmbeddedMqttBroker broker) {
        return broker.open(FASHION, new PipelineSpec.MqttOutput("t"))
                .orElseThrow()
                .write(List.of(RECORD));
    }

    /** Far more than a slow machine needs, and far less than it may wait for what is under way. */
    @Test
    void doesNotWaitForClientsThatHaveNothingUnderWay() {
        var fixture = BrokerFixture.start(directory, patient());
        for (int i = 0; i < 10; i++) {
            var client = fixture.connected(FASHION, "c" + i);
            client.subscribeWith().topicFilter("#").qos(MqttQos.AT_LEAST_ONCE).send();
        }
        assertThat(CompletableFuture.runAsync(fixture::close)).succeedsWithin(30, TimeUnit.SECONDS);
    }

    private static MqttLimits patient() {
        MqttLimits limits = MqttLimits.DEFAULT;
        return new MqttLimits(
                limits.packet(),
                limits.inFlightMessages(),
                limits.inFlight(),
                limits.totalInFlight(),
                limits.unacknowledged(),
                limits.queuedMessages(),
                limits.queuedInMemory(),
                limits.queuedOnDisk(),
                limits.totalInMemory(),
                Duration.ofHours(1));
    }

    @Test
    void acknowledgesWhatItHasReadBeforeItStops() {
        var fixture = BrokerFixture.start(directory);
        fixture.bind(FASHION, "camera", "images");
        fixture.log.hold();
        var client = fixture.connected(FASHION, "cam").toAsync();
        var acknowledged = client.publish(publish("images", "last", MqttQos.AT_LEAST_ONCE));
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.held() == 1);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(fixture::close);
        assertThat(closing).isNotDone();
        fixture.log.resume();
        assertThat(acknowledged).succeedsWithin(30, TimeUnit.SECONDS);
        assertThat(closing).succeedsWithin(30, TimeUnit.SECONDS);
    }

    @Test
    void aTopicBelongsToOneDataSourceOfAProject() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.bind(FASHION, "one", "images");
            fixture.bind(OTHER, "two", "images");
            assertThatThrownBy(() -> fixture.bind(FASHION, "three", "images"))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT))
                    .hasMessageContaining("DataSource/one");
            fixture.broker.stop(ResourceKey.of(Kind.DATA_SOURCE, FASHION, "one"));
            fixture.bind(FASHION, "three", "images");
            var client = fixture.connected(FASHION, "cam");
            client.publish(publish("images", "to three", MqttQos.AT_LEAST_ONCE));
            assertThat(fixture.log.values()).containsExactly("to three");
        }
    }

    @Test
    void servesOnlyItsKindsOfSourceAndOutput() {
        try (var fixture = BrokerFixture.start(directory)) {
            assertThat(fixture.broker.supports(new DataSourceSpec.EmbeddedMqtt())).isTrue();
            assertThat(fixture.broker.open(FASHION, new PipelineSpec.KafkaOutput("t"))).isEmpty();
        }
    }

    @Test
    void refusesABadOutputTopicAndTakesItsNeighbours() {
        try (var fixture = BrokerFixture.start(directory)) {
            assertThat(fixture.publish(FASHION, "a/#", "x"))
                    .extracting(ItemFailure::code)
                    .containsExactly(ErrorCode.INVALID);
            assertThat(fixture.publish(FASHION, "a/b", "x")).isEmpty();
        }
    }

    private EmbeddedMqttBroker broker(int port) {
        return new EmbeddedMqttBroker(
                new EmbeddedMqttConfig(
                        directory.resolve("mqtt"),
                        List.of(EmbeddedMqttConfig.Listener.local(port)),
                        MqttLimits.DEFAULT),
                new FakeLog(),
                new RecordingMeters(),
                TimeSource.system(),
                IdSource.random(),
                certificate -> Optional.empty(),
                Secrets.none());
    }
}
