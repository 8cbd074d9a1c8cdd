package io.millrace.stream.dead;

import io.millrace.api.ResourceKey;
import io.millrace.spi.LogTopic;

/**
 * The topics of a pipeline's dead letters.
 *
 * @param dead the letters, append-only
 * @param settled what became of them, and the jobs
 * @param retries what the pipeline tries again
 */
record LetterTopics(String dead, String settled, String retries) {

    static LetterTopics of(ResourceKey pipeline) {
        return new LetterTopics(
                LogTopic.ofDeadLetters(pipeline.project(), pipeline.name()),
                LogTopic.ofSettledLetters(pipeline.project(), pipeline.name()),
                LogTopic.ofRetries(pipeline.project(), pipeline.name()));
    }
}
