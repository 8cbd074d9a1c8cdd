package io.millrace.embedded.mqtt;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.StreamLog;
import io.millrace.testkit.RecordingMeters;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes 64 bytes at QoS 1 from 20 connections with 20 in flight each, over loopback without
 * TLS, into a log that acknowledges from a thread of its own. Senders are plain sockets in the same
 * JVM. With the argument {@code clients} the topic is of no data source, and the messages go to a
 * client with a session that is kept. By hand, not in the suite.
 */
final class ThroughputCheck {

    private static final Logger log = LoggerFactory.getLogger(ThroughputCheck.class);

    private static final int CONNECTIONS = 20;
    private static final int IN_FLIGHT = 20;
    private static final int SECONDS = 8;

    private ThroughputCheck() {}

    public static void main(String[] arguments) throws Exception {
        var streamLog = new ThreadedLog();
        var config =
                new EmbeddedMqttConfig(
                        Files.createTempDirectory("mqtt"),
                        List.of(EmbeddedMqttConfig.Listener.local(0)),
                        MqttLimits.DEFAULT);
        try (streamLog;
                var broker =
                        new EmbeddedMqttBroker(
                                config,
                                streamLog,
                                new RecordingMeters(),
                                TimeSource.system(),
                                IdSource.random(),
                                certificate -> Optional.empty(),
                                Secrets.none())) {
            broker.start();
            if (arguments.length > 0 && arguments[0].equals("clients")) {
                Mqtt3BlockingClient reader = reader(broker.plainPort());
                run(broker.plainPort(), streamLog);
                reader.disconnect();
            } else {
                broker.start(Bindings.one(BrokerFixture.FASHION, "camera", "images"));
                run(broker.plainPort(), streamLog);
            }
        }
    }

    private static Mqtt3BlockingClient reader(int port) {
        var client =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier("reader")
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .simpleAuth()
                        .username(BrokerFixture.FASHION.value())
                        .applySimpleAuth()
                        .buildAsync();
        client.connectWith().cleanSession(false).send().join();
        client.subscribeWith()
                .topicFilter("images")
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(_ -> {})
                .send()
                .join();
        return client.toBlocking();
    }

    private static void run(int port, ThreadedLog streamLog) throws Exception {
        TimeSource time = TimeSource.system();
        var acknowledged = new LongAdder();
        var done = new CountDownLatch(CONNECTIONS);
        long end = time.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        for (int i = 0; i < CONNECTIONS; i++) {
            String id = "p" + i;
            Thread.ofPlatform()
                    .start(() -> {
                        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                            publish(socket, id, end, acknowledged);
                        } catch (IOException e) {
                            log.error("publisher {}", id, e);
                        } finally {
                            done.countDown();
                        }
                    });
        }
        time.pause(Duration.ofSeconds(SECONDS / 2));
        long before = acknowledged.sum();
        long from = time.nanoTime();
        done.await();
        double rate = (acknowledged.sum() - before) * 1e9 / (time.nanoTime() - from);
        log.warn(
                "{} messages/s; {} acknowledged, {} in the log",
                Math.round(rate),
                acknowledged.sum(),
                streamLog.appended.sum());
    }

    private static void publish(Socket socket, String id, long end, LongAdder acknowledged)
            throws IOException {
        TimeSource time = TimeSource.system();
        socket.setTcpNoDelay(true);
        var out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        var in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
        out.write(RawPackets.connect(id, "fashion"));
        out.flush();
        in.readFully(new byte[4]);
        byte[] packet =
                RawPackets.publish1("images", 1, "x".repeat(64), MqttQos.AT_LEAST_ONCE.getCode());
        int at = RawPackets.packetIdOffset("images");
        int next = 1;
        int inFlight = 0;
        var ack = new byte[4];
        while (time.nanoTime() - end < 0 || inFlight > 0) {
            while (inFlight < IN_FLIGHT && time.nanoTime() - end < 0) {
                packet[at] = (byte) (next >> 8);
                packet[at + 1] = (byte) next;
                out.write(packet);
                next = next % 65_535 + 1;
                inFlight++;
            }
            out.flush();
            do {
                in.readFully(ack);
                inFlight--;
                acknowledged.increment();
            } while (in.available() >= 4);
        }
    }

    /** Acknowledges from one thread, as Kafka's producer does. */
    private static final class ThreadedLog implements StreamLog {
        private final ArrayBlockingQueue<AppendListener> queue = new ArrayBlockingQueue<>(100_000);
        private final LongAdder appended = new LongAdder();
        private final Thread thread =
                Thread.ofPlatform().daemon().name("log").start(this::acknowledge);

        private void acknowledge() {
            try {
                while (true) {
                    queue.take().appended(null);
                    appended.increment();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void append(OutgoingRecord record, AppendListener listener) {
            try {
                queue.put(listener);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                listener.appended(e);
            }
        }

        @Override
        public void ensureTopics(Collection<String> topics) {}

        @Override
        public LogConsumer consumer(ConsumerSpec spec) {
            throw new MillraceException(ErrorCode.UNSUPPORTED, "nobody reads this log");
        }

        @Override
        public void removeGroup(String group) {}

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
