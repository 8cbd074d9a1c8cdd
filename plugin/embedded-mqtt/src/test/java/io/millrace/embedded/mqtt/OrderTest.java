package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    @TempDir Path directory;

    /** Acknowledgements keep the journal, and so the broker's threads, busy between deliveries. */
    @Test
    void persistentSessionsGetResultsInTheOrderInWhichTheyWereWritten() {
        try (var fixture = BrokerFixture.start(directory)) {
            var received = new ArrayList<ConcurrentLinkedQueue<String>>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                var mine = new ConcurrentLinkedQueue<String>();
                received.add(mine);
                var client = fixture.plain3(FASHION, "subscriber-" + i).buildAsync();
                client.publishes(
                        MqttGlobalPublishFilter.ALL,
                        message ->
                                mine.add(
                                        new String(
                                                message.getPayloadAsBytes(),
                                                StandardCharsets.UTF_8)));
                client.connectWith().cleanSession(false).send().join();
                client.subscribeWith()
                        .topicFilter("results")
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .send()
                        .join();
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
}
