package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

@Timeout(60)
final class IngestTest {

    private static final List<MqttQos> EACH_QOS =
            List.of(MqttQos.AT_MOST_ONCE, MqttQos.AT_LEAST_ONCE, MqttQos.EXACTLY_ONCE);

    @TempDir Path directory;

    private BrokerFixture fixture;

    @BeforeEach
    void start() {
        fixture = BrokerFixture.start(directory);
        fixture.bind(FASHION, "camera", "images");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @ParameterizedTest
    @EnumSource(MqttQos.class)
    void takesMessagesOfEachQosIntoTheLog(MqttQos qos) {
        Mqtt3BlockingClient client = fixture.connected(FASHION, "cam-1");
        client.publish(publish("images", "one", qos));
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 1);
        client.disconnect();

        var record = fixture.log.records().getFirst();
        assertThat(FakeLog.text(record)).isEqualTo("one");
        assertThat(record.topic()).isEqualTo("log.images");
        assertThat(record.key()).isEqualTo("cam-1".getBytes(StandardCharsets.UTF_8));
        List<Header> headers = record.headers();
        assertThat(Header.find(headers, HeaderNames.SOURCE)).isEqualTo("fashion/camera");
        assertThat(Header.find(headers, HeaderNames.FIELD)).isEqualTo("field");
        assertThat(Header.find(headers, HeaderNames.TOPIC)).isEqualTo("images");
        assertThat(Header.find(headers, "mqtt.client")).isEqualTo("cam-1");
        assertThat(Header.find(headers, "mqtt.qos")).isEqualTo("" + qos.getCode());
        String received = Header.find(headers, HeaderNames.RECEIVED);
        assertThat(received).isNotNull();
        assertThat(Long.parseLong(received) / 1_000_000).isEqualTo(record.timestampMillis());
    }

    @ParameterizedTest
    @EnumSource(
            value = MqttQos.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void acknowledgesOnlyAfterTheLogHasIt(MqttQos qos) {
        fixture.log.hold();
        var client = fixture.connected(FASHION, "cam-1").toAsync();
        CompletableFuture<Mqtt3Publish> acknowledged =
                client.publish(publish("images", "one", qos));
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.held() == 1);
        // A round trip of something else: what was to be answered would have been.
        fixture.connected(FASHION, "other").disconnect();
        assertThat(acknowledged).isNotDone();
        fixture.log.resume();
        assertThat(acknowledged).succeedsWithin(30, TimeUnit.SECONDS);
    }

    @Test
    void keepsTheOrderOfAConnection() {
        var client = fixture.connected(FASHION, "cam-1").toAsync();
        var acknowledged = new ArrayList<CompletableFuture<Mqtt3Publish>>();
        for (int i = 0; i < 2_000; i++) {
            acknowledged.add(client.publish(publish("images", "" + i, EACH_QOS.get(i % 3))));
        }
        acknowledged.forEach(CompletableFuture::join);
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 2_000);
        assertThat(fixture.log.values())
                .isEqualTo(IntStream.range(0, 2_000).mapToObj(i -> "" + i).toList());
    }

    @Test
    void closesTheConnectionWhenTheLogFailsAndTakesTheRepetition() {
        fixture.log.failNext(1);
        var client =
                fixture.plain3(FASHION, "cam-1").automaticReconnectWithDefaultConfig().buildAsync();
        client.connectWith().cleanSession(false).send().join();
        CompletableFuture<Mqtt3Publish> acknowledged =
                client.publish(publish("images", "one", MqttQos.AT_LEAST_ONCE));
        assertThat(acknowledged).succeedsWithin(20, TimeUnit.SECONDS);
        assertThat(fixture.log.values()).containsExactly("one");
        assertThat(fixture.meters.total("millrace_mqtt_ingest_failed_total")).isEqualTo(1);
        client.disconnect().join();
    }

    @Test
    void tellsAClientOfMqtt5WhyItsMessageWasNotTaken() {
        fixture.log.failNext(1);
        var told = new CompletableFuture<String>();
        var client =
                fixture.plain5(FASHION, "cam-5")
                        .addDisconnectedListener(gone -> told.complete(reason(gone.getCause())))
                        .buildAsync();
        client.connect().join();
        var _ = client.publishWith().topic("images").qos(MqttQos.AT_LEAST_ONCE).send();
        assertThat(told)
                .succeedsWithin(20, TimeUnit.SECONDS)
                .isEqualTo("a message did not get into the log: the log is not there");
    }

    /** Each comes back and is refused again: in the log that is one line, and one event each. */
    @Test
    void doesNotFillTheLogWithClientsThatItRefuses() {
        var logger = (Logger) LoggerFactory.getLogger("io.millrace.embedded.mqtt");
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        logger.addAppender(lines);
        try {
            for (int i = 0; i < 20; i++) {
                fixture.log.failNext(1);
                var client = fixture.plain5(FASHION, "cam-" + i).buildBlocking();
                client.connect();
                assertThatThrownBy(() ->
                                client.publishWith()
                                        .topic("images")
                                        .qos(MqttQos.AT_LEAST_ONCE)
                                        .send())
                        .isInstanceOf(RuntimeException.class);
            }
        } finally {
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .singleElement()
                .extracting(ILoggingEvent::getFormattedMessage)
                .asString()
                .contains("cam-0", "the log is not there");
        assertThat(fixture.events.reasons(ResourceKey.of(Kind.DATA_SOURCE, FASHION, "camera")))
                .hasSize(20)
                .containsOnly("SendersRefused");
    }

    private static String reason(Throwable cause) {
        return cause instanceof Mqtt5DisconnectException disconnect
                ? disconnect.getMqttMessage().getReasonString().map(Object::toString).orElse("")
                : cause.toString();
    }

    @Test
    void countsWhatIsLostAtQosZeroAndKeepsTheConnection() {
        fixture.log.failNext(1);
        var client = fixture.connected(FASHION, "cam-1");
        client.publish(publish("images", "lost", MqttQos.AT_MOST_ONCE));
        client.publish(publish("images", "kept", MqttQos.AT_LEAST_ONCE));
        assertThat(fixture.log.values()).containsExactly("kept");
        assertThat(fixture.meters.total("millrace_mqtt_ingest_lost_total")).isEqualTo(1);
    }

    @Test
    void takesTopicsByWildcard() {
        fixture.bind(FASHION, "floor", "line/+/temperature", "deep/#");
        var client = fixture.connected(FASHION, "cam-1");
        client.publish(publish("line/7/temperature", "plus", MqttQos.AT_LEAST_ONCE));
        client.publish(publish("deep/a/b", "hash", MqttQos.AT_LEAST_ONCE));
        client.publish(publish("line/7/pressure", "none", MqttQos.AT_LEAST_ONCE));
        assertThat(fixture.log.values()).containsExactly("plus", "hash");
        assertThat(Header.find(fixture.log.records().getFirst().headers(), HeaderNames.TOPIC))
                .isEqualTo("line/7/temperature");
    }

    @Test
    void givesSubscribersOfADataSourceTopicTheirCopy() throws InterruptedException {
        var client = fixture.connected(FASHION, "cam-1");
        try (var publishes = client.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
            client.publish(publish("images", "before", MqttQos.AT_LEAST_ONCE));
            client.subscribeWith().topicFilter("images").qos(MqttQos.AT_LEAST_ONCE).send();
            client.publish(publish("images", "after", MqttQos.AT_LEAST_ONCE));
            var copy = publishes.receive(30, TimeUnit.SECONDS).orElseThrow();
            assertThat(copy.getTopic().toString()).isEqualTo("images");
            assertThat(copy.getPayloadAsBytes())
                    .isEqualTo("after".getBytes(StandardCharsets.UTF_8));
            client.unsubscribeWith().topicFilter("images").send();
            client.subscribeWith().topicFilter("#").qos(MqttQos.AT_MOST_ONCE).send();
            client.publish(publish("images", "wild", MqttQos.AT_LEAST_ONCE));
            assertThat(publishes.receive(30, TimeUnit.SECONDS).orElseThrow().getPayloadAsBytes())
                    .isEqualTo("wild".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(fixture.log.values()).containsExactly("before", "after", "wild");
    }

    @Test
    void staysConnectedWhilePublishingLongerThanTheKeepAlive() {
        var client = fixture.plain3(FASHION, "cam-1").buildBlocking();
        client.connectWith().keepAlive(3).send();
        await().during(7, TimeUnit.SECONDS)
                .atMost(30, TimeUnit.SECONDS)
                .pollInterval(50, TimeUnit.MILLISECONDS)
                .until(() -> {
                    client.publish(publish("images", "x", MqttQos.AT_LEAST_ONCE));
                    return client.getState().isConnected();
                });
    }

    static Mqtt3Publish publish(String topic, String payload, MqttQos qos) {
        return Mqtt3Publish.builder()
                .topic(topic)
                .qos(qos)
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .build();
    }
}
