package io.millrace.security;

import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes keys and certificates, all P-256 with SHA-256. Bouncy Castle only assembles the structure;
 * keys, signatures and random numbers come from the JDK.
 */
final class Certificates {

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int SERIAL_BITS = 127;

    private final SecureRandom random = new SecureRandom();

    /** A key pair and the certificate of its public half. */
    record Issued(PrivateKey key, X509Certificate certificate) {
        @Override
        public String toString() {
            return "Issued[" + certificate.getSubjectX500Principal() + "]";
        }
    }

    Issued authority(Instant from, Instant until) {
        KeyPair keys = newKeys();
        var mark = new byte[4];
        random.nextBytes(mark);
        X500Name name = name("Millrace", "Millrace CA " + HexFormat.of().formatHex(mark));
        return build(
                keys,
                builder(name, name, from, until, keys.getPublic()),
                keys.getPrivate(),
                (builder, extensions) -> {
                    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
                    builder.addExtension(
                            Extension.keyUsage,
                            true,
                            new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
                    builder.addExtension(
                            Extension.subjectKeyIdentifier,
                            false,
                            extensions.createSubjectKeyIdentifier(keys.getPublic()));
                });
    }

    Issued server(Issued authority, ServerNames names, Instant from, Instant until) {
        var alternatives = new ArrayList<GeneralName>();
        names.hosts().stream()
                .sorted()
                .forEach(host -> alternatives.add(new GeneralName(GeneralName.dNSName, host)));
        names.addresses().stream()
                .sorted()
                .forEach(ip -> alternatives.add(new GeneralName(GeneralName.iPAddress, ip)));
        return leaf(
                authority,
                name("Millrace", "millrace server"),
                alternatives.toArray(GeneralName[]::new),
                KeyPurposeId.id_kp_serverAuth,
                from,
                until);
    }

    Issued client(Issued authority, CertificateSubject subject, Instant from, Instant until) {
        // X.520 allows 64 characters in a common name; the whole name stands in the URI.
        String source = subject.source().value();
        return leaf(
                authority,
                name(subject.project().value(), source.substring(0, Math.min(64, source.length()))),
                new GeneralName[] {
                    new GeneralName(GeneralName.uniformResourceIdentifier, subject.uri())
                },
                KeyPurposeId.id_kp_clientAuth,
                from,
                until);
    }

    static String pem(X509Certificate certificate) {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw MillraceException.internal("a certificate cannot be encoded", e);
        }
    }

    static String pem(PrivateKey key) {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    static X509Certificate parseCertificate(String pem) throws GeneralSecurityException {
        var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
        return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }

    static PrivateKey parseKey(String pem) throws GeneralSecurityException {
        String body = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        try {
            return KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("not a PEM file", e);
        }
    }

    private static String pem(String what, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n";
    }

    private Issued leaf(
            Issued authority,
            X500Name subject,
            GeneralName[] alternatives,
            KeyPurposeId purpose,
            Instant from,
            Instant until) {
        KeyPair keys = newKeys();
        var issuer =
                X500Name.getInstance(
                        authority.certificate().getSubjectX500Principal().getEncoded());
        return build(
                keys,
                builder(issuer, subject, from, until, keys.getPublic()),
                authority.key(),
                (builder, extensions) -> {
                    builder.addExtension(
                            Extension.basicConstraints, true, new BasicConstraints(false));
                    builder.addExtension(
                            Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
                    builder.addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
                    builder.addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(alternatives));
                    builder.addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            extensions.createAuthorityKeyIdentifier(
                                    authority.certificate().getPublicKey()));
                    builder.addExtension(
                            Extension.subjectKeyIdentifier,
                            false,
                            extensions.createSubjectKeyIdentifier(keys.getPublic()));
                });
    }

    private interface Extensions {
        void addTo(JcaX509v3CertificateBuilder builder, JcaX509ExtensionUtils extensions)
                throws CertIOException;
    }

    private JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, Instant from, Instant until, PublicKey key) {
        BigInteger serial = new BigInteger(SERIAL_BITS, random).max(BigInteger.ONE);
        return new JcaX509v3CertificateBuilder(
                issuer, serial, Date.from(from), Date.from(until), subject, key);
    }

    private static Issued build(
            KeyPair keys,
            JcaX509v3CertificateBuilder builder,
            PrivateKey signer,
            Extensions extensions) {
        try {
            extensions.addTo(builder, new JcaX509ExtensionUtils());
            var holder = builder.build(new JcaContentSignerBuilder(SIGNATURE).build(signer));
            return new Issued(
                    keys.getPrivate(), new JcaX509CertificateConverter().getCertificate(holder));
        } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
            throw MillraceException.internal("cannot make a certificate: " + e.getMessage(), e);
        }
    }

    private static X500Name name(String organisation, String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.O, organisation)
                .addRDN(BCStyle.CN, commonName)
                .build();
    }

    private KeyPair newKeys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw MillraceException.internal("this JDK cannot make P-256 keys", e);
        }
    }
}
