package io.millrace.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipInputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class CertificateAuthorityTest {

    private static final ProjectId PROJECT = new ProjectId("fashion");
    private static final ResourceName SOURCE = new ResourceName("mqtt-camera");
    private static final ServerNames NAMES =
            new ServerNames(Set.of("localhost"), Set.of("127.0.0.1", "0:0:0:0:0:0:0:1"));

    @TempDir Path temporary;

    private final Clock time = new Clock();
    private Path directory;
    private CertificateAuthority authority;

    @BeforeEach
    void open() {
        directory = temporary.resolve("ca");
        authority = CertificateAuthority.open(directory, time);
    }

    @Test
    void saysWhomACertificateStandsFor() throws Exception {
        X509Certificate certificate = certificate(authority.issue(PROJECT, SOURCE));
        assertThat(authority.identify(certificate))
                .contains(new CertificateSubject(PROJECT, SOURCE));
        assertThat(certificate.getNotAfter().toInstant())
                .isAfter(time.now().plus(29 * 365, ChronoUnit.DAYS));
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(certificate.getSubjectX500Principal().getName())
                .isEqualTo("CN=mqtt-camera,O=fashion");
    }

    @Test
    void staysTheSameAfterReopening() throws Exception {
        X509Certificate certificate = certificate(authority.issue(PROJECT, SOURCE));
        var reopened = CertificateAuthority.open(directory, time);
        assertThat(reopened.certificatePem()).isEqualTo(authority.certificatePem());
        assertThat(reopened.identify(certificate)).isPresent();
    }

    @Test
    void remembersRevocations() throws Exception {
        ClientCertificate issued = authority.issue(PROJECT, SOURCE);
        X509Certificate kept = certificate(authority.issue(PROJECT, SOURCE));
        authority.revoke(issued.serial());
        authority.revoke(issued.serial());
        var reopened = CertificateAuthority.open(directory, time);
        for (CertificateAuthority each : List.of(authority, reopened)) {
            assertThat(each.isRevoked(issued.serial())).isTrue();
            assertThat(each.identify(certificate(issued))).isEmpty();
            assertThat(each.identify(kept)).isPresent();
        }
        assertThatThrownBy(() -> authority.revoke(BigInteger.TEN))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    @Test
    void survivesALedgerLineCutShort() throws Exception {
        ClientCertificate first = authority.issue(PROJECT, SOURCE);
        Files.writeString(
                directory.resolve("certificates.log"),
                "revoked " + first.serial().toString(16),
                StandardOpenOption.APPEND);
        var reopened = CertificateAuthority.open(directory, time);
        assertThat(reopened.isRevoked(first.serial())).isFalse();
        reopened.revoke(first.serial());
        assertThat(CertificateAuthority.open(directory, time).isRevoked(first.serial())).isTrue();
    }

    @Test
    void refusesStrangersAndServersAndTheExpired() throws Exception {
        var stranger = CertificateAuthority.open(temporary.resolve("stranger"), time);
        assertThat(authority.identify(certificate(stranger.issue(PROJECT, SOURCE)))).isEmpty();

        ServerKeyStores stores = authority.serverKeyStores(NAMES);
        X509Certificate server =
                (X509Certificate)
                        load(stores.keyStore(), stores.password()).getCertificate("server");
        assertThat(authority.identify(server)).isEmpty();

        X509Certificate ours = certificate(authority.issue(PROJECT, SOURCE));
        time.now = time.now.plus(31 * 365, ChronoUnit.DAYS);
        assertThat(authority.identify(ours)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "millrace://project/a/source/",
                "millrace://project//source/b",
                "millrace://project/a/b/source/c",
                "millrace://project/a/source/b/c",
                "millrace://project/a/source/b?x",
                "MILLRACE://project/a/source/b",
                "millrace://project/a",
                "https://project/a/source/b"
            })
    void readsNothingElseThanItsOwnUris(String uri) {
        assertThat(CertificateSubject.parse(uri)).isEmpty();
    }

    @Test
    void bundlesExactlyThreeFiles() throws Exception {
        ClientCertificate issued = authority.issue(PROJECT, SOURCE);
        Map<String, String> files = unzip(issued.bundle().zip());
        assertThat(files)
                .containsExactly(
                        Map.entry("ca.crt", issued.authorityPem()),
                        Map.entry("client.crt", issued.certificatePem()),
                        Map.entry("client.key", issued.privateKeyPem()));
        assertThat(files.get("client.key")).startsWith("-----BEGIN PRIVATE KEY-----\n");
        assertThat(issued + " " + issued.bundle()).doesNotContain("PRIVATE KEY");
    }

    @Test
    void opensslTakesTheFiles() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        for (var file : unzip(authority.issue(PROJECT, SOURCE).bundle().zip()).entrySet()) {
            Files.writeString(temporary.resolve(file.getKey()), file.getValue());
        }
        assertThat(
                        openssl(
                                "verify",
                                "-x509_strict",
                                "-purpose",
                                "sslclient",
                                "-CAfile",
                                "ca.crt",
                                "client.crt"))
                .isEqualTo("client.crt: OK\n");
        assertThat(openssl("pkey", "-in", "client.key", "-pubout"))
                .isEqualTo(openssl("x509", "-in", "client.crt", "-noout", "-pubkey"));
        assertThat(openssl("x509", "-in", "client.crt", "-noout", "-ext", "subjectAltName"))
                .contains("URI:millrace://project/fashion/source/mqtt-camera");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothSidesOfTlsTrustEachOther(String protocol) throws Exception {
        ServerKeyStores stores = authority.serverKeyStores(NAMES);
        ClientCertificate issued = authority.issue(PROJECT, SOURCE);
        SSLContext server =
                context(
                        load(stores.keyStore(), stores.password()),
                        stores.password(),
                        load(stores.trustStore(), stores.password()));
        try (var listener =
                (SSLServerSocket) server.getServerSocketFactory().createServerSocket(0)) {
            listener.setNeedClientAuth(true);
            var seen =
                    CompletableFuture.supplyAsync(() -> {
                        try (var accepted = (SSLSocket) listener.accept()) {
                            accepted.startHandshake();
                            accepted.getOutputStream().write(1);
                            return (X509Certificate) accepted.getSession().getPeerCertificates()[0];
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    });
            try (var client =
                    (SSLSocket)
                            clientContext(issued)
                                    .getSocketFactory()
                                    .createSocket("127.0.0.1", listener.getLocalPort())) {
                var parameters = client.getSSLParameters();
                parameters.setProtocols(new String[] {protocol});
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                client.setSSLParameters(parameters);
                assertThat(client.getInputStream().read()).isEqualTo(1);
                assertThat(client.getSession().getProtocol()).isEqualTo(protocol);
            }
            assertThat(authority.identify(seen.get(5, TimeUnit.SECONDS))).isPresent();
        }
    }

    @Test
    void keepsTheServerCertificateWhileItServes() throws Exception {
        X509Certificate first = server(NAMES);
        assertThat(server(NAMES)).isEqualTo(first);
        assertThat(server(new ServerNames(Set.of("localhost"), Set.of("127.0.0.1"))))
                .isEqualTo(first);
        X509Certificate moved =
                server(new ServerNames(Set.of("localhost"), Set.of("127.0.0.1", "10.1.2.3")));
        assertThat(moved).isNotEqualTo(first);
        assertThat(moved.getSubjectAlternativeNames()).contains(List.of(7, "10.1.2.3"));
        time.now = time.now.plus(4 * 365 + 2, ChronoUnit.DAYS);
        assertThat(server(NAMES)).isNotEqualTo(first);
    }

    @Test
    void namesThisMachine() {
        ServerNames names = ServerNames.ofThisMachine();
        assertThat(names.hosts()).contains("localhost");
        assertThat(names.addresses()).contains("127.0.0.1", "0:0:0:0:0:0:0:1");
    }

    @Test
    void keepsPrivateFilesPrivate() throws Exception {
        authority.serverKeyStores(NAMES);
        authority.issue(PROJECT, SOURCE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
        try (var files = Files.list(directory)) {
            assertThat(files)
                    .isNotEmpty()
                    .allSatisfy(file ->
                            assertThat(
                                            PosixFilePermissions.toString(
                                                    Files.getPosixFilePermissions(file)))
                                    .as(file.toString())
                                    .isEqualTo("rw-------"));
        }
    }

    @Test
    void saysWhatToDoWhenTheAuthorityIsDamaged() throws Exception {
        Files.writeString(directory.resolve("ca.key"), "nonsense");
        assertThatThrownBy(() -> CertificateAuthority.open(directory, time))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("backup")
                .hasMessageContaining(directory.toString());
    }

    @Test
    void makesAnAuthorityThatACrashLeftHalfMade() throws Exception {
        Files.delete(directory.resolve("ca.crt"));
        var again = CertificateAuthority.open(directory, time);
        assertThat(again.identify(certificate(again.issue(PROJECT, SOURCE)))).isPresent();
    }

    private X509Certificate server(ServerNames names) throws Exception {
        ServerKeyStores stores = authority.serverKeyStores(names);
        return (X509Certificate)
                load(stores.keyStore(), stores.password()).getCertificate("server");
    }

    private String openssl(String... arguments) throws Exception {
        var command = new java.util.ArrayList<>(List.of("/usr/bin/openssl"));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command)
                        .directory(temporary.toFile())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static SSLContext clientContext(ClientCertificate issued) throws Exception {
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry(
                "client",
                Certificates.parseKey(issued.privateKeyPem()),
                new char[0],
                new Certificate[] {certificate(issued)});
        var trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", Certificates.parseCertificate(issued.authorityPem()));
        return context(keys, "", trust);
    }

    private static SSLContext context(KeyStore keys, String password, KeyStore trust)
            throws Exception {
        var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, password.toCharArray());
        var trustManagers =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(trust);
        var context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }

    private static KeyStore load(Path file, String password) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password.toCharArray());
        }
        return store;
    }

    private static X509Certificate certificate(ClientCertificate issued) throws Exception {
        return Certificates.parseCertificate(issued.certificatePem());
    }

    private static Map<String, String> unzip(byte[] zip) throws IOException {
        var files = new LinkedHashMap<String, String>();
        try (var in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                files.put(
                        entry.getName(), new String(in.readAllBytes(), StandardCharsets.US_ASCII));
            }
        }
        return files;
    }

    /** Set by the test; starts today, because the JDK's own TLS looks at the real clock. */
    private static final class Clock implements TimeSource {
        private Instant now = TimeSource.system().now();

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public void pause(Duration duration) {
            now = now.plus(duration);
        }
    }
}
