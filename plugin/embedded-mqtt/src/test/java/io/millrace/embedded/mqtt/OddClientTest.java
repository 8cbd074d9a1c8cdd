package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import io.millrace.api.TimeSource;
import io.millrace.security.CertificateAuthority;
import io.millrace.security.ClientCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class OddClientTest {

    private static final byte[] SUBACK_QOS_0 = {(byte) 0x90, 0x03, 0x00, 0x01, 0x00};

    @TempDir Path directory;

    private BrokerFixture fixture;

    @BeforeEach
    void start() {
        fixture = BrokerFixture.start(directory);
        fixture.bind(FASHION, "camera", "apparel_images");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void servesTheBytesOfAKarbonClientOverTls12() throws Exception {
        ClientCertificate certificate = fixture.certificate(FASHION);
        try (SSLSocket one = tls12(certificate);
                SSLSocket two = tls12(certificate)) {
            for (SSLSocket socket : new SSLSocket[] {one, two}) {
                socket.getOutputStream()
                        .write(
                                concat(
                                        RawPackets.KARBON_CONNECT,
                                        RawPackets.karbonSubscribe("apparel-predict"),
                                        RawPackets.publish("apparel_images", "image")));
                assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
                InputStream in = socket.getInputStream();
                assertThat(in.readNBytes(4)).isEqualTo(RawPackets.CONNACK_ACCEPTED);
                assertThat(in.readNBytes(5)).isEqualTo(SUBACK_QOS_0);
            }
            await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 2);
            var records = fixture.log.records();
            assertThat(records.get(0).key()).isNotEqualTo(records.get(1).key());

            assertThat(fixture.publish(FASHION, "apparel-predict", "shirt")).isEmpty();
            byte[] expected = RawPackets.publish("apparel-predict", "shirt");
            assertThat(one.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
            assertThat(two.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
        }
    }

    @Test
    void answersARepeatedQosTwoMessageOnce() throws Exception {
        try (var socket = plain()) {
            socket.getOutputStream().write(RawPackets.connect("cam", "fashion"));
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(4)).isEqualTo(RawPackets.CONNACK_ACCEPTED);
            byte[] pubrec = {0x50, 0x02, 0x00, 0x07};
            socket.getOutputStream().write(RawPackets.publish2("apparel_images", 7, false, "a"));
            assertThat(in.readNBytes(4)).isEqualTo(pubrec);
            socket.getOutputStream().write(RawPackets.publish2("apparel_images", 7, true, "a"));
            assertThat(in.readNBytes(4)).isEqualTo(pubrec);
            socket.getOutputStream().write(RawPackets.pubrel(7));
            assertThat(in.readNBytes(4)).isEqualTo(new byte[] {0x70, 0x02, 0x00, 0x07});
            socket.getOutputStream().write(RawPackets.publish2("apparel_images", 7, false, "b"));
            assertThat(in.readNBytes(4)).isEqualTo(pubrec);
            socket.getOutputStream().write(RawPackets.pubrel(9));
            assertThat(in.readNBytes(4)).isEqualTo(new byte[] {0x70, 0x02, 0x00, 0x09});
        }
        assertThat(fixture.log.values()).containsExactly("a", "b");
    }

    @Test
    void closesOnAPublishWithoutConnect() throws Exception {
        try (var socket = plain()) {
            socket.getOutputStream().write(RawPackets.publish("apparel_images", "early bird"));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(fixture.log.size()).isZero();
    }

    @Test
    void closesOnGarbage() throws Exception {
        try (var socket = plain()) {
            socket.getOutputStream()
                    .write("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void dropsWhatCameWithARefusedConnect() throws Exception {
        try (var socket = plain()) {
            socket.getOutputStream()
                    .write(
                            concat(
                                    RawPackets.connect("cam", "no such project!"),
                                    RawPackets.publish("apparel_images", "smuggled")));
            assertThat(socket.getInputStream().readAllBytes())
                    .isEqualTo(new byte[] {0x20, 0x02, 0x00, 0x05});
        }
        assertThat(fixture.log.size()).isZero();
    }

    @Test
    void takesTheWillOfADataSourceTopicIntoTheLog() throws Exception {
        var watcher = fixture.connected(FASHION, "watcher");
        try (var publishes = watcher.publishes(MqttGlobalPublishFilter.ALL)) {
            watcher.subscribeWith().topicFilter("#").qos(MqttQos.AT_MOST_ONCE).send();
            try (var socket = plain()) {
                socket.getOutputStream()
                        .write(
                                RawPackets.connectWithWill(
                                        "dying", "fashion", "apparel_images", "bye"));
                assertThat(socket.getInputStream().readNBytes(4))
                        .isEqualTo(RawPackets.CONNACK_ACCEPTED);
            }
            await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.log.size() == 1);
            assertThat(fixture.log.values()).containsExactly("bye");
            assertThat(publishes.receive(30, TimeUnit.SECONDS)).isPresent();
        }
    }

    @Test
    void forgetsTheWillOfAClientThatSaysGoodbye() throws Exception {
        try (var socket = plain()) {
            socket.getOutputStream()
                    .write(
                            concat(
                                    RawPackets.connectWithWill(
                                            "leaving", "fashion", "apparel_images", "bye"),
                                    RawPackets.publish("apparel_images", "last"),
                                    new byte[] {(byte) 0xe0, 0x00}));
            assertThat(socket.getInputStream().readAllBytes())
                    .isEqualTo(RawPackets.CONNACK_ACCEPTED);
        }
        assertThat(fixture.log.values()).containsExactly("last");
    }

    @Test
    void refusesAnEmptyIdThatWantsASession() {
        var client = fixture.plain3(FASHION, "").buildBlocking();
        assertThatThrownBy(() -> client.connectWith().cleanSession(false).send())
                .isInstanceOf(Mqtt3ConnAckException.class);
    }

    @Test
    void speaksMqtt5AndNamesNamelessClients() throws Exception {
        var client = fixture.plain5(FASHION, "").buildBlocking();
        var connack = client.connectWith().cleanStart(true).send();
        assertThat(connack.getAssignedClientIdentifier()).isPresent();
        assertThat(connack.getRestrictions().getTopicAliasMaximum()).isZero();
        assertThat(connack.getRestrictions().getReceiveMaximum()).isEqualTo(2_000);
        try (var publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith().topicFilter("answers").qos(MqttQos.AT_LEAST_ONCE).send();
            client.publishWith()
                    .topic("answers")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .responseTopic("reply/here")
                    .userProperties()
                    .add("k", "v")
                    .applyUserProperties()
                    .payload("x".getBytes(StandardCharsets.UTF_8))
                    .send();
            var got = publishes.receive(30, TimeUnit.SECONDS).orElseThrow();
            assertThat(got.getTopic().toString()).isEqualTo("answers");
            assertThat(got.getResponseTopic().orElseThrow().toString()).isEqualTo("reply/here");
            assertThat(got.getUserProperties().asList()).hasSize(1);
        }
        client.publishWith()
                .topic("apparel_images")
                .qos(MqttQos.EXACTLY_ONCE)
                .payload("five".getBytes(StandardCharsets.UTF_8))
                .send();
        assertThat(fixture.log.values()).containsExactly("five");
    }

    @Test
    void closesOnHttp() throws Exception {
        byte[] upgrade =
                """
                GET /mqtt HTTP/1.1\r
                Host: localhost\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Protocol: mqtt\r
                \r
                """
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] endless =
                "POST / HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII);
        ClientCertificate certificate = fixture.certificate(FASHION);
        for (byte[] request : new byte[][] {upgrade, endless}) {
            try (var socket = plain();
                    var tls = tls12(certificate)) {
                socket.getOutputStream().write(request);
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
                tls.getOutputStream().write(request);
                assertThat(tls.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void takesAnImageOfFiftyMebibytes() {
        byte[] image = new byte[52_428_800];
        image[image.length - 1] = 7;
        var client = fixture.plain5(FASHION, "cam").buildBlocking();
        client.connect();
        client.publishWith()
                .topic("apparel_images")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(image)
                .send();
        assertThat(fixture.log.records()).hasSize(1);
        assertThat(fixture.log.records().getFirst().value()).isEqualTo(image);
    }

    @Test
    void closesOnATooLargePacket() throws Exception {
        var client = fixture.plain5(FASHION, "big").buildBlocking();
        var connack = client.connectWith().send();
        assertThat(connack.getRestrictions().getMaximumPacketSize()).isEqualTo(52 << 20);
        try (var socket = plain()) {
            socket.getOutputStream().write(RawPackets.connect("bigger", "fashion"));
            assertThat(socket.getInputStream().readNBytes(4))
                    .isEqualTo(RawPackets.CONNACK_ACCEPTED);
            // The head of a PUBLISH of 268,435,455 bytes is enough.
            socket.getOutputStream()
                    .write(new byte[] {0x30, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f});
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(client.getState().isConnected()).isTrue();
    }

    @Test
    void saysWhyItDisconnectsAnMqtt5ClientWhenTheLogFails() {
        fixture.log.failNext(1);
        var client = fixture.plain5(FASHION, "cam").buildBlocking();
        client.connect();
        assertThatThrownBy(() ->
                        client.publishWith()
                                .topic("apparel_images")
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .send())
                .hasRootCauseInstanceOf(Mqtt5DisconnectException.class)
                .rootCause()
                .satisfies(cause ->
                        assertThat(
                                        ((Mqtt5DisconnectException) cause)
                                                .getMqttMessage()
                                                .getReasonCode())
                                .isEqualTo(
                                        Mqtt5DisconnectReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
    }

    @Test
    void refusesForeignAndMissingAndRevokedCertificates() throws Exception {
        var stranger =
                CertificateAuthority.open(directory.resolve("foreign"), TimeSource.system())
                        .issue(FASHION, new io.millrace.api.ResourceName("camera"));
        ClientCertificate ours = fixture.certificate(FASHION);
        var mixed =
                new ClientCertificate(
                        stranger.subject(),
                        stranger.serial(),
                        stranger.notAfter(),
                        ours.authorityPem(),
                        stranger.certificatePem(),
                        stranger.privateKeyPem());
        try (SSLSocket good = tls12(ours)) {
            good.getOutputStream().write(RawPackets.KARBON_CONNECT);
            assertThat(good.getInputStream().readNBytes(4)).isEqualTo(RawPackets.CONNACK_ACCEPTED);

            int shownBefore = Stubborn.offers.get();
            assertThatThrownBy(() -> connect(mixed)).isInstanceOf(IOException.class);
            assertThat(Stubborn.offers.get())
                    .as("the foreign certificate was shown")
                    .isGreaterThan(shownBefore);
            assertThatThrownBy(this::connectWithoutCertificate).isInstanceOf(IOException.class);

            good.getOutputStream().write(RawPackets.karbonSubscribe("apparel-predict"));
            assertThat(good.getInputStream().readNBytes(5)).isEqualTo(SUBACK_QOS_0);

            fixture.authority.revoke(ours.serial());
            assertThat(connect(ours)).isEqualTo(new byte[] {0x20, 0x02, 0x00, 0x05});
            fixture.broker.recheckIdentities();
            assertThat(good.getInputStream().read()).isEqualTo(-1);
        }
    }

    private byte[] connect(ClientCertificate certificate) throws Exception {
        try (SSLSocket socket = tls12(certificate)) {
            socket.getOutputStream().write(RawPackets.KARBON_CONNECT);
            byte[] answer = socket.getInputStream().readNBytes(4);
            if (answer.length == 0) {
                throw new IOException("closed");
            }
            return answer;
        }
    }

    private void connectWithoutCertificate() throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(
                null, BrokerFixture.trust(fixture.certificate(FASHION)).getTrustManagers(), null);
        try (var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket("127.0.0.1", fixture.broker.tlsPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(RawPackets.KARBON_CONNECT);
            if (socket.getInputStream().read() == -1) {
                throw new IOException("closed");
            }
        }
    }

    private SSLSocket tls12(ClientCertificate certificate) throws Exception {
        var context = SSLContext.getInstance("TLS");
        var keys = (X509ExtendedKeyManager) BrokerFixture.keys(certificate).getKeyManagers()[0];
        context.init(
                new KeyManager[] {new Stubborn(keys)},
                BrokerFixture.trust(certificate).getTrustManagers(),
                null);
        var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket("127.0.0.1", fixture.broker.tlsPort());
        socket.setEnabledProtocols(new String[] {"TLSv1.2"});
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private Socket plain() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), fixture.broker.plainPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** Shows its certificate even to a server that did not ask for one of its issuer. */
    private static final class Stubborn extends X509ExtendedKeyManager {

        static final AtomicInteger offers = new AtomicInteger();

        private final X509ExtendedKeyManager keys;

        Stubborn(X509ExtendedKeyManager keys) {
            this.keys = keys;
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            offers.incrementAndGet();
            return "client";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return keys.getCertificateChain(alias);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return keys.getPrivateKey(alias);
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"client"};
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return "";
        }
    }

    private static byte[] concat(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
