package io.millrace.security;

import java.math.BigInteger;
import java.time.Instant;

/**
 * What a client needs to connect. The private key is in here and nowhere else: it is not kept.
 *
 * @param subject whom it stands for
 * @param serial names it in the revocation list
 * @param notAfter when it ends
 * @param authorityPem the certificate of the authority
 * @param certificatePem the client's certificate
 * @param privateKeyPem its private key, PKCS#8
 */
public record ClientCertificate(
        CertificateSubject subject,
        BigInteger serial,
        Instant notAfter,
        String authorityPem,
        String certificatePem,
        String privateKeyPem) {

    /** The three files under the names that clients expect. */
    public CertificateBundle bundle() {
        return new CertificateBundle(authorityPem, certificatePem, privateKeyPem);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "ClientCertificate[" + subject.uri() + ", serial " + serial.toString(16) + "]";
    }
}
