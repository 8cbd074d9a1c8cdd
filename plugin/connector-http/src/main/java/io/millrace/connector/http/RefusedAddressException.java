package io.millrace.connector.http;

import io.millrace.api.MillraceException;
import java.net.UnknownHostException;

/** Carries a refusal through the client, which lets only such exceptions pass from a look-up. */
final class RefusedAddressException extends UnknownHostException {

    private static final long serialVersionUID = 1;

    private final transient MillraceException reason;

    RefusedAddressException(MillraceException reason) {
        super(reason.text());
        this.reason = reason;
    }

    MillraceException reason() {
        return reason;
    }
}
