package io.millrace.security;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The files a client is configured with.
 *
 * @param authorityPem {@code ca.crt}
 * @param certificatePem {@code client.crt}
 * @param privateKeyPem {@code client.key}
 */
public record CertificateBundle(String authorityPem, String certificatePem, String privateKeyPem) {

    /** Fixed, so that equal bundles are equal bytes; the oldest date a zip can hold is 1980. */
    private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

    /** A zip with exactly {@code ca.crt}, {@code client.crt} and {@code client.key}. */
    public byte[] zip() {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            add(zip, "ca.crt", authorityPem);
            add(zip, "client.crt", certificatePem);
            add(zip, "client.key", privateKeyPem);
        } catch (IOException e) {
            throw MillraceException.internal("cannot zip in memory", e);
        }
        return bytes.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, String text) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(ENTRY_TIME);
        zip.putNextEntry(entry);
        zip.write(text.getBytes(StandardCharsets.US_ASCII));
        zip.closeEntry();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "CertificateBundle[ca.crt, client.crt, client.key]";
    }
}
