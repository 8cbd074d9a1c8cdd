package io.millrace.api;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Topics of the log that belong to the data sources and pipelines of some project, or to Kafka
 * itself: pipelines must not write to them, and other projects must not read them.
 */
public final class ReservedTopics {

    /** No project has a dot in its part of a name, so these are all of them and no more. */
    private static final Pattern OWNED =
            Pattern.compile("[^.]*\\.(source|dead|settled|retry|stream|replay|refused)\\..*");

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

    /** Why a project may not read samples from a topic of the log; empty when it may. */
    public static Optional<String> readingProblem(ProjectId project, String topic) {
        if (topic.startsWith("__")) {
            return Optional.of("a log topic that starts with '__' belongs to Kafka");
        }
        boolean isOthers =
                OWNED.matcher(topic).matches() && !topic.startsWith(project.value() + ".");
        return isOthers
                ? Optional.of("the log topic " + topic + " belongs to another project")
                : Optional.empty();
    }
}
