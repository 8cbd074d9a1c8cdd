package io.millrace.spi;

import io.millrace.api.ErrorCode;

/** The numbers by which models, transformers and their callers tell errors: those of HTTP. */
public final class ReplyStatus {

    /** Answered. */
    public static final int OK = 200;

    private ReplyStatus() {}

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

    /** What kind of error a status stands for, whoever chose it. */
    public static ErrorCode code(int status) {
        return switch (status) {
            case 401, 403 -> ErrorCode.DENIED;
            case 404, 410 -> ErrorCode.NOT_FOUND;
            case 409, 412 -> ErrorCode.CONFLICT;
            case 413 -> ErrorCode.TOO_LARGE;
            case 408, 504 -> ErrorCode.TIMEOUT;
            case 429 -> ErrorCode.OVERLOADED;
            case 501 -> ErrorCode.UNSUPPORTED;
            case 502, 503 -> ErrorCode.UNAVAILABLE;
            default -> status >= 500 ? ErrorCode.USER_CODE : ErrorCode.INVALID;
        };
    }
}
