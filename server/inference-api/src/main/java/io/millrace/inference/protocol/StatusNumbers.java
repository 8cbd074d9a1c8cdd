package io.millrace.inference.protocol;

import io.millrace.api.ErrorCode;
import io.millrace.spi.ReplyStatus;

/** The numbers by which HTTP tells errors. */
public final class StatusNumbers {

    /** Answered. */
    public static final int OK = ReplyStatus.OK;

    private StatusNumbers() {}

    /** A full queue is 503, as with the peers: their clients try again on that. */
    public static int of(ErrorCode code) {
        return ReplyStatus.of(code);
    }
}
