package io.millrace.client;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.List;

/** The server refused a request; the message is the server's own. */
public final class ApiException extends MillraceException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<Problem> problems;

    ApiException(ErrorCode code, String message, int status, List<Problem> problems) {
        super(code, message);
        this.status = status;
        this.problems = List.copyOf(problems);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Everything that is wrong, with places; empty when the message says it all. */
    public List<Problem> problems() {
        return problems;
    }
}
