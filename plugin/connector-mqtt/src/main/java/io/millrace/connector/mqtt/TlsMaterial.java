package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whom we trust and who we are, in the JDK's form. */
final class TlsMaterial {
    private final @Nullable TrustManagerFactory trust;
    private final @Nullable KeyManagerFactory keys;

    private TlsMaterial(@Nullable TrustManagerFactory trust, @Nullable KeyManagerFactory keys) {
        this.trust = trust;
        this.keys = keys;
    }

    /** Trusts the authorities that the JDK trusts, and shows no certificate. */
    static TlsMaterial ofJdk() {
        return new TlsMaterial(null, null);
    }

    /**
     * Reads PEM.
     *
     * @param ca the authorities to trust instead of the JDK's; null for those
     * @param certificate ours with its chain; null for none
     * @param key its key; null for none
     * @throws MillraceException {@code INVALID}, naming the value and not what it holds
     */
    static TlsMaterial of(@Nullable String ca, @Nullable String certificate, @Nullable String key) {
        try {
            return new TlsMaterial(
                    ca == null ? null : trust(certificates("ca", ca)),
                    certificate == null || key == null
                            ? null
                            : keys(
                                    certificates("certificate", certificate),
                                    PemKey.read("key", key)));
        } catch (GeneralSecurityException | IOException e) {
            // Its message may quote what it could not read.
            throw MillraceException.invalid(
                    "'certificate' and 'key' do not go together ("
                            + e.getClass().getSimpleName()
                            + ")");
        }
    }

    private static Collection<? extends Certificate> certificates(String name, String pem) {
        try {
            var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8));
            var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (!found.isEmpty()) {
                return found;
            }
        } catch (CertificateException _) {
            // Said below, without the parser's words: they may quote a key in the wrong place.
        }
        throw new MillraceException(
                ErrorCode.INVALID,
                "'" + name + "' holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    }

    private static TrustManagerFactory trust(Collection<? extends Certificate> authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        int number = 0;
        for (Certificate authority : authorities) {
            store.setCertificateEntry("ca-" + number++, authority);
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private static KeyManagerFactory keys(Collection<? extends Certificate> chain, PrivateKey key)
            throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        store.setKeyEntry("client", key, new char[0], chain.toArray(Certificate[]::new));
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    @Nullable TrustManagerFactory trust() {
        return trust;
    }

    @Nullable KeyManagerFactory keys() {
        return keys;
    }
}
