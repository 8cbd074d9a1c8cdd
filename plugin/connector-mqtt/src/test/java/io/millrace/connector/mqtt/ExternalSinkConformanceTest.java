package io.millrace.connector.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.TimeSource;
import io.millrace.conformance.SinkConformance;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.testkit.RecordingMeters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The promises of a sink, with a real broker, a real subscriber, and a fault on the way. */
final class ExternalSinkConformanceTest extends SinkConformance {
    private static final String MARK = "mark";
    private static final String NONE = "none";

    private final AtomicReference<String> refused = new AtomicReference<>(NONE);
    private final List<Mqtt5Publish> received = new ArrayList<>();
    private final Mosquitto broker;
    private final Peer peer;

    ExternalSinkConformanceTest(@TempDir Path folder) {
        broker = Mosquitto.in(folder).start();
        peer = new Peer(broker.port(), "reader");
    }

    @BeforeEach
    void subscribe() {
        peer.subscribe("#");
    }

    @AfterEach
    void stop() {
        peer.close();
        broker.close();
    }

    @Override
    protected Sink openSink() {
        var to = World.to(broker.port());
        var output = new MqttOutput("out", Optional.of(to), 1, false, false);
        var dialer =
                new Dialer(
                        World.GRID,
                        to,
                        new SessionSpec("writer", to.keepAlive(), false),
                        Secrets.none());
        var meters = new SinkMeters(new RecordingMeters(), World.GRID, "writer");
        var sink =
                new ExternalSink(
                        new ResultMessages(output, meters),
                        meters,
                        user ->
                                new MqttLink(
                                        "mqtt writer",
                                        () -> new Faulty(dialer.open(m -> m.acknowledge().run())),
                                        user,
                                        TimeSource.system(),
                                        () -> 0.5),
                        () -> {});
        sink.start();
        return sink;
    }

    @Override
    protected String destination() {
        return "out/one";
    }

    @Override
    protected String otherDestination() {
        return "out/other";
    }

    /** The broker has acknowledged all, so that all is there before a mark that is sent now. */
    @Override
    protected List<byte[]> arrived(String destination, int count) {
        peer.publish(MARK, "");
        try {
            for (Mqtt5Publish next = peer.next(1).getFirst();
                    !next.getTopic().toString().equals(MARK);
                    next = peer.next(1).getFirst()) {
                received.add(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return received.stream()
                .filter(message -> message.getTopic().toString().equals(destination))
                .map(Mqtt5Publish::getPayloadAsBytes)
                .toList();
    }

    @Override
    protected void failOnce(String value) {
        refused.set(value);
    }

    /** A connection that does not bring one message to the broker. */
    private final class Faulty implements MqttSession {
        private final MqttSession session;

        Faulty(MqttSession session) {
            this.session = session;
        }

        @Override
        public CompletionStage<?> publish(Outgoing message) {
            if (!new String(message.payload(), UTF_8).equals(refused.get())) {
                return session.publish(message);
            }
            refused.set(NONE);
            return CompletableFuture.failedFuture(
                    new MillraceException(ErrorCode.UNAVAILABLE, "lost on the way"));
        }

        @Override
        public boolean open() {
            return session.open();
        }

        @Override
        public CompletableFuture<MillraceException> ended() {
            return session.ended();
        }

        @Override
        public int[] subscribe(List<String> filters, int qos) {
            return session.subscribe(filters, qos);
        }

        @Override
        public void unsubscribe(List<String> filters) {
            session.unsubscribe(filters);
        }

        @Override
        public void close(boolean forget) {
            session.close(forget);
        }

        @Override
        public String version() {
            return session.version();
        }
    }
}
