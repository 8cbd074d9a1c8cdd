package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.control.Refusal;
import java.util.List;
import java.util.stream.Collectors;

/** A change that was not admitted; nothing was written. */
final class RefusedChange extends MillraceException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // an immutable list of the JDK, which is serializable
    private final List<Refusal> refusals;

    RefusedChange(List<Refusal> refusals) {
        super(
                codeOf(refusals),
                refusals.stream().map(Refusal::message).collect(Collectors.joining("\n")));
        this.refusals = List.copyOf(refusals);
    }

    List<Refusal> refusals() {
        return refusals;
    }

    /** What is wrong in itself comes first: it is to be corrected in any case. */
    private static ErrorCode codeOf(List<Refusal> refusals) {
        return refusals.stream()
                .map(Refusal::code)
                .filter(code -> code == ErrorCode.INVALID)
                .findFirst()
                .orElse(ErrorCode.CONFLICT);
    }
}
