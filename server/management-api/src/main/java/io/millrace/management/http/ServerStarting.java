package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;

/** What was asked for may only be missing because the server is not up yet. */
final class ServerStarting extends MillraceException {
    private static final long serialVersionUID = 1L;

    /** How long the caller should wait before it asks again. */
    static final int RETRY_SECONDS = 1;

    ServerStarting(MillraceException cause) {
        super(
                ErrorCode.UNAVAILABLE,
                "the server is starting and does not know everything yet; try again in a moment",
                cause);
    }
}
