package io.millrace.security;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was issued and what was revoked: one line each, only ever appended. A line cut short by a
 * crash is closed at the next start, and what it said did not happen.
 */
final class IssueLedger {

    private static final Logger log = LoggerFactory.getLogger(IssueLedger.class);

    private static final String ISSUED = "issued";
    private static final String REVOKED = "revoked";

    private final Path file;
    private final Set<BigInteger> issued = new HashSet<>();
    private final Set<BigInteger> revoked = ConcurrentHashMap.newKeySet();

    private IssueLedger(Path file) {
        this.file = file;
    }

    static IssueLedger open(Path file) throws IOException {
        var ledger = new IssueLedger(file);
        if (Files.exists(file)) {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            text.lines().forEach(ledger::replay);
            if (!text.isEmpty() && !text.endsWith("\n")) {
                PrivateFiles.append(file, new byte[] {'\n'});
            }
        }
        return ledger;
    }

    synchronized void issued(BigInteger serial, CertificateSubject subject, Instant at) {
        append(String.join(" ", ISSUED, serial.toString(16), at.toString(), subject.uri(), "."));
        issued.add(serial);
    }

    /** Whether it was issued here; revoking twice changes nothing. */
    synchronized boolean revoke(BigInteger serial, Instant at) {
        if (!issued.contains(serial)) {
            return false;
        }
        if (!revoked.contains(serial)) {
            append(String.join(" ", REVOKED, serial.toString(16), at.toString(), "."));
            revoked.add(serial);
        }
        return true;
    }

    boolean isRevoked(BigInteger serial) {
        return revoked.contains(serial);
    }

    private void append(String line) {
        try {
            PrivateFiles.append(file, (line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot write the certificate ledger " + file + ": " + e.getMessage(), e);
        }
    }

    private void replay(String line) {
        List<String> words = List.of(line.split(" ", -1));
        if (words.size() < 4 || !words.getLast().equals(".")) {
            if (!line.isEmpty()) {
                log.warn("ignoring an incomplete line in {}", file);
            }
            return;
        }
        try {
            var serial = new BigInteger(words.get(1), 16);
            switch (words.getFirst()) {
                case ISSUED -> issued.add(serial);
                case REVOKED -> revoked.add(serial);
                default -> log.warn("ignoring an unknown line in {}", file);
            }
        } catch (NumberFormatException e) {
            log.warn("ignoring a broken line in {}", file);
        }
    }
}
