package io.millrace.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedOriginsTest {

    private static final AllowedOrigins LIST =
            AllowedOrigins.parse(
                    List.of(
                            "https://models.example.com/public/",
                            "https://*.trusted.example/",
                            "s3://bucket/models",
                            "file:/srv/models",
                            "https://minio.internal:9000/"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://models.example.com/public/a.zip",
                "HTTPS://MODELS.example.com/public/a.zip",
                "https://a.trusted.example/x",
                "s3://bucket/models/1",
                "s3://bucket/models",
                "file:/srv/models/a.onnx",
                "https://minio.internal:9000/a"
            })
    void allowsWhatBeginsAsAnEntry(String address) {
        assertThatCode(() -> LIST.check(URI.create(address))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://models.example.com/private/a.zip",
                "https://models.example.com:8443/public/a.zip",
                "http://models.example.com/public/a.zip",
                "https://trusted.example.evil.org/x",
                "https://trusted.example/x",
                "https://eviltrusted.example/x",
                "s3://bucket/models-of-others/1",
                "s3://bucket2/models/1",
                "file:/srv/models2/a.onnx",
                "file:/etc/passwd",
                "https://minio.internal/a"
            })
    void refusesTheRest(String address) {
        assertThatThrownBy(() -> LIST.check(URI.create(address)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.DENIED);
                            assertThat(e.text()).contains("models.origins", "s3://bucket/models");
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://models.example.com/public/../private/a.zip",
                "https://models.example.com/public/%2e%2e/private/a.zip",
                "https://models.example.com/public/%2E%2E%2Fprivate/a.zip",
                "https://user:secret@models.example.com/public/a.zip",
                "https://models.example.com/public/a.zip#x"
            })
    void refusesAddressesThatCouldBeReadInTwoWays(String address) {
        assertThatThrownBy(() -> LIST.check(URI.create(address)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.text()).doesNotContain("secret");
                        });
    }

    @ParameterizedTest
    @CsvSource({
        "93.184.215.14,true",
        "10.1.2.3,false",
        "172.16.0.1,false",
        "172.32.0.1,true",
        "192.168.1.1,false",
        "127.0.0.1,false",
        "0.0.0.0,false",
        "169.254.169.254,false",
        "100.64.0.1,false",
        "100.128.0.1,true",
        "224.0.0.1,false",
        "255.255.255.255,false",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c,true",
        "::1,false",
        "::,false",
        "fe80::1,false",
        "fc00::1,false",
        "ff02::1,false",
        "64:ff9b::7f00:1,false",
        "2002:7f00:1::,false",
        "2001:0:1::1,false",
        "2001:db8::1,false",
        "::ffff:127.0.0.1,false",
    })
    void onlyPublicAddressesServeAnyHost(String address, boolean isPublic)
            throws UnknownHostException {
        InetAddress parsed = InetAddress.getByName(address);
        AllowedOrigins web = AllowedOrigins.publicWeb();
        if (isPublic) {
            assertThatCode(() -> web.checkAddress("host.example", parsed))
                    .doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> web.checkAddress("host.example", parsed))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED));
        }
    }

    @Test
    void aHostThatIsNamedMayBePrivate() throws UnknownHostException {
        InetAddress address = InetAddress.getByName("10.0.0.5");
        assertThatCode(() -> LIST.checkAddress("minio.internal", address))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> LIST.checkAddress("other.internal", address))
                .isInstanceOf(MillraceException.class);
    }

    @Test
    void aBucketIsNoHostThatMayBePrivate() throws UnknownHostException {
        InetAddress address = InetAddress.getByName("10.0.0.5");
        AllowedOrigins origins = AllowedOrigins.parse(List.of("https:", "s3://intranet/models/"));
        assertThatThrownBy(() -> origins.checkAddress("intranet", address))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://minio.internal/admin",
                "https://minio.internal:8443/models/a.zip",
                "https://minio.internal:9000/admin"
            })
    void aNameOpensNoMoreOfAHostThanItsEntrySays(String address) {
        AllowedOrigins origins =
                AllowedOrigins.parse(List.of("https:", "https://minio.internal:9000/models/"));
        assertThatCode(() -> origins.check(URI.create("https://minio.internal:9000/models/a.zip")))
                .doesNotThrowAnyException();
        assertThatCode(() -> origins.check(URI.create("https://elsewhere.example/a.zip")))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> origins.check(URI.create(address)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"models.example.com", "https://u@h/", "https://h/?q", "https://", "::"})
    void refusesEntriesThatAreNoBeginning(String entry) {
        assertThatThrownBy(() -> AllowedOrigins.parse(List.of(entry)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.text()).contains("models.origins", entry));
    }
}
