package io.millrace.embedded.mqtt;

import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Says whom a client certificate stands for. Asked at each connect, on a network thread, so it must
 * not block; TLS has checked the chain before.
 */
@FunctionalInterface
public interface ClientIdentities {

    /** Empty refuses the client: revoked, or not one of ours. */
    Optional<ClientIdentity> identify(X509Certificate certificate);
}
