package io.millrace.function;

import java.io.IOException;

/** The worker sent something that the protocol does not allow: it cannot be talked to any more. */
final class ProtocolViolation extends IOException {

    private static final long serialVersionUID = 1L;

    ProtocolViolation(String message) {
        super(message);
    }

    String how() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
