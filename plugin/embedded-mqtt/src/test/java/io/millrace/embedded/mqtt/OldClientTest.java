package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.millrace.api.PipelineSpec;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Anonymous;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.spi.Header;
import io.millrace.spi.OutputRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Clients as they are out there: MQTT 3.1.1, a kept session, a fixed id, QoS 0, no user, no TLS.
 */
@Timeout(60)
class OldClientTest {

    private static final byte[] NEW_SESSION = {0x20, 2, 0, 0};
    private static final byte[] KNOWN_SESSION = {0x20, 2, 1, 0};
    private static final byte[] SUBSCRIBED = {(byte) 0x90, 3, 0, 1, 0};
    private static final byte[] PINGRESP = {(byte) 0xd0, 0};
    private static final String OUT = "outqueue/lstm";

    @TempDir Path directory;

    private BrokerFixture fixture;
    private int port;

    @BeforeEach
    void start() {
        fixture =
                BrokerFixture.start(
                        directory,
                        MqttLimits.DEFAULT,
                        List.of(
                                new Listener(
                                        "grid", "127.0.0.1", 0, null, new Anonymous(FASHION))));
        fixture.bind(FASHION, "grid", "inqueue/lstm");
        port = fixture.broker.port("grid");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void asksAndIsAnswered() throws IOException {
        try (var client = new OldClient(port, "user2")) {
            assertThat(client.connack).isEqualTo(NEW_SESSION);
            client.subscribe(OUT);
            assertThat(client.read()).isEqualTo(SUBSCRIBED);
            client.publish("inqueue/lstm", "{\"norm_1\": 0.1}");
            await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 1);
            assertThat(Header.find(fixture.log.records().getFirst().headers(), "mqtt.client"))
                    .isEqualTo("user2");
            answer("{\"LSTM\": -0.13547556102275848}");
            byte[] publish = client.read();
            assertThat(publish[0]).as("QoS 0, not retained").isEqualTo((byte) 0x30);
            assertThat(OldClient.payload(publish)).isEqualTo("{\"LSTM\": -0.13547556102275848}");
        }
    }

    @Test
    void keepsItsSessionAndReplacesItsSubscription() throws IOException {
        try (var client = new OldClient(port, "user2")) {
            client.subscribe(OUT);
            client.read();
        }
        awaitNobodyConnected();
        try (var client = new OldClient(port, "user2")) {
            assertThat(client.connack).isEqualTo(KNOWN_SESSION);
            client.subscribe(OUT);
            assertThat(client.read()).isEqualTo(SUBSCRIBED);
            answer("once");
            assertThat(OldClient.payload(client.read())).isEqualTo("once");
            client.ping();
            assertThat(client.read()).as("no second copy").isEqualTo(PINGRESP);
        }
    }

    @Test
    void nothingWaitsAtQosZeroWhileItIsAway() throws IOException {
        try (var client = new OldClient(port, "user2")) {
            client.subscribe(OUT);
            client.read();
        }
        awaitNobodyConnected();
        answer("missed");
        answer("missed too");
        assertThat(fixture.meters.countValue("millrace_mqtt_offline_dropped_total")).isEqualTo(2);
        try (var client = new OldClient(port, "user2")) {
            answer("fresh");
            assertThat(OldClient.payload(client.read())).isEqualTo("fresh");
        }
    }

    @Test
    void isSubscribedAgainAsSoonAsItHasTheAnswer() throws IOException {
        try (var client = new OldClient(port, "user2")) {
            client.subscribe(OUT);
            client.read();
        }
        for (int i = 0; i < 300; i++) {
            awaitNobodyConnected();
            try (var client = new OldClient(port, "user2")) {
                answer("" + i);
                assertThat(fixture.meters.countValue("millrace_mqtt_offline_dropped_total"))
                        .isZero();
                assertThat(OldClient.payload(client.read())).isEqualTo("" + i);
            }
        }
    }

    @Test
    void whatIsPublishedAtQosZeroDoesNotWaitForAnybody() throws Exception {
        var reader = fixture.plain3(FASHION, "reader").buildBlocking();
        reader.connectWith().cleanSession(false).send();
        reader.subscribeWith().topicFilter(OUT).qos(MqttQos.AT_LEAST_ONCE).send();
        reader.disconnect();
        awaitNobodyConnected();
        write(new PipelineSpec.MqttOutput(OUT, Optional.empty(), 0, false, false), "lost");
        answer("kept");
        try (var publishes = reader.publishes(MqttGlobalPublishFilter.ALL)) {
            reader.connectWith().cleanSession(false).send();
            assertThat(publishes.receive().getPayloadAsBytes()).isEqualTo("kept".getBytes(UTF_8));
        }
        assertThat(fixture.meters.countValue("millrace_mqtt_offline_dropped_total")).isEqualTo(1);
        reader.disconnect();
    }

    @Test
    void aSecondConnectionWithItsIdTakesOver() throws IOException {
        try (var first = new OldClient(port, "user2");
                var second = new OldClient(port, "user2")) {
            assertThat(first.isClosedByBroker()).isTrue();
            second.ping();
            assertThat(second.read()).isEqualTo(PINGRESP);
            assertThat(fixture.meters.countValue("millrace_mqtt_takeovers_total")).isEqualTo(1);
        }
    }

    @Test
    void twoProgramsWithOneIdAreNamedInTheLogOnce() throws IOException {
        var logger = (Logger) LoggerFactory.getLogger(TakeOvers.class);
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        logger.addAppender(events);
        OldClient last = new OldClient(port, "aaltosea1");
        try {
            for (int i = 0; i < 6; i++) {
                var next = new OldClient(port, "aaltosea1");
                assertThat(last.isClosedByBroker()).isTrue();
                last.close();
                last = next;
            }
            assertThat(fixture.meters.countValue("millrace_mqtt_takeovers_total")).isEqualTo(6);
            assertThat(events.list)
                    .singleElement()
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .asString()
                    .contains("aaltosea1", "/127.0.0.1:", "give each an id of its own");
        } finally {
            logger.detachAppender(events);
            last.close();
        }
    }

    private void awaitNobodyConnected() {
        await().atMost(30, TimeUnit.SECONDS)
                .pollInterval(2, TimeUnit.MILLISECONDS)
                .until(() -> fixture.meters.gaugeValue("millrace_mqtt_open_connections") == 0);
        await().atMost(30, TimeUnit.SECONDS)
                .pollInterval(2, TimeUnit.MILLISECONDS)
                .until(() ->
                        org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager.getInstance(
                                        fixture.broker.server())
                                .getConnectedClients()
                                .isEmpty());
    }

    private void answer(String text) {
        write(new PipelineSpec.MqttOutput(OUT), text);
    }

    private void write(PipelineSpec.MqttOutput output, String text) {
        try (var sink = fixture.broker.open(FASHION, output).orElseThrow()) {
            assertThat(
                            sink.write(
                                    List.of(
                                            new OutputRecord(
                                                    OUT,
                                                    null,
                                                    text.getBytes(UTF_8),
                                                    List.of(),
                                                    0))))
                    .isEmpty();
        }
    }
}
