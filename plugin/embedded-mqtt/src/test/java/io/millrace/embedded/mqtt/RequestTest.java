package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.millrace.api.ErrorCode;
import io.millrace.api.PipelineSpec;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests and answers: named levels, reply topics, correlation and user properties. */
@Timeout(60)
class RequestTest {

    @TempDir Path directory;

    @Test
    void namedLevelsBecomeHeaders() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.bind(FASHION, "grid", "inqueue/{tenant}/+/{model}", "all/{first}/#");
            var client = fixture.connected(FASHION, "user2");
            publish(client, "inqueue/alice/x/lstm");
            publish(client, "all/föhn/b/c");
            publish(client, "inqueue//x/");

            List<OutgoingRecord> records = fixture.log.records();
            assertThat(records).hasSize(3);
            assertThat(header(records.get(0), "millrace.capture.tenant")).isEqualTo("alice");
            assertThat(header(records.get(0), "millrace.capture.model")).isEqualTo("lstm");
            assertThat(header(records.get(0), HeaderNames.TOPIC)).isEqualTo("inqueue/alice/x/lstm");
            assertThat(header(records.get(1), "millrace.capture.first")).isEqualTo("föhn");
            assertThat(header(records.get(2), "millrace.capture.tenant")).isEmpty();
            assertThat(header(records.get(2), "millrace.capture.model")).isEmpty();
            assertThat(records)
                    .allSatisfy(r -> assertThat(r.key()).isEqualTo("user2".getBytes(UTF_8)));
            client.disconnect();
        }
    }

    @Test
    void aRequestCarriesReplyTopicCorrelationAndUserProperties() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.bind(FASHION, "grid", "inqueue/lstm");
            var client = connected5(fixture, "five");
            byte[] correlation = {0, 1, -1, 2};
            client.publishWith()
                    .topic("inqueue/lstm")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("{}".getBytes(UTF_8))
                    .responseTopic("answers/five")
                    .correlationData(correlation)
                    .userProperties()
                    .add("traceparent", "00-1")
                    .add("traceparent", "00-2")
                    .add("millrace.source", "forged")
                    .add("mqtt.client", "forged")
                    .applyUserProperties()
                    .send();

            OutgoingRecord record = fixture.log.records().getFirst();
            assertThat(header(record, HeaderNames.REPLY_TOPIC)).isEqualTo("answers/five");
            assertThat(record.headers())
                    .filteredOn(h -> h.name().equals(HeaderNames.CORRELATION))
                    .singleElement()
                    .satisfies(h -> assertThat(h.value()).isEqualTo(correlation));
            assertThat(record.headers())
                    .filteredOn(h -> h.name().equals("traceparent"))
                    .extracting(Header::text)
                    .containsExactly("00-1", "00-2");
            assertThat(header(record, HeaderNames.SOURCE)).isEqualTo("fashion/grid");
            assertThat(header(record, "mqtt.client")).isEqualTo("five");
            assertThat(fixture.meters.countValue("millrace_mqtt_forged_headers_total"))
                    .isEqualTo(2);
            client.disconnect();
        }
    }

    @Test
    void userPropertiesAreBounded() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.bind(FASHION, "grid", "inqueue/lstm");
            var client = connected5(fixture, "five");
            var publish =
                    Mqtt5Publish.builder()
                            .topic("inqueue/lstm")
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .userProperties();
            for (int i = 0; i < 70; i++) {
                publish = publish.add("p" + i, "v");
            }
            client.publish(publish.add("huge", "x".repeat(20_000)).applyUserProperties().build());

            assertThat(fixture.log.records().getFirst().headers())
                    .filteredOn(h -> h.name().startsWith("p"))
                    .hasSize(64);
            assertThat(fixture.meters.countValue("millrace_mqtt_properties_dropped_total"))
                    .isEqualTo(7);
            client.disconnect();
        }
    }

    @Test
    void aReplyTopicThatNobodyCouldPublishToEndsTheConnection() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.bind(FASHION, "grid", "inqueue/lstm");
            var client = connected5(fixture, "five");
            client.toAsync()
                    .publishWith()
                    .topic("inqueue/lstm")
                    .responseTopic("$SYS/broker")
                    .send();
            await().atMost(30, TimeUnit.SECONDS).until(() -> !client.getState().isConnected());
            assertThat(fixture.log.size()).isZero();
        }
    }

    @Test
    void answersCarryPropertiesToMqtt5AndThePlainPayloadToMqtt3() throws Exception {
        try (var fixture = BrokerFixture.start(directory)) {
            var five = connected5(fixture, "five");
            var three = fixture.connected(FASHION, "three");
            var fives = five.publishes(MqttGlobalPublishFilter.ALL);
            var threes = three.publishes(MqttGlobalPublishFilter.ALL);
            five.subscribeWith().topicFilter("out/#").send();
            three.subscribeWith().topicFilter("out/#").send();
            byte[] correlation = {7, 0, -7};
            assertThat(
                            write(
                                    fixture,
                                    new PipelineSpec.MqttOutput("out/a"),
                                    new OutputRecord(
                                            "out/a",
                                            null,
                                            "{\"LSTM\": 1}".getBytes(UTF_8),
                                            List.of(
                                                    Header.of(HeaderNames.SOURCE, "fashion/grid"),
                                                    Header.of("mqtt.client", "user2"),
                                                    Header.of("a.b", "1"),
                                                    Header.of("c", "2"),
                                                    Header.of(HeaderNames.PROVENANCE, "t/0/7"),
                                                    new Header(
                                                            HeaderNames.CORRELATION, correlation)),
                                            0)))
                    .isEmpty();

            Mqtt5Publish answer = fives.receive();
            assertThat(answer.getQos()).isEqualTo(MqttQos.AT_LEAST_ONCE);
            assertThat(answer.getUserProperties().asList())
                    .extracting(p -> p.getName() + "=" + p.getValue())
                    .containsExactly("a.b=1", "c=2", "millrace.provenance=t/0/7");
            assertThat(answer.getCorrelationData().map(RequestTest::bytes)).contains(correlation);
            assertThat(threes.receive().getPayloadAsBytes())
                    .isEqualTo("{\"LSTM\": 1}".getBytes(UTF_8));
            five.disconnect();
            three.disconnect();
        }
    }

    @Test
    void qosAndRetainAreAsDeclared() throws Exception {
        try (var fixture = BrokerFixture.start(directory)) {
            var output = new PipelineSpec.MqttOutput("state", Optional.empty(), 0, true, false);
            write(fixture, output, record("state", "old"));
            write(fixture, output, record("state", "new"));
            var client = connected5(fixture, "late");
            var publishes = client.publishes(MqttGlobalPublishFilter.ALL);
            client.subscribeWith().topicFilter("state").qos(MqttQos.EXACTLY_ONCE).send();
            Mqtt5Publish kept = publishes.receive();
            assertThat(text(kept)).isEqualTo("new");
            assertThat(kept.isRetain()).isTrue();
            assertThat(kept.getQos()).isEqualTo(MqttQos.AT_MOST_ONCE);

            write(fixture, output, record("state", ""));
            assertThat(text(publishes.receive())).isEmpty();
            var later = connected5(fixture, "later");
            var none = later.publishes(MqttGlobalPublishFilter.ALL);
            later.subscribeWith().topicFilter("state").send();
            write(fixture, new PipelineSpec.MqttOutput("state"), record("state", "not retained"));
            Mqtt5Publish first = none.receive();
            assertThat(text(first)).isEqualTo("not retained");
            assertThat(first.isRetain()).isFalse();
            client.disconnect();
            later.disconnect();
        }
    }

    @Test
    void aDestinationThatIsNoTopicFailsItsRecordAlone() {
        try (var fixture = BrokerFixture.start(directory)) {
            List<ItemFailure> failures =
                    write(
                            fixture,
                            new PipelineSpec.MqttOutput("out"),
                            record("out/+", "a"),
                            record("fine", "b"),
                            record("", "c"),
                            record("$SYS/x", "d"),
                            record("out/#", "e"));
            assertThat(failures).extracting(ItemFailure::index).containsExactly(0, 2, 3, 4);
            assertThat(failures).extracting(ItemFailure::code).containsOnly(ErrorCode.INVALID);
        }
    }

    private static List<ItemFailure> write(
            BrokerFixture fixture, PipelineSpec.MqttOutput output, OutputRecord... records) {
        try (Sink sink = fixture.broker.open(FASHION, output).orElseThrow()) {
            return sink.write(List.of(records));
        }
    }

    private static OutputRecord record(String destination, String value) {
        return new OutputRecord(destination, null, value.getBytes(UTF_8), List.of(), 0);
    }

    private static Mqtt5BlockingClient connected5(BrokerFixture fixture, String id) {
        var client = fixture.plain5(FASHION, id).buildBlocking();
        client.connect();
        return client;
    }

    private static void publish(
            com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient client, String topic) {
        client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).send();
    }

    private static String header(OutgoingRecord record, String name) {
        String text = Header.find(record.headers(), name);
        return text == null ? "none" : text;
    }

    private static String text(Mqtt5Publish publish) {
        return new String(publish.getPayloadAsBytes(), UTF_8);
    }

    private static byte[] bytes(java.nio.ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
