package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.embedded.mqtt.ClientIdentity;
import io.millrace.security.CertificateAuthority;
import io.millrace.store.InMemoryResourceStore;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SourceIdentitiesTest {

    private static final ProjectId LAB = new ProjectId("lab");
    private static final ResourceKey CAMERA = ResourceKey.of(Kind.DATA_SOURCE, LAB, "camera");
    private static final ResourceKey OTHER = ResourceKey.of(Kind.DATA_SOURCE, LAB, "other");

    private final InMemoryResourceStore store =
            new InMemoryResourceStore(TimeSource.system(), IdSource.random());
    private SourceIdentities identities;
    private X509Certificate certificate;

    @BeforeEach
    void issue(@TempDir Path directory) throws CertificateException {
        var authority = CertificateAuthority.open(directory, TimeSource.system());
        identities = new SourceIdentities(authority, store);
        String pem = authority.issue(LAB, new ResourceName("camera")).certificatePem();
        certificate =
                (X509Certificate)
                        CertificateFactory.getInstance("X.509")
                                .generateCertificate(
                                        new ByteArrayInputStream(
                                                pem.getBytes(StandardCharsets.US_ASCII)));
    }

    @AfterEach
    void close() {
        identities.close();
        store.close();
    }

    private void declare(ResourceKey key) {
        var spec = new DataSourceSpec(new DataSourceSpec.EmbeddedMqtt(), List.of(), Map.of());
        store.put(new Manifest<>(key, "", Map.of(), spec), Optional.empty());
    }

    @Test
    void takesACertificateOnlyWhileItsDataSourceIsDeclared() {
        assertThat(identities.identify(certificate)).isEmpty();
        declare(OTHER);
        assertThat(identities.identify(certificate)).isEmpty();
        declare(CAMERA);
        assertThat(identities.identify(certificate)).hasValue(new ClientIdentity(LAB, "camera"));
        store.delete(CAMERA, Optional.empty());
        assertThat(identities.identify(certificate)).isEmpty();
    }

    @Test
    void hasConnectionsCheckedAgainWhenADataSourceIsGone() {
        var refused = new AtomicInteger();
        declare(CAMERA);
        declare(OTHER);
        identities.start(() -> {
            if (identities.identify(certificate).isEmpty()) {
                refused.incrementAndGet();
            }
        });

        store.delete(CAMERA, Optional.empty());

        await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> assertThat(refused).hasValue(1));
    }
}
