package io.millrace.security;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate authority of one install. It makes itself on first use and lives in one
 * directory:
 *
 * <pre>
 * ca.crt, ca.key               the authority; the key never leaves this directory
 * server.crt, server.key       the server's own, made anew when it runs out or the addresses change
 * server.p12, trust.p12        the same for libraries that want key stores
 * keystore.password            of these
 * certificates.log             what was issued and revoked
 * </pre>
 *
 * <p>All private files are readable by the owner only. Safe from any thread; one process at a time.
 */
public final class CertificateAuthority {

    private static final Logger log = LoggerFactory.getLogger(CertificateAuthority.class);

    /** Devices stay in the field for decades, and their clocks may run behind. */
    private static final Duration AUTHORITY_LIFE = Duration.ofDays(30 * 365 + 8);

    private static final Duration SERVER_LIFE = Duration.ofDays(5 * 365);
    private static final Duration SERVER_RENEWAL = Duration.ofDays(365);
    private static final Duration CLOCK_SLACK = Duration.ofDays(1);

    private final Path directory;
    private final TimeSource time;
    private final Certificates certificates;
    private final Certificates.Issued authority;
    private final IssueLedger ledger;

    private CertificateAuthority(
            Path directory,
            TimeSource time,
            Certificates certificates,
            Certificates.Issued authority,
            IssueLedger ledger) {
        this.directory = directory;
        this.time = time;
        this.certificates = certificates;
        this.authority = authority;
        this.ledger = ledger;
    }

    /**
     * Opens the authority of a directory, or makes it.
     *
     * @throws MillraceException when the files cannot be read, written or do not fit together
     */
    public static CertificateAuthority open(Path directory, TimeSource time) {
        try {
            PrivateFiles.createDirectory(directory);
            var certificates = new Certificates();
            return new CertificateAuthority(
                    directory,
                    time,
                    certificates,
                    loadOrMakeAuthority(directory, certificates, time.now()),
                    IssueLedger.open(directory.resolve("certificates.log")));
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot use the certificate directory " + directory + ": " + e.getMessage(), e);
        }
    }

    /** The authority's certificate, PEM. */
    public String certificatePem() {
        return Certificates.pem(authority.certificate());
    }

    /** Makes a certificate for the clients of a data source. Each call makes another one. */
    public ClientCertificate issue(ProjectId project, ResourceName source) {
        var subject = new CertificateSubject(project, source);
        Instant now = time.now();
        Instant end = authority.certificate().getNotAfter().toInstant();
        var issued = certificates.client(authority, subject, now.minus(CLOCK_SLACK), end);
        BigInteger serial = issued.certificate().getSerialNumber();
        ledger.issued(serial, subject, now);
        log.info("issued certificate {} for {}", serial.toString(16), subject.uri());
        return new ClientCertificate(
                subject,
                serial,
                end,
                certificatePem(),
                Certificates.pem(issued.certificate()),
                Certificates.pem(issued.key()));
    }

    /**
     * Refuses a certificate from now on, at its next connect.
     *
     * @throws MillraceException {@code NOT_FOUND} when it was not issued here
     */
    public void revoke(BigInteger serial) {
        if (!ledger.revoke(serial, time.now())) {
            throw MillraceException.notFound(
                    "no certificate with serial " + serial.toString(16) + " was issued here");
        }
        log.info("revoked certificate {}", serial.toString(16));
    }

    /** Whether it was revoked. Cheap. */
    public boolean isRevoked(BigInteger serial) {
        return ledger.isRevoked(serial);
    }

    /**
     * Whom a certificate stands for: empty unless this authority signed it, it is valid now, not
     * revoked, meant for clients, and names a data source. TLS has checked most of this already;
     * this does not rely on it.
     */
    public Optional<CertificateSubject> identify(X509Certificate certificate) {
        try {
            certificate.verify(authority.certificate().getPublicKey());
            certificate.checkValidity(Date.from(time.now()));
            List<String> purposes = certificate.getExtendedKeyUsage();
            if (purposes == null || !purposes.contains("1.3.6.1.5.5.7.3.2")) {
                return Optional.empty();
            }
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
        return isRevoked(certificate.getSerialNumber())
                ? Optional.empty()
                : CertificateSubject.of(certificate);
    }

    /**
     * The server's own certificate for these names, as key stores. Made when there is none, when it
     * ends within a year, or when a name is missing in it.
     */
    public synchronized ServerKeyStores serverKeyStores(ServerNames names) {
        try {
            Instant now = time.now();
            var server = loadServer(names, now);
            if (server == null) {
                server = makeServer(names, now);
            }
            return writeKeyStores(server);
        } catch (IOException | GeneralSecurityException e) {
            throw MillraceException.internal(
                    "cannot prepare the server certificate in " + directory + ": " + e.getMessage(),
                    e);
        }
    }

    private Certificates.Issued makeServer(ServerNames names, Instant now) throws IOException {
        Instant end = now.plus(SERVER_LIFE);
        Instant authorityEnd = authority.certificate().getNotAfter().toInstant();
        var server =
                certificates.server(
                        authority,
                        names,
                        now.minus(CLOCK_SLACK),
                        end.isBefore(authorityEnd) ? end : authorityEnd);
        store(directory, "server", server);
        PrivateFiles.write(
                directory.resolve("server.names"),
                namesText(names).getBytes(StandardCharsets.UTF_8));
        log.info("made a server certificate for {} {}", names.hosts(), names.addresses());
        return server;
    }

    private Certificates.@Nullable Issued loadServer(ServerNames names, Instant now)
            throws IOException {
        Path namesFile = directory.resolve("server.names");
        if (!Files.exists(namesFile)
                || !Files.exists(directory.resolve("server.crt"))
                || !Files.exists(directory.resolve("server.key"))) {
            return null;
        }
        try {
            var server = load(directory, "server");
            server.certificate().verify(authority.certificate().getPublicKey());
            checkFits(server);
            boolean ends =
                    server.certificate()
                            .getNotAfter()
                            .toInstant()
                            .isBefore(now.plus(SERVER_RENEWAL));
            boolean covers =
                    parseNames(Files.readString(namesFile, StandardCharsets.UTF_8)).covers(names);
            return covers && !ends ? server : null;
        } catch (GeneralSecurityException e) {
            log.warn(
                    "making a new server certificate, the old one is unusable: {}", e.getMessage());
            return null;
        }
    }

    private ServerKeyStores writeKeyStores(Certificates.Issued server)
            throws IOException, GeneralSecurityException {
        String password = keyStorePassword();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry(
                "server",
                server.key(),
                password.toCharArray(),
                new Certificate[] {server.certificate(), authority.certificate()});
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", authority.certificate());
        Path keyFile = directory.resolve("server.p12").toAbsolutePath();
        Path trustFile = directory.resolve("trust.p12").toAbsolutePath();
        PrivateFiles.write(keyFile, bytes(keys, password));
        PrivateFiles.write(trustFile, bytes(trust, password));
        return new ServerKeyStores(keyFile, trustFile, password);
    }

    private String keyStorePassword() throws IOException {
        Path file = directory.resolve("keystore.password");
        if (Files.exists(file)) {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        }
        var bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        String password = HexFormat.of().formatHex(bytes);
        PrivateFiles.write(file, password.getBytes(StandardCharsets.US_ASCII));
        return password;
    }

    private static byte[] bytes(KeyStore store, String password)
            throws IOException, GeneralSecurityException {
        var out = new ByteArrayOutputStream();
        store.store(out, password.toCharArray());
        return out.toByteArray();
    }

    private static Certificates.Issued loadOrMakeAuthority(
            Path directory, Certificates certificates, Instant now) throws IOException {
        boolean hasCertificate = Files.exists(directory.resolve("ca.crt"));
        // The key is written first: a certificate without a key was never used or has lost its key.
        if (!hasCertificate) {
            Instant from = now.minus(CLOCK_SLACK).truncatedTo(ChronoUnit.SECONDS);
            var made = certificates.authority(from, from.plus(AUTHORITY_LIFE));
            store(directory, "ca", made);
            log.info("made a certificate authority in {}", directory);
            return made;
        }
        try {
            var authority = load(directory, "ca");
            authority.certificate().verify(authority.certificate().getPublicKey());
            checkFits(authority);
            return authority;
        } catch (GeneralSecurityException | IOException e) {
            throw MillraceException.internal(
                    "the certificate authority in "
                            + directory
                            + " is damaged ("
                            + e.getMessage()
                            + "); put ca.crt and ca.key back from a backup, or remove the directory"
                            + " to make a new one, which all clients need new certificates from",
                    e);
        }
    }

    private static void checkFits(Certificates.Issued issued) throws GeneralSecurityException {
        var probe = "does the key fit the certificate".getBytes(StandardCharsets.US_ASCII);
        var signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(issued.key());
        signer.update(probe);
        byte[] signature = signer.sign();
        signer.initVerify(issued.certificate().getPublicKey());
        signer.update(probe);
        if (!signer.verify(signature)) {
            throw new GeneralSecurityException("the key does not belong to the certificate");
        }
    }

    private static Certificates.Issued load(Path directory, String name)
            throws IOException, GeneralSecurityException {
        PrivateKey key =
                Certificates.parseKey(
                        Files.readString(
                                directory.resolve(name + ".key"), StandardCharsets.US_ASCII));
        X509Certificate certificate =
                Certificates.parseCertificate(
                        Files.readString(
                                directory.resolve(name + ".crt"), StandardCharsets.US_ASCII));
        return new Certificates.Issued(key, certificate);
    }

    private static void store(Path directory, String name, Certificates.Issued issued)
            throws IOException {
        PrivateFiles.write(
                directory.resolve(name + ".key"),
                Certificates.pem(issued.key()).getBytes(StandardCharsets.US_ASCII));
        PrivateFiles.write(
                directory.resolve(name + ".crt"),
                Certificates.pem(issued.certificate()).getBytes(StandardCharsets.US_ASCII));
    }

    private static String namesText(ServerNames names) {
        var text = new StringBuilder();
        names.hosts().stream().sorted().forEach(h -> text.append("host ").append(h).append('\n'));
        names.addresses().stream()
                .sorted()
                .forEach(a -> text.append("address ").append(a).append('\n'));
        return text.toString();
    }

    private static ServerNames parseNames(String text) {
        var hosts = new HashSet<String>();
        var addresses = new HashSet<String>();
        text.lines()
                .forEach(line -> {
                    if (line.startsWith("host ")) {
                        hosts.add(line.substring("host ".length()));
                    } else if (line.startsWith("address ")) {
                        addresses.add(line.substring("address ".length()));
                    }
                });
        return new ServerNames(hosts, addresses);
    }
}
