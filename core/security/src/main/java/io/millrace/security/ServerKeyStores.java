package io.millrace.security;

import java.nio.file.Path;

/**
 * The server's TLS material as PKCS#12 files, for libraries that want paths.
 *
 * @param keyStore the server's key with its chain
 * @param trustStore the authority, to check clients against
 * @param password of both
 */
public record ServerKeyStores(Path keyStore, Path trustStore, String password) {

    /** Without the password. */
    @Override
    public String toString() {
        return "ServerKeyStores[" + keyStore + ", " + trustStore + "]";
    }
}
