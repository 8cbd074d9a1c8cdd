package io.millrace.api;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Topics of the log that pipelines must not write to: they belong to the data sources and pipelines
 * of some project, perhaps another one, or to Kafka itself.
 */
public final class ReservedTopics {

    /** No project has a dot in its part of a name, so these are all of them and no more. */
    private static final Pattern OWNED =
            Pattern.compile("[^.]*\\.(source|dead|settled|retry|stream|replay)\\..*");

    private ReservedTopics() {}

    /** Why a pipeline may not write to a topic of the log; empty when it may. */
    public static Optional<String> problem(String topic) {
        if (topic.startsWith("__")) {
            return Optional.of("a log topic that starts with '__' belongs to Kafka");
        }
        return OWNED.matcher(topic).matches()
                ? Optional.of(
                        "log topics named PROJECT.source.…, PROJECT.dead.…, PROJECT.stream.… and"
                                + " the like are written by Millrace itself; choose another name")
                : Optional.empty();
    }
}
