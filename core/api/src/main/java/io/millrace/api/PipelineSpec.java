package io.millrace.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What happens to the records of some streams.
 *
 * @param from which streams
 * @param steps functions and models, in order; may be empty
 * @param to where results go, at least one
 * @param delivery what is promised
 * @param onError what happens to a record that fails
 * @param scale how many tasks share the work
 */
public record PipelineSpec(
        From from,
        List<Step> steps,
        List<Output> to,
        Delivery delivery,
        ErrorPolicy onError,
        ScaleSpec scale)
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

    /**
     * What another pipeline of the project answers. That pipeline has a {@link StreamOutput}.
     *
     * @param name of the other pipeline
     */
    public record ByPipeline(ResourceName name) implements Selection {}

    /**
     * A topic of the log that Kafka clients write to. No data source stands before it.
     *
     * @param topic of the log
     */
    public record ByLogTopic(String topic) implements Selection {}

    /** One thing that is done to each record. */
    public sealed interface Step {}

    /** Calls a function with this pipeline's arguments. */
    public record FunctionStep(ResourceName name, Map<String, String> args) implements Step {
        public FunctionStep {
            args = Map.copyOf(args);
        }
    }

    /**
     * Decodes the payload into a tensor, runs a model in-process and encodes its answer.
     *
     * @param choice which model
     * @param version which version of it
     * @param decode how payloads become its input; empty for as the model's version says
     * @param encode how its output becomes a payload
     */
    public record ModelStep(
            ModelChoice choice, VersionRef version, Optional<DecodeSpec> decode, EncodeSpec encode)
            implements Step {
        /** A step that says how it decodes. */
        public ModelStep(
                ModelChoice choice, VersionRef version, DecodeSpec decode, EncodeSpec encode) {
            this(choice, version, Optional.of(decode), encode);
        }

        /** A step that always calls the same model. */
        public ModelStep(
                ResourceName name, VersionRef version, DecodeSpec decode, EncodeSpec encode) {
            this(new OneModel(name), version, decode, encode);
        }

        /** The same, decoding so. */
        public ModelStep withDecode(DecodeSpec other) {
            return new ModelStep(choice, version, Optional.of(other), encode);
        }

        /**
         * How payloads become its input.
         *
         * @throws MillraceException when it says nothing and nobody has filled it in
         */
        public DecodeSpec decoding() {
            return decode.orElseThrow(() ->
                    MillraceException.internal(
                            "a step of model %s was not told how to decode".formatted(models()),
                            null));
        }

        /** All models that it may call. */
        public List<ResourceName> models() {
            return switch (choice) {
                case OneModel(ResourceName name) -> List.of(name);
                case SelectedModel selected -> selected.of();
            };
        }
    }

    /**
     * Has a model answer the payload as it answers a request over HTTP: with its transformer, when
     * it has one. The payload is the body of a V1 request, or what a transformer takes; what comes
     * back is the body of the answer.
     *
     * @param model its name
     * @param version which version of it
     */
    public record PredictStep(ResourceName model, VersionRef version) implements Step {}

    /** Which model a step calls. */
    public sealed interface ModelChoice {}

    /** Always the same. */
    public record OneModel(ResourceName name) implements ModelChoice {}

    /**
     * The one that the record names.
     *
     * @param selector what the record says, as in a {@link TopicTemplate}: {@code {model}} is a
     *     level of the topic, {@code {header.model}} a header
     * @param of those that may be named; any other is an error of the record
     */
    public record SelectedModel(String selector, List<ResourceName> of) implements ModelChoice {
        public SelectedModel {
            of = List.copyOf(of);
        }
    }

    /**
     * Gathers the readings of each series and gives the last ones, normalised, as one JSON object
     * of the prefix with 1 (the newest) to the size. Nothing leaves while a series has fewer.
     *
     * @param keys the fields of the payload that say which series it belongs to
     * @param value the field with the reading
     * @param time the field that says when it was taken; readings that come late take their place
     *     by it; empty for the order of arrival
     * @param unit of the time
     * @param size how many readings make a window
     * @param offset is subtracted from each reading
     * @param divisor then divides it, not 0
     * @param prefix of the fields that are given
     * @param gap the longest time between two readings of one window; a longer one begins anew
     * @param lookback how far before its first record the window is filled from the log after a
     *     restart
     */
    public record WindowStep(
            List<String> keys,
            String value,
            Optional<String> time,
            TimeUnit unit,
            int size,
            double offset,
            double divisor,
            String prefix,
            Optional<Duration> gap,
            Duration lookback)
            implements Step {
        public WindowStep {
            keys = List.copyOf(keys);
        }
    }

    /** Where results go. */
    public sealed interface Output {}

    /**
     * Publishes to a topic of an MQTT broker.
     *
     * @param topic may hold templates such as {@code {project}}, {@code {tenant}} or {@code
     *     {header.x}}
     * @param broker another one; empty for the embedded broker
     * @param qos 0 or 1
     * @param isRetained whether the broker keeps the last message for later subscribers
     * @param isReply whether a response topic that came with the request is answered on, instead
     */
    public record MqttOutput(
            String topic,
            Optional<MqttConnection> broker,
            int qos,
            boolean isRetained,
            boolean isReply)
            implements Output {
        /** To the embedded broker at QoS 1. */
        public MqttOutput(String topic) {
            this(topic, Optional.empty(), 1, false, false);
        }
    }

    /**
     * Appends to a topic that Kafka clients read.
     *
     * @param topic may hold templates
     * @param cluster another one; empty for the log itself
     * @param isReply whether a reply topic that came with the request is answered on, instead
     * @param readers consumer groups that shall get every answer although they begin to read at the
     *     end and may come late; only for the log itself
     * @param replyTopics how many topics of the log may be made because requests name them; those
     *     that exist are answered on in any case
     * @param isKeyed whether answers carry the key of their request; without it they have no order
     *     among each other when the topic has several partitions
     */
    public record KafkaOutput(
            String topic,
            Optional<KafkaConnection> cluster,
            boolean isReply,
            List<String> readers,
            int replyTopics,
            boolean isKeyed)
            implements Output {
        /** The topics that senders may have made, unless an output says otherwise. */
        public static final int DEFAULT_REPLY_TOPICS = 100;

        public KafkaOutput {
            readers = List.copyOf(readers);
        }

        /** Whose answers carry the key of their request. */
        public KafkaOutput(
                String topic,
                Optional<KafkaConnection> cluster,
                boolean isReply,
                List<String> readers,
                int replyTopics) {
            this(topic, cluster, isReply, readers, replyTopics, true);
        }

        /** Whose readers look after themselves, with as many reply topics as are customary. */
        public KafkaOutput(String topic, Optional<KafkaConnection> cluster, boolean isReply) {
            this(topic, cluster, isReply, List.of(), DEFAULT_REPLY_TOPICS);
        }

        /** To the log itself. */
        public KafkaOutput(String topic) {
            this(topic, Optional.empty(), false);
        }
    }

    /**
     * Puts answers into a bucket, or copies, moves or deletes the object that a record is about.
     *
     * @param action what is done
     * @param bucket where; may hold templates such as {@code digit-{label}}. Ignored by {@code
     *     DELETE}
     * @param key under which; may hold templates. Ignored by {@code DELETE}
     * @param store another one; empty for the store that the object came from, and for the embedded
     *     one when the record is about none
     * @param isMadeOnDemand whether a bucket that is missing is made
     * @param batch several answers in one object; empty for one object each
     */
    public record BucketOutput(
            BucketAction action,
            String bucket,
            String key,
            Optional<BucketConnection> store,
            boolean isMadeOnDemand,
            Optional<BucketBatch> batch)
            implements Output {
        /** One object for each answer, as {@code action} says. */
        public BucketOutput(BucketAction action, String bucket, String key) {
            this(action, bucket, key, Optional.empty(), true, Optional.empty());
        }
    }

    /** What an output does in a bucket. */
    public enum BucketAction {
        /** Stores the answer. */
        PUT,
        /** Copies the object that the record is about. */
        COPY,
        /** Copies it and deletes it where it was. */
        MOVE,
        /** Deletes it. */
        DELETE
    }

    /**
     * Several answers in one object. It is stored when either limit is reached; until then none of
     * its records counts as done.
     *
     * @param format of the object
     * @param records the most that it holds
     * @param time after which it is stored in any case
     */
    public record BucketBatch(BatchFormat format, int records, Duration time) {
        /** Records of a batch unless an output says otherwise. */
        public static final int DEFAULT_RECORDS = 10_000;

        /** How long a batch is gathered unless an output says otherwise. */
        public static final Duration DEFAULT_TIME = Duration.ofSeconds(60);
    }

    /** What an object with several answers looks like. */
    public enum BatchFormat {
        /** One answer a line. */
        JSON,
        /** One answer a line, the names of its fields in the first. */
        CSV,
        /** Columns, for what analyses them. */
        PARQUET
    }

    /**
     * Keeps the answers in the log under the pipeline's own name: other pipelines read them, and a
     * replay compares with them.
     */
    public record StreamOutput() implements Output {}

    /** What a pipeline promises. */
    public enum Delivery {
        /** Nothing is lost; after a fault some records may be answered twice. */
        AT_LEAST_ONCE,
        /** Nothing is lost or answered twice: only for outputs to the log itself. */
        EXACTLY_ONCE
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
