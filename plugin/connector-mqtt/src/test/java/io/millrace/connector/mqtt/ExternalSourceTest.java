package io.millrace.connector.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.SourceBinding;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class ExternalSourceTest {
    private static final String ONLY_OPEN =
            """
            {"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true,
                                  "subscribe": false, "unsubscribe": true},
             "clients": [], "anonymousGroup": "all",
             "groups": [{"groupname": "all", "roles": [{"rolename": "reader"}], "clients": []}],
             "roles": [{"rolename": "reader", "acls": [
               {"acltype": "subscribePattern", "topic": "open/#", "priority": 0, "allow": true}]}]}
            """;

    @TempDir private Path folder;
    private Mosquitto broker;

    @BeforeEach
    void start() {
        broker = Mosquitto.in(folder).start();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void aMessageComesWithAllThatIsKnownOfIt() {
        try (var world = new World();
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(World.binding(World.to(broker.port()), "{tenant}/in/{model}/#"));
            peer.publish(
                    Mqtt5Publish.builder()
                            .topic("aalto/in/lstm/x")
                            .payload("hello".getBytes(UTF_8))
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .responseTopic("aalto/out")
                            .correlationData(new byte[] {0, 1, (byte) 0xff})
                            .userProperties()
                            .add("site", "sfo")
                            .add(HeaderNames.SOURCE, "other/forged")
                            .add("millrace.capture.tenant", "forged")
                            .add("mqtt.user", "forged")
                            .applyUserProperties()
                            .build());
            world.awaitTexts("hello");

            LogRecord record = world.records().getFirst();
            assertThat(record.key()).isEqualTo("aalto/in/lstm/x".getBytes(UTF_8));
            List<Header> headers = record.headers();
            assertThat(Header.find(headers, HeaderNames.SOURCE)).isEqualTo("grid/plant");
            assertThat(Header.find(headers, HeaderNames.FIELD)).isEqualTo("load0");
            assertThat(Header.find(headers, HeaderNames.TOPIC)).isEqualTo("aalto/in/lstm/x");
            assertThat(Header.find(headers, "millrace.capture.tenant")).isEqualTo("aalto");
            assertThat(Header.find(headers, "millrace.capture.model")).isEqualTo("lstm");
            assertThat(Header.find(headers, HeaderNames.REPLY_TOPIC)).isEqualTo("aalto/out");
            assertThat(Header.find(headers, HeaderNames.RECEIVED)).matches("\\d{19}");
            assertThat(Header.find(headers, "site")).isEqualTo("sfo");
            assertThat(Header.find(headers, "mqtt.qos")).isEqualTo("1");
            assertThat(headers)
                    .filteredOn(header -> header.name().equals(HeaderNames.CORRELATION))
                    .singleElement()
                    .extracting(Header::value)
                    .isEqualTo(new byte[] {0, 1, (byte) 0xff});
            assertThat(headers).extracting(Header::text).doesNotContain("forged", "other/forged");
            assertThat(world.meters.total("millrace_source_forged_headers_total")).isEqualTo(3);
            assertThat(world.meters.total("millrace_source_received_total")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void everyQualityArrivesInOrder(int qos) {
        try (var world = new World();
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(
                    World.binding(World.to(broker.port()), qos, Optional.empty(), "a/b", "c/#"));
            var expected = new String[300];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = Integer.toString(i);
                peer.publish(i % 2 == 0 ? "a/b" : "c/d", expected[i], qos);
            }
            world.awaitTexts(expected);
            assertThat(Header.find(world.records().getFirst().headers(), "mqtt.qos"))
                    .isEqualTo(Integer.toString(qos));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Link.Five.class,
            names = {"REFUSED_IN_ITS_WORDS", "REFUSED_IN_OLD_WORDS", "CLOSED"})
    void aBrokerThatRefusesFiveIsSpokenToInThree(Link.Five five) {
        try (var link = new Link(broker.port(), five);
                var world = new World();
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(World.binding(World.to(link.port()), "a/{name}"));
            peer.publish("a/b", "hello");
            world.awaitTexts("hello");
            assertThat(broker.log()).contains("as millrace-node0001-grid-plant (p2, c0");

            link.cut();
            peer.publish("a/b", "while away");
            world.awaitTexts("hello", "while away");
        }
    }

    @Test
    void nothingIsAcknowledgedBeforeTheLogHasIt() {
        var log = InMemoryStreamLog.stepped(TimeSource.system(), 1);
        try (var link = new Link(broker.port());
                var world = new World(log);
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(World.binding(World.to(link.port()), "a"));
            for (int i = 0; i < 3; i++) {
                peer.publish("a", "m" + i);
            }
            await().atMost(World.PATIENCE).until(() -> log.underWay() == 3);
            assertThat(log.step()).isTrue();
            await().atMost(World.PATIENCE)
                    .until(() -> broker.log().contains("Received PUBACK from millrace-node0001"));

            link.cut();

            // The two that the log did not confirm come again, behind those under way.
            await().atMost(World.PATIENCE).until(() -> log.underWay() == 4);
            while (log.step()) {
                // All become durable.
            }
            assertThat(world.texts()).containsExactly("m0", "m1", "m2", "m1", "m2");
            await().atMost(World.PATIENCE)
                    .until(() -> world.meters.total("millrace_source_reconnects_total") == 1);
        }
    }

    @Test
    void whatTheLogRefusesComesAgainAndInOrder() {
        var failures = new AtomicInteger(1);
        var log =
                InMemoryStreamLog.immediate(TimeSource.system(), 1)
                        .withFaults(
                                LogFaults.none()
                                        .losingAppends(_ -> failures.getAndDecrement() > 0));
        try (var world = new World(log);
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(World.binding(World.to(broker.port()), "a"));
            for (int i = 0; i < 5; i++) {
                peer.publish("a", "m" + i);
            }
            await().atMost(World.PATIENCE).until(() -> world.texts().size() >= 5);
            assertThat(world.texts()).containsExactly("m0", "m1", "m2", "m3", "m4");
            assertThat(failures).hasNonPositiveValue();
        }
    }

    @Test
    void whatTheLogNeverTakesIsDroppedAndCountedAndDoesNotStopTheOthers() {
        var log =
                InMemoryStreamLog.immediate(TimeSource.system(), 1)
                        .withFaults(
                                LogFaults.none()
                                        .losingAppends(record -> {
                                            if (record.value().length > 10) {
                                                throw new MillraceException(
                                                        ErrorCode.TOO_LARGE, "too large");
                                            }
                                            return false;
                                        }));
        try (var world = new World(log);
                var peer = new Peer(broker.port(), "peer")) {
            world.listen(World.binding(World.to(broker.port()), "a"));
            peer.publish("a", "m0");
            peer.publish("a", "larger than the log takes");
            peer.publish("a", "m1");
            world.awaitTexts("m0", "m1");
            assertThat(world.meters.total("millrace_source_dropped_total")).isEqualTo(1);
            assertThat(world.meters.total("millrace_source_reconnects_total")).isZero();
        }
    }

    @Test
    void aBrokerThatIsAwayIsSaidAndComesBack() {
        broker.stop();
        var changes = new AtomicInteger();
        try (var world = new World()) {
            world.connector.start(World.binding(World.to(broker.port()), "a"));
            assertThat(world.connector.state(World.PLANT, changes::incrementAndGet).isTaking())
                    .isFalse();
            await().atMost(World.PATIENCE)
                    .untilAsserted(() -> {
                        var state = world.state();
                        assertThat(state.reason()).isEqualTo("BrokerAway");
                        assertThat(state.message())
                                .contains("mqtt://127.0.0.1:" + broker.port())
                                .contains("Connection refused");
                    });
            int seen = changes.get();
            world.connector.state(World.PLANT, changes::incrementAndGet);
            broker.start();
            world.awaitListening();
            assertThat(world.state().reason()).isEqualTo("Listening");
            // The state is there a moment before anybody is told.
            await().atMost(World.PATIENCE).until(() -> changes.get() > seen);
        }
    }

    @Test
    void whatCameWhileWeWereAwayIsThereAfterTheNextStart() {
        try (var peer = new Peer(broker.port(), "peer")) {
            try (var world = new World()) {
                world.listen(World.binding(World.to(broker.port()), "a/+"));
                peer.publish("a/b", "one");
                world.awaitTexts("one");
            }
            peer.publish("a/b", "two");
            peer.publish("a/c", "three");
            try (var world = new World()) {
                world.connector.start(World.binding(World.to(broker.port()), "a/+"));
                world.awaitTexts("two", "three");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Link.Five.class,
            names = {"FORWARDED", "REFUSED_IN_ITS_WORDS"})
    void aSourceThatIsStoppedLeavesNothingBehind(Link.Five five) {
        try (var link = new Link(broker.port(), five);
                var peer = new Peer(broker.port(), "peer");
                var world = new World()) {
            SourceBinding binding = World.binding(World.to(link.port()), "a");
            world.listen(binding);
            world.connector.stop(World.PLANT);
            world.connector.stop(World.PLANT);
            peer.publish("a", "nobody listens");
            world.listen(binding);
            peer.publish("a", "somebody listens");
            world.awaitTexts("somebody listens");
        }
    }

    @Test
    void fieldsChangeWithoutANewConnection() {
        try (var link = new Link(broker.port());
                var peer = new Peer(broker.port(), "peer");
                var world = new World()) {
            world.listen(World.binding(World.to(link.port()), "a", "b"));
            world.connector.start(World.binding(World.to(link.port()), "b", "c"));
            await().atMost(World.PATIENCE)
                    .until(() -> broker.log().contains("Received UNSUBSCRIBE"));
            await().atMost(World.PATIENCE)
                    .until(() -> broker.log().split("Sending SUBACK", -1).length == 3);
            peer.publish("a", "gone");
            peer.publish("b", "kept");
            peer.publish("c", "new");
            world.awaitTexts("kept", "new");
            assertThat(link.accepted()).isEqualTo(1);
        }
    }

    @Test
    void anotherConnectionKeepsTheSessionWhenTheClientIdStays() {
        try (var peer = new Peer(broker.port(), "peer");
                var world = new World()) {
            MqttConnection broker1 = World.to(broker.port());
            world.listen(World.binding(broker1, "a", "b"));
            var slower =
                    new MqttConnection(broker1.url(), Optional.empty(), "", Duration.ofSeconds(30));
            world.connector.start(World.binding(slower, "b", "c"));
            world.awaitListening();
            peer.publish("a", "gone");
            peer.publish("b", "kept");
            peer.publish("c", "new");
            world.awaitTexts("kept", "new");
            assertThat(world.meters.total("millrace_source_dropped_total")).isZero();
        }
    }

    @Test
    void membersOfAGroupShareTheMessages() {
        var second = ResourceKey.of(Kind.DATA_SOURCE, World.GRID, "plant2");
        try (var peer = new Peer(broker.port(), "peer");
                var world = new World()) {
            SourceBinding one =
                    World.binding(World.to(broker.port()), 1, Optional.of("team"), "a/{x}");
            world.listen(one);
            world.connector.start(new SourceBinding(second, one.connection(), one.routes()));
            await().atMost(World.PATIENCE)
                    .until(() -> world.connector.state(second, () -> {}).isTaking());
            for (int i = 0; i < 50; i++) {
                peer.publish("a/b", "m" + i);
            }
            await().atMost(World.PATIENCE).until(() -> world.texts().size() >= 50);
            assertThat(world.texts()).doesNotHaveDuplicates().hasSize(50);
            assertThat(
                            world.records().stream()
                                    .map(record ->
                                            Header.find(record.headers(), HeaderNames.SOURCE))
                                    .distinct())
                    .containsExactlyInAnyOrder("grid/plant", "grid/plant2");
        }
    }

    @Test
    void aClientIdThatTwoSourcesWantIsRefused() {
        var other = ResourceKey.of(Kind.DATA_SOURCE, World.GRID, "other");
        var connection =
                new MqttConnection(
                        "mqtt://127.0.0.1:" + broker.port(),
                        Optional.empty(),
                        "aaltosea1",
                        MqttConnection.DEFAULT_KEEP_ALIVE);
        try (var world = new World()) {
            SourceBinding first = World.binding(connection, "a");
            world.listen(first);
            assertThatThrownBy(() ->
                            world.connector.start(
                                    new SourceBinding(
                                            other,
                                            new ExternalMqtt(connection, 1, Optional.empty()),
                                            first.routes())))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("'aaltosea1'")
                    .hasMessageContaining("plant");
        }
    }

    @Test
    void aTakeOverIsSaidAndNotAnsweredWithABusyLoop() {
        var connection =
                new MqttConnection(
                        "mqtt://127.0.0.1:" + broker.port(),
                        Optional.empty(),
                        "aaltosea1",
                        MqttConnection.DEFAULT_KEEP_ALIVE);
        try (var world = new World()) {
            world.listen(World.binding(connection, "a"));
            var seen = new ConcurrentLinkedQueue<String>();
            var look = new AtomicReference<Runnable>(() -> {});
            look.set(() -> seen.add(world.connector.state(World.PLANT, look.get()).reason()));
            look.get().run();
            var rival =
                    Mqtt5Client.builder()
                            .identifier("aaltosea1")
                            .serverHost("127.0.0.1")
                            .serverPort(broker.port())
                            .automaticReconnectWithDefaultConfig()
                            .buildBlocking();
            rival.connect();
            try {
                await().atMost(World.PATIENCE).until(() -> seen.contains("ClientIdTaken"));
                assertThat(world.meters.total("millrace_source_reconnects_total")).isLessThan(20);
            } finally {
                rival.toAsync().disconnect().exceptionally(_ -> null).join();
            }
        }
    }

    @Test
    void aHalfOpenConnectionIsNoticedByTheKeepAlive() {
        var connection =
                new MqttConnection(
                        "mqtt://127.0.0.1:PORT", Optional.empty(), "", Duration.ofSeconds(1));
        try (var link = new Link(broker.port());
                var peer = new Peer(broker.port(), "peer");
                var world = new World()) {
            world.listen(
                    World.binding(
                            new MqttConnection(
                                    connection.url().replace("PORT", "" + link.port()),
                                    Optional.empty(),
                                    "",
                                    connection.keepAlive()),
                            "a"));
            link.fallSilent();
            peer.publish("a", "into the silence");
            await().atMost(World.PATIENCE).until(() -> !world.state().isTaking());
            link.speakAgain();
            world.awaitListening();
            world.awaitTexts("into the silence");
        }
    }

    @Test
    void aSubscriptionThatIsRefusedIsNamedAndTheOthersWork() throws Exception {
        Path rules = Files.writeString(folder.resolve("rules"), ONLY_OPEN);
        Path own = Files.createDirectory(folder.resolve("strict"));
        try (var strict =
                        Mosquitto.in(
                                        own,
                                        "plugin " + Mosquitto.RULES_PLUGIN,
                                        "plugin_opt_config_file " + rules)
                                .start();
                var peer = new Peer(strict.port(), "peer");
                var world = new World()) {
            world.connector.start(World.binding(World.to(strict.port()), "open/a", "closed/b"));
            await().atMost(World.PATIENCE)
                    .until(() -> world.state().reason().equals("SubscriptionRefused"));
            assertThat(world.state().message()).contains("closed/b").doesNotContain("open/a");
            peer.publish("open/a", "hello");
            world.awaitTexts("hello");
        }
    }
}
