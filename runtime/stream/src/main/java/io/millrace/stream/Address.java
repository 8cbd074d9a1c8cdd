package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the answers of one output go: to the topic that the request asks for, where the output
 * replies and the request does so, else to the declared one.
 */
final class Address {

    /** How Kafka's request and reply clients customarily name the topic they listen to. */
    private static final String KAFKA_REPLY_TOPIC = "kafka_replyTopic";

    private final Target declared;
    private final @Nullable String constant;
    private final List<String> replyHeaders;

    private Address(Target declared, @Nullable String constant, List<String> replyHeaders) {
        this.declared = declared;
        this.constant = constant;
        this.replyHeaders = replyHeaders;
    }

    /** What an output declares, ready to be filled in by records. */
    @FunctionalInterface
    interface Target {
        /**
         * The destination of what is made of a record.
         *
         * @throws MillraceException {@code INVALID} when record or answer lack what is named
         */
        String of(LogRecord record, AnswerText answer);
    }

    /**
     * The address of an output of a pipeline.
     *
     * @param answers learns which fields of answers are needed
     * @throws MillraceException {@code INVALID} when its template names what does not exist
     */
    static Address of(PipelineSpec.Output output, ResourceKey pipeline, SliceAnswers answers) {
        if (output instanceof PipelineSpec.BucketOutput bucket) {
            return new Address(ObjectPlace.of(bucket, pipeline, answers), null, List.of());
        }
        Template topic = Template.parse(text(output, pipeline), pipeline, answers);
        return new Address(
                topic::expand, topic.isConstant() ? topic.text() : null, replyHeaders(output));
    }

    /** As declared, templates not filled in. */
    static String text(PipelineSpec.Output output, ResourceKey pipeline) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt -> mqtt.topic();
            case PipelineSpec.KafkaOutput kafka -> kafka.topic();
            case PipelineSpec.StreamOutput() ->
                    LogTopic.ofStream(pipeline.project(), pipeline.name());
            case PipelineSpec.BucketOutput bucket ->
                    bucket.action() == PipelineSpec.BucketAction.DELETE
                            ? "{bucket}/{key}"
                            : bucket.bucket() + "/" + bucket.key();
        };
    }

    private static List<String> replyHeaders(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt when mqtt.isReply() ->
                    List.of(HeaderNames.REPLY_TOPIC);
            case PipelineSpec.KafkaOutput kafka when kafka.isReply() ->
                    List.of(HeaderNames.REPLY_TOPIC, KAFKA_REPLY_TOPIC);
            default -> List.of();
        };
    }

    /**
     * The destination of the answers to a record.
     *
     * @throws MillraceException {@code INVALID} when record or answer lack what is named
     */
    String of(LogRecord record, AnswerText answer) {
        String asked = asked(record);
        return asked == null ? declared(record, answer) : asked;
    }

    /** The destination that a record asks for; null when its answers go to the declared one. */
    @Nullable String asked(LogRecord record) {
        for (int i = 0; i < replyHeaders.size(); i++) {
            @Nullable String asked = Header.find(record.headers(), replyHeaders.get(i));
            if (asked != null && !asked.isEmpty()) {
                return asked.equals(constant) ? null : asked;
            }
        }
        return null;
    }

    /**
     * The declared destination of the answers to a record.
     *
     * @throws MillraceException {@code INVALID} when record or answer lack what is named
     */
    String declared(LogRecord record, AnswerText answer) {
        return declared.of(record, answer);
    }
}
