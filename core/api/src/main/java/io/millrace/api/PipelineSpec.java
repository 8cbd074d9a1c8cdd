package io.millrace.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What happens to the records of some streams.
 *
 * @param from which streams
 * @param steps functions and models, in order; may be empty
 * @param to where results go, at least one
 * @param delivery what is promised
 * @param onError what happens to a record that fails
 * @param tasks how many tasks share the work
 */
public record PipelineSpec(
        From from,
        List<Step> steps,
        List<Output> to,
        Delivery delivery,
        ErrorPolicy onError,
        int tasks)
        implements Spec {

    public PipelineSpec {
        steps = List.copyOf(steps);
        to = List.copyOf(to);
    }

    /**
     * Which streams a pipeline reads.
     *
     * @param selection how they are chosen
     * @param start where reading starts when the pipeline is new
     */
    public record From(Selection selection, Start start) {}

    /** Where a new pipeline starts to read. */
    public enum Start {
        /** With records that arrive after the pipeline was created. */
        LATEST,
        /** With the oldest that the log still has. */
        EARLIEST
    }

    /** How streams are chosen. */
    public sealed interface Selection {}

    /**
     * Every field of every data source of the project that carries the tags, also of sources added
     * later: different categories are ANDed, several values of one category are ORed.
     */
    public record ByCategories(Map<String, List<String>> categories) implements Selection {
        public ByCategories {
            categories = Map.copyOf(categories);
        }
    }

    /** Named fields of one data source; no field named means all. */
    public record ByDataSource(ResourceName name, List<ResourceName> fields) implements Selection {
        public ByDataSource {
            fields = List.copyOf(fields);
        }
    }

    /** One thing that is done to each record. */
    public sealed interface Step {}

    /** Calls a function with this pipeline's arguments. */
    public record FunctionStep(ResourceName name, Map<String, String> args) implements Step {
        public FunctionStep {
            args = Map.copyOf(args);
        }
    }

    /** Decodes the payload into a tensor, runs a model in-process and encodes its answer. */
    public record ModelStep(
            ResourceName name, VersionRef version, DecodeSpec decode, EncodeSpec encode)
            implements Step {}

    /** Where results go. */
    public sealed interface Output {}

    /**
     * Publishes to a topic of the embedded MQTT broker.
     *
     * @param topic may hold templates such as {@code {project}} or {@code {header.x}}
     */
    public record MqttOutput(String topic) implements Output {}

    /** Appends to a topic of the log that Kafka clients read. */
    public record KafkaOutput(String topic) implements Output {}

    /** What a pipeline promises. */
    public enum Delivery {
        AT_LEAST_ONCE
    }

    /**
     * What happens to a record that fails.
     *
     * @param attempts how often a step is tried in all when the failure may pass, at least 1
     * @param backoff the wait before the second attempt; it doubles with each further one
     * @param deadLetter whether it is kept in the dead-letter topic afterwards; else it is dropped
     *     and counted
     */
    public record ErrorPolicy(int attempts, Duration backoff, boolean deadLetter) {
        /** Three attempts, 200 ms apart at first, then the dead-letter topic. */
        public static final ErrorPolicy DEFAULT = new ErrorPolicy(3, Duration.ofMillis(200), true);
    }
}
