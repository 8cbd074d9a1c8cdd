package io.millrace.control;

import io.millrace.api.Condition.Truth;
import io.millrace.api.ModelVersionStatus;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a reconciler found out about a resource; the loop makes the status of it.
 *
 * @param ready whether it works as its spec says
 * @param reason one word in CamelCase for programs
 * @param message a sentence for people
 * @param details facts in the order in which they shall be shown
 * @param versions of a model: what became of each version
 * @param statements what else is said of it, each a condition of its own
 * @param again after how long it is to be looked at again although nothing happened; at the latest
 *     the loop does so by itself
 */
record Observation(
        Truth ready,
        String reason,
        String message,
        Map<String, String> details,
        List<ModelVersionStatus> versions,
        List<Statement> statements,
        Duration again) {
    private static final Duration NOT_SOON = Duration.ofDays(1);

    Observation {
        details = Collections.unmodifiableMap(new LinkedHashMap<String, String>(details));
        versions = List.copyOf(versions);
        statements = List.copyOf(statements);
    }

    /**
     * One more condition.
     *
     * @param type what is stated, such as {@code Drifted}
     * @param status whether it holds
     * @param reason one word in CamelCase for programs
     * @param message a sentence for people; the same as long as nothing changed
     */
    record Statement(String type, Truth status, String reason, String message) {}

    static Observation ready(String reason, String message) {
        return new Observation(
                Truth.TRUE, reason, message, Map.of(), List.of(), List.of(), NOT_SOON);
    }

    static Observation notReady(String reason, String message) {
        return new Observation(
                Truth.FALSE, reason, message, Map.of(), List.of(), List.of(), NOT_SOON);
    }

    Observation withDetails(Map<String, String> facts) {
        return new Observation(ready, reason, message, facts, versions, statements, again);
    }

    Observation withVersions(List<ModelVersionStatus> observed) {
        return new Observation(ready, reason, message, details, observed, statements, again);
    }

    Observation withStatements(List<Statement> stated) {
        return new Observation(ready, reason, message, details, versions, stated, again);
    }

    Observation withAgain(Duration delay) {
        return new Observation(ready, reason, message, details, versions, statements, delay);
    }
}
