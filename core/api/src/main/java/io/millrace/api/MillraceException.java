package io.millrace.api;

import org.jspecify.annotations.Nullable;

/**
 * The one base of all errors that Millrace raises itself. The message is for the person named by
 * the code: it says what was expected, what came and what to do next, and never holds a secret.
 */
public class MillraceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public MillraceException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public MillraceException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** An error in what the caller sent. */
    public static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID, message);
    }

    /** Something that was named does not exist. */
    public static MillraceException notFound(String message) {
        return new MillraceException(ErrorCode.NOT_FOUND, message);
    }

    /** A defect or a broken environment. */
    public static MillraceException internal(String message, @Nullable Throwable cause) {
        return new MillraceException(ErrorCode.INTERNAL, message, cause);
    }

    /** What kind of error it is. */
    public ErrorCode code() {
        return code;
    }

    /** The message, never null. */
    public String text() {
        String message = getMessage();
        return message == null ? code.name() : message;
    }
}
