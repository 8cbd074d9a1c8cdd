package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipInputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * The three PEM files that the server makes for a client, ready for TLS. They are kept in memory:
 * the demo leaves no private key behind.
 */
final class ClientCertificate {

    private static final char[] NO_PASSWORD = new char[0];
    private static final int MAX_ENTRY_BYTES = 1 << 20;
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "Ed25519");
    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

    private final List<Certificate> authorities;
    private final List<Certificate> chain;
    private final PrivateKey key;

    private ClientCertificate(
            List<Certificate> authorities, List<Certificate> chain, PrivateKey key) {
        this.authorities = authorities;
        this.chain = chain;
        this.key = key;
    }

    /** From the zip that the management API gives. */
    static ClientCertificate ofZip(byte[] zip) {
        var files = new HashMap<String, byte[]>();
        try (var in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                files.put(entry.getName(), in.readNBytes(MAX_ENTRY_BYTES));
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the certificates are not a zip: " + e.getMessage(), e);
        }
        return ofPem(text(files, "ca.crt"), text(files, "client.crt"), text(files, "client.key"));
    }

    /** From the texts of the three files. */
    static ClientCertificate ofPem(String authority, String certificate, String key) {
        return new ClientCertificate(
                certificates("ca.crt", authority),
                certificates("client.crt", certificate),
                privateKey(key));
    }

    /** Proves who the client is. */
    KeyManagerFactory keys() {
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(Certificate[]::new));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, NO_PASSWORD);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "client.crt and client.key do not work together", e);
        }
    }

    /** Trusts the servers of this authority and no others. */
    TrustManagerFactory trust() {
        try {
            KeyStore store = emptyStore();
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new MillraceException(ErrorCode.INVALID, "ca.crt cannot be used", e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static List<Certificate> certificates(String name, String pem) {
        try {
            var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
            var found =
                    new ArrayList<Certificate>(
                            CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (found.isEmpty()) {
                throw MillraceException.invalid(name + " holds no certificate");
            }
            return found;
        } catch (GeneralSecurityException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, name + " is not a PEM certificate: " + e.getMessage(), e);
        }
    }

    private static PrivateKey privateKey(String pem) {
        Matcher matcher = PKCS8.matcher(pem);
        if (!matcher.find()) {
            throw MillraceException.invalid("client.key is not a private key in PKCS#8 PEM");
        }
        byte[] bytes;
        try {
            bytes = Base64.getMimeDecoder().decode(matcher.group(1));
        } catch (IllegalArgumentException e) {
            throw new MillraceException(ErrorCode.INVALID, "client.key is not Base64", e);
        }
        var spec = new PKCS8EncodedKeySpec(bytes);
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException _) {
                // A key of another kind; the next algorithm may read it.
            } catch (GeneralSecurityException e) {
                throw MillraceException.internal("this Java has no " + algorithm, e);
            }
        }
        throw MillraceException.invalid(
                "client.key holds a key that is none of " + String.join(", ", KEY_ALGORITHMS));
    }

    private static String text(Map<String, byte[]> files, String name) {
        byte[] bytes = files.get(name);
        if (bytes == null) {
            throw MillraceException.invalid("the certificates lack the file " + name);
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
