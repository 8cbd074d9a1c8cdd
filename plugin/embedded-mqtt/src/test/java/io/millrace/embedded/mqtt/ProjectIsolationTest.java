package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static io.millrace.embedded.mqtt.BrokerFixture.OTHER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.millrace.api.ProjectId;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ProjectIsolationTest {

    @TempDir Path directory;

    private BrokerFixture fixture;
    private Listener mine;
    private Listener theirs;

    @BeforeEach
    void start() {
        fixture = BrokerFixture.start(directory);
        mine = new Listener(FASHION, "same-id");
        theirs = new Listener(OTHER, "same-id");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void equalIdsAndTopicsOfTwoProjectsAreTwo() {
        mine.subscribe("t/a");
        theirs.subscribe("t/a");
        mine.publish("t/a", "mine", false);
        theirs.publish("t/a", "theirs", false);
        mine.got("t/a=mine");
        theirs.got("t/a=theirs");
    }

    @Test
    void wildcardsEndAtTheProject() {
        for (String filter : List.of("#", "+/a", "+/+", "/#", "$share/g/#")) {
            mine.subscribe(filter);
            theirs.publish("t/a", "secret", false);
            fixture.publish(OTHER, "t/a", "secret");
            mine.publish("t/a", "own", false);
            mine.publish("/a", "own", false);
            mine.got(
                    switch (filter) {
                        case "/#" -> List.of("/a=own");
                        default -> List.of("t/a=own", "/a=own");
                    });
            mine.unsubscribe(filter);
        }
    }

    @Test
    void sharedSubscriptionsOfEqualNameAreApart() {
        mine.subscribe("$share/group/t");
        theirs.subscribe("$share/group/t");
        for (int i = 0; i < 10; i++) {
            mine.publish("t", "" + i, false);
        }
        await().atMost(30, TimeUnit.SECONDS).until(() -> mine.messages.size() == 10);
        theirs.publish("t", "end", false);
        theirs.got("t=end");
    }

    @Test
    void retainedMessagesStayInTheirProject() {
        theirs.publish("t/kept", "theirs", true);
        mine.publish("t/kept", "mine", true);
        mine.subscribe("t/#");
        theirs.subscribe("t/kept");
        mine.got("t/kept=mine");
        theirs.got("t/kept=theirs");
    }

    @Test
    void willsStayInTheirProject() throws Exception {
        mine.subscribe("#");
        theirs.subscribe("#");
        try (var socket =
                new Socket(InetAddress.getLoopbackAddress(), fixture.broker.plainPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(RawPackets.connectWithWill("dying", "fashion", "gone", "bye"));
            assertThat(socket.getInputStream().readNBytes(4))
                    .isEqualTo(RawPackets.CONNACK_ACCEPTED);
        }
        mine.got("gone=bye");
        theirs.publish("t", "end", false);
        theirs.got("t=end");
    }

    @Test
    void dollarTopicsAreHiddenFromWildcards() {
        mine.subscribe("#");
        mine.subscribe("$notes/+");
        mine.publish("$notes/a", "dollar", false);
        mine.got("$notes/a=dollar");
        mine.publish("plain", "p", false);
        mine.got("plain=p");
        theirs.subscribe("$SYS/#");
        theirs.subscribe("$sys.mqtt.sessions");
        theirs.publish("$sys.mqtt.sessions", "own", false);
        theirs.got("$sys.mqtt.sessions=own");
    }

    @Test
    void topicsThatMeanSomethingToTheBrokerAreJustTopics() {
        for (String topic :
                List.of("a::b", "other/t", "x.y.z", "per%3Acent", "queue:://q", "a b'c", "ü/ö")) {
            theirs.subscribe("#");
            mine.subscribe(topic);
            mine.publish(topic, "x", false);
            mine.got(topic + "=x");
            mine.unsubscribe(topic);
        }
        theirs.publish("end", "e", false);
        theirs.got("end=e");
    }

    @Test
    void clientIdsCannotEscapeIntoSelectors() {
        var sly = new Listener(FASHION, "x' OR '1' = '1");
        theirs.subscribe("t");
        sly.subscribe("t");
        sly.unsubscribe("t");
        theirs.publish("t", "still there", false);
        theirs.got("t=still there");
    }

    @Test
    void dataSourceTopicsOfOneProjectArePlainInAnother() {
        fixture.bind(FASHION, "camera", "images");
        theirs.subscribe("images");
        theirs.publish("images", "plain", false);
        theirs.got("images=plain");
        mine.publish("images", "taken", false);
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 1);
        assertThat(fixture.log.values()).containsExactly("taken");
    }

    private final class Listener {
        private final Mqtt5AsyncClient client;
        private final Queue<String> messages = new ConcurrentLinkedQueue<>();

        Listener(ProjectId project, String id) {
            client = fixture.plain5(project, id).buildAsync();
            client.publishes(MqttGlobalPublishFilter.ALL, this::add);
            client.connect().join();
        }

        private void add(Mqtt5Publish publish) {
            messages.add(
                    publish.getTopic()
                            + "="
                            + new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8));
        }

        void subscribe(String filter) {
            client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send().join();
        }

        void unsubscribe(String filter) {
            client.unsubscribeWith().topicFilter(filter).send().join();
        }

        void publish(String topic, String payload, boolean retain) {
            client.publishWith()
                    .topic(topic)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .retain(retain)
                    .payload(payload.getBytes(StandardCharsets.UTF_8))
                    .send()
                    .join();
        }

        void got(String expected) {
            got(List.of(expected));
        }

        /** Exactly these have come since the last look. */
        void got(List<String> expected) {
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(messages).containsExactlyElementsOf(expected));
            messages.clear();
        }
    }
}
