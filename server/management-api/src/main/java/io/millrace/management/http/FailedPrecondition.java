package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;

/** The resource is not at the revision that the caller has seen. */
final class FailedPrecondition extends MillraceException {
    private static final long serialVersionUID = 1L;

    FailedPrecondition(String message) {
        super(ErrorCode.CONFLICT, message);
    }
}
