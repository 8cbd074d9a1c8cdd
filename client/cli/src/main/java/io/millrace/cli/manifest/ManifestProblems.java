package io.millrace.cli.manifest;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.client.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that is wrong with what the user wrote, each with its place. */
public final class ManifestProblems extends MillraceException {

    private static final long serialVersionUID = 1L;

    ManifestProblems(List<Problem> problems) {
        super(
                ErrorCode.INVALID,
                problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }
}
