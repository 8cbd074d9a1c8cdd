package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.ResourceKey;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the topics of the log that come to be because requests name them for their answers. All
 * tasks of a pipeline share what it has made, and so do those that follow when it is edited. Safe
 * from any thread.
 */
final class ReplyTopics {

    private final ConcurrentHashMap<Owner, Set<String>> made = new ConcurrentHashMap<>();

    private record Owner(ResourceKey pipeline, int output) {}

    /**
     * Allows that an output makes a topic, which then counts.
     *
     * @param index of the output in its pipeline
     * @throws MillraceException {@code TOO_LARGE} when it has made as many as it may
     */
    void allow(ResourceKey pipeline, int index, KafkaOutput output, String topic) {
        Set<String> topics = made.computeIfAbsent(new Owner(pipeline, index), _ -> new HashSet<>());
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

    /** A pipeline is deleted: one of its name that comes later has a budget of its own. */
    void forget(ResourceKey pipeline) {
        made.keySet().removeIf(owner -> owner.pipeline().equals(pipeline));
    }
}
