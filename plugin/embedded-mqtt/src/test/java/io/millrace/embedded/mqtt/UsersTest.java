package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static io.millrace.embedded.mqtt.BrokerFixture.OTHER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAckReasonCode;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Passwords;
import io.millrace.spi.Header;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Users with passwords, and the topics that are theirs alone. */
@Timeout(60)
class UsersTest {

    private static final String SECRET = "tenants";

    @TempDir Path directory;

    private BrokerFixture fixture;

    @BeforeEach
    void start() {
        fixture =
                BrokerFixture.start(
                        directory,
                        MqttLimits.DEFAULT,
                        List.of(
                                new Listener(
                                        "users", "127.0.0.1", 0, null, new Passwords(FASHION))));
        fixture.secrets.put(FASHION, SECRET, Map.of("alice", "wonder", "bob", "builder"));
        bindUsers(FASHION, "inqueue/{tenant}");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aUserPublishesAndReadsItsOwnTopics() throws Exception {
        var alice = login("alice", "wonder", "one");
        try (var answers = alice.publishes(MqttGlobalPublishFilter.ALL)) {
            alice.subscribeWith().topicFilter("outqueue/alice").send();
            alice.publishWith()
                    .topic("inqueue/alice")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("{}".getBytes(UTF_8))
                    .send();
            var record = fixture.log.records().getFirst();
            assertThat(Header.find(record.headers(), "millrace.capture.tenant")).isEqualTo("alice");
            assertThat(Header.find(record.headers(), "mqtt.user")).isEqualTo("alice");
            fixture.publish(FASHION, "outqueue/bob", "for bob");
            fixture.publish(FASHION, "outqueue/alice", "for alice");
            assertThat(answers.receive().getPayloadAsBytes())
                    .isEqualTo("for alice".getBytes(UTF_8));
        }
        alice.disconnect();
    }

    @Test
    void subscriptionsThatReachOthersAreRefusedOneByOne() throws Exception {
        var alice = login("alice", "wonder", "one").toAsync();
        var codes =
                alice.subscribe(
                                Mqtt3Subscribe.builder()
                                        .addSubscription(subscription("outqueue/bob"))
                                        .addSubscription(subscription("outqueue/alice"))
                                        .addSubscription(subscription("outqueue/+"))
                                        .addSubscription(subscription("#"))
                                        .addSubscription(subscription("$share/g/outqueue/#"))
                                        .addSubscription(subscription("$share/g/outqueue/alice"))
                                        .build())
                        .handle((ack, failure) ->
                                ack != null
                                        ? ack.getReturnCodes()
                                        : ((Mqtt3SubAckException) failure)
                                                .getMqttMessage()
                                                .getReturnCodes())
                        .get();
        assertThat(codes)
                .extracting(code -> code != Mqtt3SubAckReturnCode.FAILURE)
                .containsExactly(false, true, false, false, false, true);
        assertThat(denied("subscribe")).isEqualTo(4);
        alice.toBlocking().disconnect();
    }

    @Test
    void mqtt5HearsWhy() {
        Mqtt5BlockingClient alice = login5("alice", "wonder");
        assertThatThrownBy(() -> alice.subscribeWith().topicFilter("outqueue/bob").send())
                .isInstanceOfSatisfying(
                        Mqtt5SubAckException.class,
                        e ->
                                assertThat(e.getMqttMessage().getReasonCodes())
                                        .containsExactly(Mqtt5SubAckReasonCode.NOT_AUTHORIZED));
        assertThatThrownBy(() ->
                        alice.publishWith().topic("inqueue/bob").qos(MqttQos.AT_LEAST_ONCE).send())
                .isInstanceOfSatisfying(
                        Mqtt5PubAckException.class,
                        e ->
                                assertThat(e.getMqttMessage().getReasonCode())
                                        .isEqualTo(Mqtt5PubAckReasonCode.NOT_AUTHORIZED));
        assertThatThrownBy(() ->
                        alice.publishWith()
                                .topic("inqueue/alice")
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .responseTopic("outqueue/bob")
                                .send())
                .isInstanceOf(Mqtt5PubAckException.class);
        alice.publishWith()
                .topic("inqueue/alice")
                .qos(MqttQos.AT_LEAST_ONCE)
                .responseTopic("outqueue/alice")
                .send();
        assertThat(fixture.log.size()).isEqualTo(1);
        assertThat(denied("publish")).isEqualTo(2);
        alice.disconnect();
    }

    @Test
    void whatAnOldClientMayNotPublishIsDroppedAndCounted() {
        var alice = login("alice", "wonder", "one");
        alice.publishWith().topic("inqueue/bob").payload("x".getBytes(UTF_8)).send();
        await().atMost(30, TimeUnit.SECONDS).until(() -> denied("publish") == 1);
        assertThat(alice.getState().isConnected()).isTrue();
        assertThat(fixture.log.size()).isZero();
        alice.disconnect();
    }

    @Test
    void anOldClientThatWaitsForAnAcknowledgementIsClosed() {
        var alice = login("alice", "wonder", "one");
        CompletableFuture<Mqtt3Publish> acknowledged =
                alice.toAsync()
                        .publishWith()
                        .topic("inqueue/bob")
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .send();
        await().atMost(30, TimeUnit.SECONDS).until(() -> !alice.getState().isConnected());
        assertThat(acknowledged.isDone() && !acknowledged.isCompletedExceptionally()).isFalse();
        assertThat(fixture.log.size()).isZero();
        assertThat(denied("publish")).isEqualTo(1);
    }

    @Test
    void noPasswordGetsIntoTheLog() {
        var root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        root.addAppender(events);
        try {
            assertThatThrownBy(() -> login("alice", "almost-right", "one"))
                    .isInstanceOf(Mqtt3ConnAckException.class);
            login("alice", "wonder", "one").disconnect();
        } finally {
            root.detachAppender(events);
        }
        assertThat(events.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(text -> text.contains("wrong name or password of MQTT user 'alice'"))
                .noneMatch(text -> text.contains("almost-right") || text.contains("wonder"));
    }

    @Test
    void aWrongNameOrPasswordIsRefusedAndCounted() {
        assertThatThrownBy(() -> login("alice", "builder", "one"))
                .isInstanceOf(Mqtt3ConnAckException.class);
        assertThatThrownBy(() -> login("carol", "wonder", "one"))
                .isInstanceOf(Mqtt3ConnAckException.class);
        assertThatThrownBy(() -> login("other/alice", "wonder", "one"))
                .isInstanceOf(Mqtt3ConnAckException.class);
        assertThat(fixture.meters.countValue("millrace_mqtt_login_failed_total")).isEqualTo(3);
    }

    @Test
    void whoTriesManyPasswordsAtOnceHasNoMoreTries() {
        int before = fixture.secrets.asked();
        var tries = new ArrayList<CompletableFuture<?>>();
        for (int i = 0; i < 4 * LoginAttempts.PER_USER; i++) {
            tries.add(client("alice", "guess-" + i, "guess-" + i).toAsync().connect());
        }
        tries.forEach(attempt -> assertThat(attempt).failsWithin(30, TimeUnit.SECONDS));
        assertThat(fixture.secrets.asked() - before).isEqualTo(LoginAttempts.PER_USER);
    }

    @Test
    void aSecretThatIsMissingIsTold() {
        var changes = new AtomicInteger();
        assertThat(fixture.broker.state(key(FASHION), changes::incrementAndGet).isTaking())
                .isTrue();
        fixture.secrets.remove(FASHION, SECRET);
        assertThat(changes).hasValue(1);
        assertThat(fixture.broker.state(key(FASHION), changes::incrementAndGet))
                .isEqualTo(
                        new SourceState(
                                false,
                                "SecretMissing",
                                "project 'fashion' has no secret 'tenants', so all users are"
                                        + " refused; millrace secrets set makes it"));
        fixture.secrets.put(FASHION, SECRET, Map.of("alice", "wonder"));
        assertThat(changes).hasValue(2);
        assertThat(fixture.broker.state(key(FASHION), changes::incrementAndGet).isTaking())
                .isTrue();
    }

    @Test
    void aRefusedUserIsAnEventOfTheDataSource() {
        assertThatThrownBy(() -> login("alice", "builder", "one"))
                .isInstanceOf(Mqtt3ConnAckException.class);
        assertThat(fixture.events.of(key(FASHION)))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.reason()).isEqualTo("LoginRefused");
                    assertThat(event.message()).doesNotContain("alice");
                });
    }

    @Test
    void aNameMayNameItsProject() {
        fixture.secrets.put(OTHER, SECRET, Map.of("alice", "there"));
        bindUsers(OTHER, "inqueue/{tenant}");
        var alice = login("other/alice", "there", "one");
        alice.publishWith().topic("inqueue/alice").qos(MqttQos.AT_LEAST_ONCE).send();
        assertThat(Header.find(fixture.log.records().getFirst().headers(), "millrace.source"))
                .isEqualTo("other/grid");
        alice.disconnect();
    }

    @Test
    void twoUsersWithOneClientIdHaveTwoSessions() throws Exception {
        var alice = login("alice", "wonder", "user2");
        alice.subscribeWith().topicFilter("outqueue/alice").qos(MqttQos.AT_LEAST_ONCE).send();
        var bob = login("bob", "builder", "user2");
        try (var publishes = bob.publishes(MqttGlobalPublishFilter.ALL)) {
            bob.subscribeWith().topicFilter("outqueue/bob").send();
            assertThat(alice.getState().isConnected()).isTrue();
            fixture.publish(FASHION, "outqueue/alice", "for alice");
            fixture.publish(FASHION, "outqueue/bob", "for bob");
            assertThat(publishes.receive().getPayloadAsBytes())
                    .isEqualTo("for bob".getBytes(UTF_8));
        }
        alice.disconnect();
        bob.disconnect();
    }

    @Test
    void guestsStayOutOfTheTopicsOfUsers() {
        var guest = fixture.plain5(FASHION, "guest").buildBlocking();
        guest.connect();
        for (String filter : List.of("#", "outqueue/alice", "+/alice", "inqueue/#")) {
            assertThatThrownBy(() -> guest.subscribeWith().topicFilter(filter).send())
                    .as(filter)
                    .isInstanceOf(Mqtt5SubAckException.class);
        }
        assertThatThrownBy(() ->
                        guest.publishWith()
                                .topic("inqueue/alice")
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .send())
                .isInstanceOf(Mqtt5PubAckException.class);
        guest.subscribeWith().topicFilter("elsewhere/#").send();
        guest.publishWith().topic("elsewhere/x").qos(MqttQos.AT_LEAST_ONCE).send();
        assertThat(fixture.log.size()).isZero();
        guest.disconnect();
    }

    @Test
    void aGuestsOldSubscriptionEndsWhenTheTopicsGetUsers() throws Exception {
        fixture.broker.stop(key(FASHION));
        Mqtt3BlockingClient guest = fixture.plain3(FASHION, "guest").buildBlocking();
        guest.connectWith().cleanSession(false).send();
        guest.subscribeWith().topicFilter("outqueue/#").qos(MqttQos.AT_LEAST_ONCE).send();
        guest.subscribeWith().topicFilter("news").qos(MqttQos.AT_LEAST_ONCE).send();
        bindUsers(FASHION, "inqueue/{tenant}");
        await().atMost(30, TimeUnit.SECONDS).until(() -> !guest.getState().isConnected());
        try (var publishes = guest.publishes(MqttGlobalPublishFilter.ALL)) {
            guest.connectWith().cleanSession(false).send();
            fixture.publish(FASHION, "outqueue/alice", "secret");
            fixture.publish(FASHION, "news", "for all");
            assertThat(publishes.receive().getPayloadAsBytes())
                    .isEqualTo("for all".getBytes(UTF_8));
        }
        guest.disconnect();
    }

    @Test
    void aGuestsSubscriptionEndsWhenUsersGetAFurtherTopic() {
        Mqtt3BlockingClient guest = fixture.plain3(FASHION, "guest").buildBlocking();
        guest.connectWith().cleanSession(false).send();
        guest.subscribeWith().topicFilter("later/#").qos(MqttQos.AT_LEAST_ONCE).send();
        bindUsers(FASHION, "inqueue/{tenant}", "later/{tenant}");
        await().atMost(30, TimeUnit.SECONDS).until(() -> !guest.getState().isConnected());
        guest.connectWith().cleanSession(false).send();
        assertThatThrownBy(() -> guest.subscribeWith().topicFilter("later/#").send())
                .isInstanceOf(Mqtt3SubAckException.class);
        guest.disconnect();
    }

    @Test
    void aGuestsWillIsNotTakenForATopicThatIsOfUsersNow() {
        bind(FASHION, new EmbeddedMqtt(), "inqueue/{tenant}");
        Mqtt3BlockingClient guest = fixture.plain3(FASHION, "guest").buildBlocking();
        // With a payload: without one this client leaves out the length, which is no packet of
        // MQTT.
        guest.connectWith()
                .willPublish()
                .topic("inqueue/alice")
                .payload("gone".getBytes(UTF_8))
                .applyWillPublish()
                .send();
        bindUsers(FASHION, "inqueue/{tenant}");
        await().atMost(30, TimeUnit.SECONDS).until(() -> !guest.getState().isConnected());
        await().atMost(30, TimeUnit.SECONDS).until(() -> denied("publish") == 1);
        assertThat(fixture.log.size()).isZero();
    }

    @Test
    void aNewPasswordEndsTheConnectionsMadeWithTheOldOne() {
        var alice = login("alice", "wonder", "one");
        fixture.secrets.put(FASHION, SECRET, Map.of("alice", "changed"));
        await().atMost(30, TimeUnit.SECONDS).until(() -> !alice.getState().isConnected());
        login("alice", "changed", "one").disconnect();
    }

    @Test
    void certificatesAreNotUsers() throws Exception {
        var certificate = fixture.certificate(FASHION);
        var camera =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier("camera")
                        .serverHost("localhost")
                        .serverPort(fixture.broker.tlsPort())
                        .sslConfig()
                        .keyManagerFactory(BrokerFixture.keys(certificate))
                        .trustManagerFactory(BrokerFixture.trust(certificate))
                        .applySslConfig()
                        .buildBlocking();
        camera.connect();
        camera.subscribeWith().topicFilter("#").send();
        camera.publishWith().topic("inqueue/zed").qos(MqttQos.AT_LEAST_ONCE).send();
        assertThat(fixture.log.size()).isEqualTo(1);
        camera.disconnect();
    }

    @Test
    void usersComeOverTlsWithoutACertificate() throws Exception {
        var alice =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier("one")
                        .serverHost("localhost")
                        .serverPort(fixture.broker.port(Listener.LOGIN))
                        .sslConfig()
                        .trustManagerFactory(BrokerFixture.trust(fixture.certificate(FASHION)))
                        .applySslConfig()
                        .simpleAuth()
                        .username("alice")
                        .password("wonder".getBytes(UTF_8))
                        .applySimpleAuth()
                        .buildBlocking();
        alice.connect();
        alice.publishWith().topic("inqueue/alice").qos(MqttQos.AT_LEAST_ONCE).send();
        assertThat(fixture.log.size()).isEqualTo(1);
        alice.disconnect();
    }

    private static ResourceKey key(ProjectId project) {
        return ResourceKey.of(Kind.DATA_SOURCE, project, "grid");
    }

    private void bindUsers(ProjectId project, String... topics) {
        var users =
                new MqttUsers(
                        new ResourceName(SECRET),
                        List.of("inqueue/{user}"),
                        List.of("outqueue/{user}"));
        bind(project, new EmbeddedMqtt(Optional.of(users), OptionalInt.empty()), topics);
    }

    private void bind(ProjectId project, EmbeddedMqtt settings, String... topics) {
        var routes = new ArrayList<SourceBinding.Route>();
        for (String topic : topics) {
            routes.add(
                    new SourceBinding.Route(
                            new ResourceName("requests" + routes.size()), topic, "log.requests"));
        }
        fixture.broker.start(new SourceBinding(key(project), settings, routes));
    }

    private Mqtt3BlockingClient login(String user, String password, String id) {
        Mqtt3BlockingClient client = client(user, password, id);
        client.connectWith().cleanSession(false).send();
        return client;
    }

    private Mqtt3BlockingClient client(String user, String password, String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(fixture.broker.port("users"))
                .simpleAuth()
                .username(user)
                .password(password.getBytes(UTF_8))
                .applySimpleAuth()
                .buildBlocking();
    }

    private Mqtt5BlockingClient login5(String user, String password) {
        var client =
                MqttClient.builder()
                        .useMqttVersion5()
                        .identifier("five")
                        .serverHost("127.0.0.1")
                        .serverPort(fixture.broker.port("users"))
                        .simpleAuth()
                        .username(user)
                        .password(password.getBytes(UTF_8))
                        .applySimpleAuth()
                        .buildBlocking();
        client.connect();
        return client;
    }

    private static Mqtt3Subscription subscription(String filter) {
        return Mqtt3Subscription.builder().topicFilter(filter).qos(MqttQos.AT_MOST_ONCE).build();
    }

    private long denied(String action) {
        return fixture.meters.countValue("millrace_mqtt_denied_total", "action", action);
    }
}
