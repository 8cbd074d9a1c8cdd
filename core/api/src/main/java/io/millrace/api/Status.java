package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the reconciler of a kind has observed. Only it writes here.
 *
 * @param conditions at most one of each type
 * @param details facts of the kind in the order they shall be shown, such as {@code guarantee} or
 *     {@code topics}; values are for people
 * @param versions of a model: what became of each version; empty for other kinds
 */
public record Status(
        List<Condition> conditions,
        Map<String, String> details,
        List<ModelVersionStatus> versions) {

    /** Nothing observed yet. */
    public static final Status NONE = new Status(List.of(), Map.of(), List.of());

    public Status {
        conditions = List.copyOf(conditions);
        details =
                java.util.Collections.unmodifiableMap(
                        new java.util.LinkedHashMap<String, String>(details));
        versions = List.copyOf(versions);
    }

    /** The condition of a type, if it was ever stated. */
    public Optional<Condition> condition(String type) {
        return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
    }

    /** Whether the resource works as its spec of the given generation says. */
    public boolean isReady(long generation) {
        return condition(Condition.READY)
                .filter(c -> c.isTrue() && c.observedGeneration() == generation)
                .isPresent();
    }
}
