package io.millrace.control;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.Manifest;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.ByLogTopic;
import io.millrace.api.PipelineSpec.Delivery;
import io.millrace.api.PipelineSpec.ErrorPolicy;
import io.millrace.api.PipelineSpec.From;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.PipelineSpec.OneModel;
import io.millrace.api.PipelineSpec.Start;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.ScaleSpec;
import io.millrace.api.VersionRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model between two topics of the log, answering as {@code {"values": [...]}} with the headers of
 * the request and without its key.
 *
 * @param pipeline that does it
 * @param input where requests are
 * @param output where answers go
 * @param start where it begins to read
 * @param model that answers
 * @param version of it
 * @param decode how requests are written; empty for as the samples were
 * @param replicas how many tasks share the work
 * @param readers groups that shall get every answer although they come later
 */
public record TopicDeployment(
        ResourceKey pipeline,
        String input,
        String output,
        Start start,
        ResourceName model,
        VersionRef version,
        Optional<DecodeSpec> decode,
        int replicas,
        List<String> readers) {

    /** What clients of Kafka-ML read: the numbers of one answer, and nothing else. */
    public static final String ANSWER = "{\"values\": {{output}}}";

    public TopicDeployment {
        readers = List.copyOf(readers);
    }

    /** The pipeline that does it. */
    public Manifest<PipelineSpec> manifest() {
        var encode =
                new EncodeSpec(
                        EncodeSpec.Format.JSON, List.of(), 0, List.of(), Optional.of(ANSWER));
        return new Manifest<>(
                pipeline,
                "",
                Map.of(),
                new PipelineSpec(
                        new From(new ByLogTopic(input), start),
                        List.of(new ModelStep(new OneModel(model), version, decode, encode)),
                        List.of(
                                new KafkaOutput(
                                        output,
                                        Optional.empty(),
                                        false,
                                        readers,
                                        KafkaOutput.DEFAULT_REPLY_TOPICS,
                                        false)),
                        Delivery.AT_LEAST_ONCE,
                        ErrorPolicy.DEFAULT,
                        ScaleSpec.fixed(replicas)));
    }
}
