package io.millrace.inference.protocol;

import io.millrace.api.ErrorCode;

/** The numbers by which HTTP tells errors. */
public final class StatusNumbers {

    /** Answered. */
    public static final int OK = 200;

    private StatusNumbers() {}

    /** A full queue is 503, as with the peers: their clients try again on that. */
    public static int of(ErrorCode code) {
        return switch (code) {
            case INVALID -> 400;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case DENIED -> 403;
            case TOO_LARGE -> 413;
            case OVERLOADED, UNAVAILABLE -> 503;
            case TIMEOUT -> 504;
            case UNSUPPORTED -> 501;
            case USER_CODE, INTERNAL -> 500;
        };
    }
}
