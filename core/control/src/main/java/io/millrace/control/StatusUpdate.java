package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.Status;
import io.millrace.control.Observation.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;

/** Makes the next status of a resource: pure, so that its rules can be read and tested alone. */
final class StatusUpdate {
    private StatusUpdate() {}

    /** The status that says what was observed of the resource's current spec. */
    static Status of(Resource<?> resource, Observation observed, Instant now) {
        var conditions = new ArrayList<Condition>();
        conditions.add(
                condition(
                        resource,
                        new Statement(
                                Condition.READY,
                                observed.ready(),
                                observed.reason(),
                                observed.message()),
                        now));
        observed.statements().forEach(more -> conditions.add(condition(resource, more, now)));
        return new Status(conditions, observed.details(), observed.versions());
    }

    /**
     * The status after a failed attempt: what was known of the resource stays, but it is not ready.
     */
    static Status ofFailure(Resource<?> resource, Throwable failure, Instant now) {
        Status before = resource.status();
        Observation observed =
                Observation.notReady(reasonOf(failure), messageOf(failure))
                        .withDetails(before.details())
                        .withVersions(before.versions())
                        .withStatements(
                                before.conditions().stream()
                                        .filter(known -> !known.type().equals(Condition.READY))
                                        .map(StatusUpdate::statement)
                                        .toList());
        return of(resource, observed, now);
    }

    private static Statement statement(Condition known) {
        return new Statement(known.type(), known.status(), known.reason(), known.message());
    }

    private static Condition condition(Resource<?> resource, Statement stated, Instant now) {
        Instant since =
                resource.status()
                        .condition(stated.type())
                        .filter(before -> before.status() == stated.status())
                        .map(Condition::lastTransitionTime)
                        .orElse(now);
        return new Condition(
                stated.type(),
                stated.status(),
                stated.reason(),
                stated.message(),
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
