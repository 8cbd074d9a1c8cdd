package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.millrace.api.PipelineSpec;
import io.millrace.conformance.SinkConformance;
import io.millrace.spi.Sink;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.server.RoutingContext;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The promises of a sink, with a real broker and a real subscriber. */
class MqttSinkConformanceTest extends SinkConformance {

    @TempDir static Path folder;

    private static final AtomicInteger BROKERS = new AtomicInteger();

    private final List<Mqtt3Publish> received = new CopyOnWriteArrayList<>();
    private final AtomicReference<String> refused = new AtomicReference<>("none");
    private final BrokerFixture fixture =
            BrokerFixture.start(folder.resolve("broker" + BROKERS.incrementAndGet()));
    private final Mqtt3AsyncClient client = fixture.plain3(FASHION, "reader").buildAsync();

    @BeforeEach
    void subscribe() {
        client.toBlocking().connectWith().cleanSession(true).send();
        client.publishes(MqttGlobalPublishFilter.ALL, received::add);
        client.toBlocking().subscribeWith().topicFilter("#").qos(MqttQos.AT_LEAST_ONCE).send();
    }

    @AfterEach
    void stop() {
        client.toBlocking().disconnect();
        fixture.close();
    }

    @Override
    protected Sink openSink() {
        fixture.broker.server().registerBrokerPlugin(new Refusal());
        return fixture.broker.open(FASHION, new PipelineSpec.MqttOutput("out")).orElseThrow();
    }

    @Override
    protected String destination() {
        return "out/one";
    }

    @Override
    protected String otherDestination() {
        return "out/other";
    }

    @Override
    protected List<byte[]> arrived(String destination, int count) {
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> at(destination).size() >= count);
        return at(destination);
    }

    private List<byte[]> at(String destination) {
        return received.stream()
                .filter(publish -> publish.getTopic().toString().equals(destination))
                .map(Mqtt3Publish::getPayloadAsBytes)
                .toList();
    }

    @Override
    protected void failOnce(String value) {
        refused.set(value);
    }

    private final class Refusal implements ActiveMQServerMessagePlugin {
        @Override
        public void beforeMessageRoute(
                Message message, RoutingContext context, boolean direct, boolean rejectDuplicates)
                throws ActiveMQException {
            var body = message.toCore().getReadOnlyBodyBuffer();
            var bytes = new byte[body.readableBytes()];
            body.readBytes(bytes);
            String value = new String(bytes, StandardCharsets.UTF_8);
            if (value.equals(refused.get())) {
                refused.set("none");
                throw new ActiveMQException("no room");
            }
        }
    }
}
