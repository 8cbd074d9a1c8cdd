package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class OrderTest {

    private static final int SUBSCRIBERS = 4;
    private static final int BATCHES = 400;
    private static final int BATCH = 25;
    private static final int SENDERS = 3;
    private static final int SENT = 6_000;

    @TempDir Path directory;

    /** Acknowledgements keep the journal, and so the broker's threads, busy between deliveries. */
    @Test
    void persistentSessionsGetResultsInTheOrderInWhichTheyWereWritten() {
        try (var fixture = BrokerFixture.start(directory)) {
            var received = new ArrayList<ConcurrentLinkedQueue<String>>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                received.add(subscribed(fixture, "subscriber-" + i, "results"));
            }
            var expected = new ArrayList<String>();
            for (int batch = 0; batch < BATCHES; batch++) {
                int start = batch * BATCH;
                List<String> values =
                        IntStream.range(start, start + BATCH).mapToObj(n -> "" + n).toList();
                expected.addAll(values);
                fixture.publish(FASHION, "results", values.toArray(String[]::new));
            }
            for (var mine : received) {
                await().atMost(30, TimeUnit.SECONDS).until(() -> mine.size() >= expected.size());
                assertThat(new ArrayList<>(mine)).isEqualTo(expected);
            }
        }
    }

    /**
     * Nothing here is of a data source or a pipeline: Artemis alone carries it. What several
     * clients send at a time makes its threads take turns with each of them.
     */
    @Test
    void clientsGetWhatFastClientsSentInTheOrderInWhichEachSentIt() {
        try (var fixture = BrokerFixture.start(directory)) {
            var received = new ArrayList<ConcurrentLinkedQueue<String>>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                received.add(subscribed(fixture, "subscriber-" + i, "chat/+"));
            }
            var sent = new ArrayList<CompletableFuture<?>>();
            var clients = new ArrayList<Mqtt3AsyncClient>();
            for (int i = 0; i < SENDERS; i++) {
                var client = fixture.plain3(FASHION, "sender-" + i).buildAsync();
                client.connect().join();
                clients.add(client);
            }
            for (int number = 0; number < SENT; number++) {
                for (int i = 0; i < SENDERS; i++) {
                    sent.add(
                            clients.get(i)
                                    .publishWith()
                                    .topic("chat/all")
                                    .qos(MqttQos.AT_LEAST_ONCE)
                                    .payload((i + ":" + number).getBytes(StandardCharsets.UTF_8))
                                    .send());
                }
            }
            CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
            for (var mine : received) {
                await().atMost(60, TimeUnit.SECONDS).until(() -> mine.size() >= SENDERS * SENT);
                for (int i = 0; i < SENDERS; i++) {
                    String name = i + ":";
                    assertThat(mine.stream().filter(text -> text.startsWith(name)).toList())
                            .isEqualTo(IntStream.range(0, SENT).mapToObj(n -> name + n).toList());
                }
            }
        }
    }

    /** What comes to a persistent session, in the order in which it comes. */
    private static ConcurrentLinkedQueue<String> subscribed(
            BrokerFixture fixture, String id, String filter) {
        var mine = new ConcurrentLinkedQueue<String>();
        var client = fixture.plain3(FASHION, id).buildAsync();
        client.publishes(
                MqttGlobalPublishFilter.ALL,
                message ->
                        mine.add(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        client.connectWith().cleanSession(false).send().join();
        client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send().join();
        return mine;
    }
}
