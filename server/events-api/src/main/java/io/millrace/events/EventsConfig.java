package io.millrace.events;

import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The listener of its own.
 *
 * @param bind the address
 * @param port 0 for any free one (tests)
 * @param tls how it shows itself and whom it trusts; senders may then show a certificate. Empty for
 *     plain HTTP
 */
public record EventsConfig(String bind, int port, Optional<SSLContext> tls) {

    /** Where stores of the usual example send to. */
    public static final int USUAL_PORT = 5001;
}
