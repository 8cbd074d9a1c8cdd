package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.ProjectId;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the topics of the log that come to be because requests name them for their answers. All
 * tasks of a pipeline share what it has made. Safe from any thread.
 */
final class ReplyTopics {

    private final ConcurrentHashMap<Owner, Set<String>> made = new ConcurrentHashMap<>();

    private record Owner(ProjectId project, KafkaOutput output) {}

    /**
     * Allows that an output makes a topic, which then counts.
     *
     * @throws MillraceException {@code TOO_LARGE} when it has made as many as it may
     */
    void allow(ProjectId project, KafkaOutput output, String topic) {
        Set<String> topics = made.computeIfAbsent(new Owner(project, output), _ -> new HashSet<>());
        synchronized (topics) {
            if (topics.size() >= output.replyTopics() && !topics.contains(topic)) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        ("there is no topic \"%s\", and %d topics were made for answers of this"
                                        + " output, which is all it may (replyTopics): create the"
                                        + " topic, or raise replyTopics, then redrive")
                                .formatted(topic, topics.size()));
            }
            topics.add(topic);
        }
    }
}
