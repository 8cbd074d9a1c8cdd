package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static io.millrace.embedded.mqtt.IngestTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.millrace.api.DataSize;
import java.io.DataOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class BackPressureTest {

    /** One read of the socket can bring this many more after reading was stopped. */
    private static final int SLACK = 66_000;

    @TempDir Path directory;

    static MqttLimits limits(int messages, long bytes, long total) {
        return new MqttLimits(
                DataSize.ofMebibytes(1),
                messages,
                new DataSize(bytes),
                new DataSize(total),
                1_000,
                1_000,
                DataSize.ofMebibytes(1),
                DataSize.ofMebibytes(64),
                DataSize.ofMebibytes(8),
                Duration.ofSeconds(2));
    }

    @Test
    void stopsReadingAboveTheBytesOfAConnectionAndGoesOnLater() throws Exception {
        int bound = 200_000;
        try (var fixture = BrokerFixture.start(directory, limits(100_000, bound, 1L << 40))) {
            fixture.bind(FASHION, "camera", "images");
            fixture.log.hold();
            int sent = flood(fixture, 20_000, bound);
            assertThat(sent).isLessThan(20_000);
            double held = fixture.meters.gaugeValue("millrace_mqtt_ingest_in_flight_bytes");
            assertThat(held).isGreaterThanOrEqualTo(bound).isLessThan(bound + 2 * SLACK);
        }
    }

    @Test
    void stopsReadingAllConnectionsAboveTheTotal() throws Exception {
        int bound = 300_000;
        try (var fixture = BrokerFixture.start(directory, limits(100_000, 1L << 40, bound))) {
            fixture.bind(FASHION, "camera", "images");
            fixture.log.hold();
            assertThat(flood(fixture, 20_000, bound)).isLessThan(20_000);
            double held = fixture.meters.gaugeValue("millrace_mqtt_ingest_in_flight_bytes");
            assertThat(held).isGreaterThanOrEqualTo(bound).isLessThan(bound + 2 * SLACK);
            fixture.log.resume();
            var client = fixture.connected(FASHION, "later");
            client.publish(publish("images", "later", MqttQos.AT_LEAST_ONCE));
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> fixture.log.values().contains("later"));
        }
    }

    @Test
    void goesOnReadingWhenTheLogCatchesUp() {
        try (var fixture = BrokerFixture.start(directory, limits(10, 1L << 40, 1L << 40))) {
            fixture.bind(FASHION, "camera", "images");
            fixture.log.hold();
            var client = fixture.connected(FASHION, "cam").toAsync();
            for (int i = 0; i < 500; i++) {
                var _ = client.publish(publish("images", "" + i, MqttQos.AT_LEAST_ONCE));
            }
            await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.held() >= 10);
            fixture.log.resume();
            await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 500);
        }
    }

    /**
     * Sends QoS 0 messages of 1 KB until the broker holds so many bytes and the socket takes no
     * more; how many it took.
     */
    private static int flood(BrokerFixture fixture, int count, int bound) throws Exception {
        var socket = new Socket(InetAddress.getLoopbackAddress(), fixture.broker.plainPort());
        var out = new DataOutputStream(socket.getOutputStream());
        out.write(RawPackets.connect("flood", "fashion"));
        out.flush();
        socket.setSoTimeout(30_000);
        assertThat(socket.getInputStream().readNBytes(4)).isEqualTo(RawPackets.CONNACK_ACCEPTED);
        byte[] packet = RawPackets.publish("images", "x".repeat(1_000));
        var sent = new java.util.concurrent.atomic.AtomicInteger();
        var writer =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                while (sent.get() < count) {
                                    out.write(packet);
                                    sent.incrementAndGet();
                                }
                            } catch (java.io.IOException e) {
                                // The test closes the broker while this waits.
                            }
                        });
        await().atMost(30, TimeUnit.SECONDS)
                .until(() ->
                        fixture.meters.gaugeValue("millrace_mqtt_ingest_in_flight_bytes") >= bound);
        await().atMost(30, TimeUnit.SECONDS)
                .pollInterval(200, TimeUnit.MILLISECONDS)
                .until(new Steady(sent));
        assertThat(writer.isAlive()).isTrue();
        return sent.get();
    }

    /** True once a number has not changed between five looks. */
    private static final class Steady implements java.util.concurrent.Callable<Boolean> {
        private final java.util.concurrent.atomic.AtomicInteger number;
        private int last = -1;
        private int same;

        Steady(java.util.concurrent.atomic.AtomicInteger number) {
            this.number = number;
        }

        @Override
        public Boolean call() {
            int now = number.get();
            same = now == last && now > 0 ? same + 1 : 0;
            last = now;
            return same >= 5;
        }
    }
}
