package io.millrace.system;

import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Clients that publish numbered records at QoS 1 and come back for ever; one for each key. */
final class MqttLoad implements AutoCloseable {

    private static final int IN_FLIGHT = 100;
    private static final Duration SETTLE = Duration.ofMinutes(5);
    private static final Duration PACE = Duration.ofMillis(20);

    private final Ledger ledger;
    private final int port;
    private final UnaryOperator<String> topicOf;
    private final List<Thread> threads = new ArrayList<>();
    private final String more;
    private final int perSecond;
    private volatile boolean isRunning = true;

    /**
     * Describes it; {@link #start} connects.
     *
     * @param topicOf where the records of a key go
     * @param perSecond of each client
     * @param more members of each record
     */
    MqttLoad(int port, UnaryOperator<String> topicOf, Ledger ledger, int perSecond, String more) {
        this.port = port;
        this.topicOf = topicOf;
        this.ledger = ledger;
        this.perSecond = perSecond;
        this.more = more;
    }

    MqttLoad start(String... keys) {
        for (String key : keys) {
            threads.add(Thread.ofPlatform().name("load " + key).start(() -> publish(key)));
        }
        return this;
    }

    /** Publishes one record and waits for its acknowledgement. */
    static void once(int port, String topic, Ledger ledger, String key, String more) {
        Mqtt3AsyncClient client = client(port, key);
        client.connectWith().cleanSession(true).send().join();
        byte[] record = ledger.next(key, more);
        client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(record).send().join();
        ledger.acknowledged(record);
        client.disconnect().join();
    }

    private void publish(String key) {
        Mqtt3AsyncClient client = client(port, key);
        client.connectWith().cleanSession(true).send().join();
        var window = new Semaphore(IN_FLIGHT);
        double due = 0;
        while (isRunning) {
            TimeSource.system().pause(PACE);
            for (due += perSecond * PACE.toMillis() / 1_000.0; due >= 1 && isRunning; due--) {
                if (!client.getState().isConnected()) {
                    due = 1;
                    break;
                }
                window.acquireUninterruptibly();
                send(client, key, window);
            }
        }
        window.acquireUninterruptibly(IN_FLIGHT);
        await().atMost(SETTLE).until(() -> client.getState().isConnected());
        client.disconnect().join();
    }

    private void send(Mqtt3AsyncClient client, String key, Semaphore window) {
        byte[] record = ledger.next(key, more);
        var _ =
                client.publishWith()
                        .topic(topicOf.apply(key))
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(record)
                        .send()
                        .whenComplete((_, failure) -> {
                            if (failure == null) {
                                ledger.acknowledged(record);
                            }
                            window.release();
                        });
    }

    /** Ends when all that was sent is acknowledged. */
    @Override
    public void close() {
        isRunning = false;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** A client that comes back by itself. */
    static Mqtt3AsyncClient client(int port, String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(port)
                .automaticReconnect()
                .initialDelay(50, TimeUnit.MILLISECONDS)
                .maxDelay(500, TimeUnit.MILLISECONDS)
                .applyAutomaticReconnect()
                .buildAsync();
    }
}
