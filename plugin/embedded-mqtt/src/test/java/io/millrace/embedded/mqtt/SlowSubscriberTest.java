package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import io.millrace.api.PipelineSpec;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.activemq.artemis.core.postoffice.impl.LocalQueueBinding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class SlowSubscriberTest {

    /** Far more than the 1 MiB that stays in memory. */
    private static final int PAYLOAD = 8_192;

    private static final int LIMIT = 1_000;

    @TempDir Path directory;

    @Test
    void losesNothingWithinTheLimitAndCountsWhatIsBeyond() throws Exception {
        try (var fixture =
                BrokerFixture.start(
                        directory, BackPressureTest.limits(1_000, 1L << 22, 1L << 24))) {
            subscribe(fixture, "slow", false);
            subscribe(fixture, "other", false);
            write(fixture, 0, LIMIT);
            assertThat(fixture.meters.total("millrace_mqtt_subscriber_dropped_total")).isZero();

            try (var other = new Reader(fixture, "other")) {
                other.expect(0, LIMIT);
                awaitNothingWaits(fixture, "other");
                write(fixture, LIMIT, LIMIT + 300);
                other.expect(LIMIT, LIMIT + 300);
            }
            assertThat(fixture.meters.total("millrace_mqtt_subscriber_dropped_total"))
                    .isEqualTo(300);

            try (var slow = new Reader(fixture, "slow")) {
                slow.expect(0, LIMIT);
                awaitNothingWaits(fixture, "slow");
                write(fixture, LIMIT + 300, LIMIT + 310);
                slow.expect(LIMIT + 300, LIMIT + 310);
            }
            assertThat(fixture.meters.total("millrace_mqtt_subscriber_dropped_total"))
                    .isEqualTo(300);
        }
    }

    @Test
    void boundsWhatWaitsForASubscriberThatDoesNotRead() throws Exception {
        try (var fixture =
                        BrokerFixture.start(
                                directory, BackPressureTest.limits(1_000, 1L << 22, 1L << 24));
                var stuck =
                        new Socket(InetAddress.getLoopbackAddress(), fixture.broker.plainPort())) {
            stuck.getOutputStream().write(RawPackets.connect("stuck", "fashion"));
            stuck.getOutputStream().write(RawPackets.karbonSubscribe("results/a"));
            assertThat(stuck.getInputStream().readNBytes(9)).hasSize(9);
            int count = 4_000;
            write(fixture, 0, count);
            long dropped = fixture.meters.total("millrace_mqtt_subscriber_dropped_total");
            assertThat(dropped).as("not all in some buffer").isGreaterThan(1_000);

            int packet = 1 + 2 + 2 + "results/a".length() + PAYLOAD;
            byte[] all =
                    stuck.getInputStream().readNBytes(Math.toIntExact((count - dropped) * packet));
            assertThat(all)
                    .as("what was not dropped arrives")
                    .hasSize((int) (count - dropped) * packet);
        }
    }

    private static void subscribe(BrokerFixture fixture, String id, boolean clean) {
        var client = fixture.plain3(FASHION, id).buildBlocking();
        client.connectWith().cleanSession(clean).send();
        client.subscribeWith().topicFilter("results/#").qos(MqttQos.AT_LEAST_ONCE).send();
        client.disconnect();
    }

    /** What a subscriber has got and not acknowledged waits still. */
    private static void awaitNothingWaits(BrokerFixture fixture, String id) {
        await().atMost(30, TimeUnit.SECONDS)
                .until(() ->
                        fixture.broker
                                .server()
                                .getPostOffice()
                                .getAllBindings()
                                .filter(binding -> binding instanceof LocalQueueBinding)
                                .map(binding -> ((LocalQueueBinding) binding).getQueue())
                                .filter(queue -> queue.getName().toString().contains(":" + id))
                                .allMatch(queue -> queue.getMessageCount() == 0));
    }

    private static void write(BrokerFixture fixture, int from, int to) {
        try (Sink sink =
                fixture.broker
                        .open(FASHION, new PipelineSpec.MqttOutput("results/a"))
                        .orElseThrow()) {
            for (int start = from; start < to; start += 50) {
                var failures =
                        sink.write(
                                IntStream.range(start, Math.min(to, start + 50))
                                        .mapToObj(SlowSubscriberTest::record)
                                        .toList());
                assertThat(failures).isEmpty();
            }
        }
    }

    private static OutputRecord record(int number) {
        byte[] value = ByteBuffer.allocate(PAYLOAD).putInt(number).array();
        return new OutputRecord("results/a", null, value, List.of(), 0);
    }

    /** A subscriber that is back. */
    private static final class Reader implements AutoCloseable {
        private final Mqtt3BlockingClient client;
        private final Mqtt3BlockingClient.Mqtt3Publishes publishes;

        Reader(BrokerFixture fixture, String id) {
            client = fixture.plain3(FASHION, id).buildBlocking();
            publishes = client.publishes(MqttGlobalPublishFilter.ALL);
            client.connectWith().cleanSession(false).send();
        }

        void expect(int from, int to) throws InterruptedException {
            var numbers = new ArrayList<Integer>();
            for (int i = from; i < to; i++) {
                byte[] payload =
                        publishes.receive(30, TimeUnit.SECONDS).orElseThrow().getPayloadAsBytes();
                numbers.add(ByteBuffer.wrap(payload).getInt());
            }
            assertThat(numbers).isEqualTo(IntStream.range(from, to).boxed().toList());
        }

        @Override
        public void close() {
            publishes.close();
            client.disconnect();
        }
    }
}
