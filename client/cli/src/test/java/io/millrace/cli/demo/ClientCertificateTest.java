package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientCertificateTest {

    @ParameterizedTest
    @ValueSource(strings = {"ec", "rsa"})
    void makesKeysAndTrustOfThePemFilesInAZip(String algorithm) throws Exception {
        byte[] zip =
                zip(
                        Map.of(
                                "ca.crt", pem("ca.crt"),
                                "client.crt", pem(algorithm + ".crt"),
                                "client.key", pem(algorithm + ".key")));

        ClientCertificate certificate = ClientCertificate.ofZip(zip);

        var keys = (X509KeyManager) certificate.keys().getKeyManagers()[0];
        String[] aliases = keys.getClientAliases(algorithm.equals("ec") ? "EC" : "RSA", null);
        assertThat(aliases).hasSize(1);
        assertThat(keys.getPrivateKey(aliases[0])).isNotNull();
        var chain = keys.getCertificateChain(aliases[0]);
        assertThat(chain[0].getSubjectX500Principal().getName()).isEqualTo("CN=test-" + algorithm);
        var trust = (X509TrustManager) certificate.trust().getTrustManagers()[0];
        assertThat(trust.getAcceptedIssuers())
                .extracting(issuer -> issuer.getSubjectX500Principal().getName())
                .containsExactly("CN=Test authority");
        trust.checkClientTrusted(chain, "EC");
    }

    @Test
    void saysWhichFileIsWrong() throws IOException {
        String authority = pem("ca.crt");
        String client = pem("ec.crt");
        assertThatThrownBy(() -> ClientCertificate.ofPem(authority, client, pem("ec-sec1.key")))
                .isInstanceOf(MillraceException.class)
                .hasMessage("client.key is not a private key in PKCS#8 PEM");
        assertThatThrownBy(() -> ClientCertificate.ofPem(authority, "", pem("ec.key")))
                .isInstanceOf(MillraceException.class)
                .hasMessageStartingWith("client.crt ");
        assertThatThrownBy(() ->
                        ClientCertificate.ofPem(
                                authority,
                                client,
                                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE"
                                        + " KEY-----"))
                .isInstanceOf(MillraceException.class)
                .hasMessageStartingWith("client.key ");
        byte[] incomplete = zip(Map.of("ca.crt", authority));
        assertThatThrownBy(() -> ClientCertificate.ofZip(incomplete))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("client.crt");
    }

    private static String pem(String name) throws IOException {
        try (InputStream in = ClientCertificateTest.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static byte[] zip(Map<String, String> files) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ZipOutputStream(bytes)) {
            for (var file : files.entrySet()) {
                out.putNextEntry(new ZipEntry(file.getKey()));
                out.write(file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }
}
