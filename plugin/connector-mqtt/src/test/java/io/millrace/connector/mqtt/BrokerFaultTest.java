package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.millrace.testkit.DeliveryOracle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that goes and comes back under load: nothing that it acknowledged is lost. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class BrokerFaultTest {
    private static final int UNDER_WAY = 200;
    private static final int NEAR = 1_000;

    @TempDir private Path folder;

    @Test
    void nothingIsLostWhenTheBrokerRestartsAndConnectionsBreakUnderLoad() throws Exception {
        var oracle = new DeliveryOracle();
        var acknowledged = new ConcurrentLinkedQueue<byte[]>();
        var isSending = new AtomicBoolean(true);
        try (var broker = Mosquitto.in(folder).start();
                var link = new Link(broker.port());
                var world = new World()) {
            world.listen(World.binding(World.to(link.port()), "in/{key}", "other"));
            Mqtt5AsyncClient sender = sender(broker.port());
            var load =
                    Thread.ofVirtual()
                            .start(() -> send(world, sender, oracle, acknowledged, isSending));

            for (int fault = 0; fault < 3; fault++) {
                awaitMore(world, 500);
                link.cut();
                awaitMore(world, 500);
                broker.stop();
                await().atMost(World.PATIENCE).until(() -> !world.state().isTaking());
                broker.start();
                world.awaitListening();
            }
            awaitMore(world, 500);
            isSending.set(false);
            load.join();

            var all = new ArrayList<>(acknowledged);
            all.forEach(oracle::acknowledged);
            long last = DeliveryOracle.numberOf(all.getLast());
            await().atMost(World.PATIENCE)
                    .until(() ->
                            world.records().stream()
                                    .anyMatch(r -> DeliveryOracle.numberOf(r.value()) == last));
            world.records().forEach(record -> oracle.output(record.value()));
            long reconnects = world.meters.total("millrace_source_reconnects_total");
            assertThat(reconnects).isBetween(6L, 40L);
            // What is under way when a connection breaks may come again. That is all that waits:
            // the receive maximum does not hold here, see Dialer.
            assertThat(oracle.problems(0, (reconnects + 6) * (NEAR + 100 + 2 * UNDER_WAY)))
                    .isEmpty();
            sender.toBlocking().disconnect();
        }
    }

    private static Mqtt5AsyncClient sender(int port) {
        Mqtt5AsyncClient client =
                Mqtt5Client.builder()
                        .identifier("sender")
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .automaticReconnect()
                        .initialDelay(100, TimeUnit.MILLISECONDS)
                        .maxDelay(500, TimeUnit.MILLISECONDS)
                        .applyAutomaticReconnect()
                        .buildAsync();
        client.toBlocking().connectWith().cleanStart(false).sessionExpiryInterval(600).send();
        return client;
    }

    private static void send(
            World world,
            Mqtt5AsyncClient client,
            DeliveryOracle oracle,
            ConcurrentLinkedQueue<byte[]> acknowledged,
            AtomicBoolean isSending) {
        var window = new Semaphore(UNDER_WAY);
        List<String> keys = List.of("a", "b", "c");
        for (int i = 0; isSending.get(); i++) {
            String key = keys.get(i % keys.size());
            byte[] payload = oracle.next(key, "");
            window.acquireUninterruptibly();
            if (i % 100 == 0) {
                keepNear(world, i);
            }
            var _ =
                    client.publishWith()
                            .topic("in/" + key)
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .payload(payload)
                            .send()
                            .whenComplete((_, failure) -> {
                                if (failure == null) {
                                    acknowledged.add(payload);
                                }
                                window.release();
                            });
        }
        window.acquireUninterruptibly(UNDER_WAY);
    }

    /** A broker with a mountain of waiting messages is slow, and that is not the subject here. */
    private static void keepNear(World world, int sent) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> sent - lastNumber(world) < NEAR);
    }

    private static long lastNumber(World world) {
        var records = world.records();
        return records.isEmpty() ? 0 : DeliveryOracle.numberOf(records.getLast().value());
    }

    private static void awaitMore(World world, int count) {
        int target = world.log.records(World.LOG_TOPIC).size() + count;
        await().atMost(World.PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> world.records().size() >= target);
    }
}
