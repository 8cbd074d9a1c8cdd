package io.millrace.api;

/** What kind of error it is; each face (HTTP, gRPC, CLI) maps it to its own numbers once. */
public enum ErrorCode {
    /** The request or resource itself is wrong; sending it again will not help. */
    INVALID,
    /** What was named does not exist, or the caller may not know that it does. */
    NOT_FOUND,
    /** Another writer was faster, or the thing exists already. */
    CONFLICT,
    /** The caller may not do this. */
    DENIED,
    /** It is more than is allowed: too large, too many, too long. */
    TOO_LARGE,
    /** Too much work is queued; try later. */
    OVERLOADED,
    /** It is not ready yet, or not any more; try later. */
    UNAVAILABLE,
    /** It took longer than its deadline. */
    TIMEOUT,
    /** This version cannot do it. */
    UNSUPPORTED,
    /** User code or a model failed. */
    USER_CODE,
    /** A defect or a broken environment: for the operator. */
    INTERNAL;

    /** Whether the same request may succeed later without anybody changing it. */
    public boolean isTransient() {
        return switch (this) {
            case OVERLOADED, UNAVAILABLE, TIMEOUT, INTERNAL, USER_CODE -> true;
            case INVALID, NOT_FOUND, CONFLICT, DENIED, TOO_LARGE, UNSUPPORTED -> false;
        };
    }
}
