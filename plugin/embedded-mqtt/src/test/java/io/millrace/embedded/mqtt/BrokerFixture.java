package io.millrace.embedded.mqtt;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import io.millrace.api.IdSource;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.security.CertificateAuthority;
import io.millrace.security.ClientCertificate;
import io.millrace.security.ServerNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** A real broker on free ports, with its own authority and a fake log. */
final class BrokerFixture implements AutoCloseable {

    static final ProjectId FASHION = new ProjectId("fashion");
    static final ProjectId OTHER = new ProjectId("other");

    final FakeLog log = new FakeLog();
    final FakeSecrets secrets = new FakeSecrets();
    final RecordingEvents events = new RecordingEvents();
    final RecordingMeters meters = new RecordingMeters();
    final CertificateAuthority authority;
    final EmbeddedMqttBroker broker;

    private BrokerFixture(Path directory, MqttLimits limits, List<Listener> more) {
        authority = CertificateAuthority.open(directory.resolve("ca"), TimeSource.system());
        var stores = authority.serverKeyStores(ServerNames.ofThisMachine());
        var keys =
                new EmbeddedMqttConfig.Keys(
                        stores.keyStore(), stores.trustStore(), stores.password());
        var listeners = new ArrayList<Listener>();
        listeners.add(Listener.certificates("127.0.0.1", 0, keys));
        listeners.add(Listener.local(0));
        listeners.add(Listener.login("127.0.0.1", 0, keys, FASHION));
        listeners.addAll(more);
        var config = new EmbeddedMqttConfig(directory.resolve("mqtt"), listeners, limits);
        broker =
                new EmbeddedMqttBroker(
                        config,
                        log,
                        meters,
                        TimeSource.system(),
                        IdSource.random(),
                        certificate ->
                                authority
                                        .identify(certificate)
                                        .map(subject ->
                                                new ClientIdentity(
                                                        subject.project(),
                                                        subject.source().value())),
                        secrets,
                        events);
    }

    static BrokerFixture start(Path directory) {
        return start(directory, MqttLimits.DEFAULT);
    }

    static BrokerFixture start(Path directory, MqttLimits limits) {
        return start(directory, limits, List.of());
    }

    static BrokerFixture start(Path directory, MqttLimits limits, List<Listener> more) {
        var fixture = new BrokerFixture(directory, limits, more);
        fixture.broker.start();
        return fixture;
    }

    /** Gives a topic to a data source; the log topic is {@code log.<filter>}. */
    void bind(ProjectId project, String source, String... filters) {
        broker.start(Bindings.one(project, source, filters));
    }

    List<ItemFailure> publish(ProjectId project, String topic, String... values) {
        try (Sink sink = broker.open(project, new PipelineSpec.MqttOutput(topic)).orElseThrow()) {
            return sink.write(
                    Arrays.stream(values)
                            .map(value ->
                                    new OutputRecord(
                                            topic,
                                            null,
                                            value.getBytes(StandardCharsets.UTF_8),
                                            List.of(),
                                            0))
                            .toList());
        }
    }

    Mqtt3ClientBuilder plain3(ProjectId project, String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(broker.plainPort())
                .simpleAuth()
                .username(project.value())
                .applySimpleAuth();
    }

    Mqtt5ClientBuilder plain5(ProjectId project, String id) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(broker.plainPort())
                .simpleAuth()
                .username(project.value())
                .applySimpleAuth();
    }

    Mqtt3BlockingClient connected(ProjectId project, String id) {
        var client = plain3(project, id).buildBlocking();
        client.connectWith().cleanSession(true).send();
        return client;
    }

    ClientCertificate certificate(ProjectId project) {
        return authority.issue(project, new ResourceName("camera"));
    }

    static KeyManagerFactory keys(ClientCertificate certificate)
            throws GeneralSecurityException, java.io.IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client",
                key(certificate.privateKeyPem()),
                new char[0],
                new Certificate[] {parse(certificate.certificatePem())});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        return keys;
    }

    static TrustManagerFactory trust(ClientCertificate certificate)
            throws GeneralSecurityException, java.io.IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", parse(certificate.authorityPem()));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        return trust;
    }

    private static Certificate parse(String pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
    }

    private static PrivateKey key(String pem) throws GeneralSecurityException {
        String body = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
    }

    @Override
    public void close() {
        broker.close();
    }
}
