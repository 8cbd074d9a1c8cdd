package io.millrace.inference;

import io.millrace.api.MillraceException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash that names content. */
final class Digests {

    private Digests() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this Java has no SHA-256", e);
        }
    }
}
