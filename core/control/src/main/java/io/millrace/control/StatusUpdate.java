package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.Status;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Makes the next status of a resource: pure, so that its rules can be read and tested alone. */
final class StatusUpdate {
    private StatusUpdate() {}

    /** The status that says what was observed of the resource's current spec. */
    static Status of(Resource<?> resource, Observation observed, Instant now) {
        Condition ready = condition(resource, observed, now);
        return new Status(List.of(ready), observed.details(), observed.versions());
    }

    /**
     * The status after a failed attempt: what was known of the resource stays, but it is not ready.
     */
    static Status ofFailure(Resource<?> resource, Throwable failure, Instant now) {
        Status before = resource.status();
        Observation observed =
                Observation.notReady(reasonOf(failure), messageOf(failure))
                        .withDetails(before.details())
                        .withVersions(before.versions());
        return of(resource, observed, now);
    }

    private static Condition condition(Resource<?> resource, Observation observed, Instant now) {
        Instant since =
                resource.status()
                        .condition(Condition.READY)
                        .filter(before -> before.status() == observed.ready())
                        .map(Condition::lastTransitionTime)
                        .orElse(now);
        return new Condition(
                Condition.READY,
                observed.ready(),
                observed.reason(),
                observed.message(),
                since,
                resource.metadata().generation());
    }

    private static String reasonOf(Throwable failure) {
        return failure instanceof MillraceException known ? camelCase(known.code()) : "Internal";
    }

    private static String messageOf(Throwable failure) {
        return failure instanceof MillraceException known
                ? known.text()
                : "a defect of Millrace (" + failure + "); the server's log has the details";
    }

    private static String camelCase(ErrorCode code) {
        var out = new StringBuilder();
        for (String word : code.name().split("_", -1)) {
            out.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return out.toString();
    }
}
