package io.millrace.codec;

import io.millrace.api.KafkaConnection;
import io.millrace.api.Names;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.PipelineSpec.ByCategories;
import io.millrace.api.PipelineSpec.ByDataSource;
import io.millrace.api.PipelineSpec.ByLogTopic;
import io.millrace.api.PipelineSpec.ByPipeline;
import io.millrace.api.PipelineSpec.Delivery;
import io.millrace.api.PipelineSpec.ErrorPolicy;
import io.millrace.api.PipelineSpec.From;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.PipelineSpec.Output;
import io.millrace.api.PipelineSpec.Selection;
import io.millrace.api.PipelineSpec.Start;
import io.millrace.api.PipelineSpec.Step;
import io.millrace.api.PipelineSpec.StreamOutput;
import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceName;
import io.millrace.api.ScaleSpec;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** {@code kind: Pipeline}; its steps are read by {@link StepCodec}. */
final class PipelineCodec implements KindCodec<PipelineSpec> {

    private static final int MAX_REPLY_TOPICS = 100_000;
    private static final int MAX_TASKS = 1_000;
    private static final Duration SHORTEST_AGE = Duration.ofMillis(10);
    private static final Duration LONGEST_IDLE = Duration.ofDays(1);
    private static final int MAX_ATTEMPTS = 100;
    private static final Duration MAX_BACKOFF = Duration.ofHours(1);
    private static final Map<String, Start> STARTS = Words.of(Start.values());
    private static final Map<String, Delivery> DELIVERIES = Words.of(Delivery.values());

    private final StepCodec steps = new StepCodec();

    @Override
    public Class<PipelineSpec> type() {
        return PipelineSpec.class;
    }

    @Override
    public PipelineSpec read(Fields spec) {
        From from = from(spec.required("from"));
        List<Step> read = steps(spec.optional("steps").items());
        List<Output> to =
                spec.required("to").filledItems().stream().map(PipelineCodec::output).toList();
        Delivery delivery = spec.optional("delivery").choice("delivery", DELIVERIES, Set.of());
        ErrorPolicy onError = onError(spec.optional("onError"));
        ScaleSpec scale = scale(spec.optional("scale"));
        if (delivery == Delivery.EXACTLY_ONCE) {
            refuseOutside(to, spec.optional("delivery"));
        }
        spec.later("sampling").rejectUnknown();
        return new PipelineSpec(from, read, to, delivery, onError, scale);
    }

    private List<Step> steps(List<Value> items) {
        var read = new ArrayList<Step>();
        for (Value item : items) {
            Step step = steps.read(item);
            if (step instanceof WindowStep && !read.isEmpty()) {
                item.problem(
                        "a window must be the first step: it is filled from the log after a restart,"
                                + " which holds what came in and not what a step made of it");
            }
            read.add(step);
        }
        return read;
    }

    /** A transaction spans the log and nothing else. */
    private static void refuseOutside(List<Output> to, Value delivery) {
        for (Output output : to) {
            boolean isInLog =
                    switch (output) {
                        case MqttOutput mqtt -> mqtt.topic().isEmpty(); // no output at all
                        case KafkaOutput kafka -> kafka.cluster().isEmpty();
                        case StreamOutput _ -> true;
                        case BucketOutput _ -> false;
                    };
            if (!isInLog) {
                delivery.problem(
                        "exactly-once needs outputs in the log itself: kafka without a cluster, or"
                                + " stream; mqtt, bucket and other clusters are at-least-once");
                return;
            }
        }
    }

    private static From from(Value value) {
        if (!value.isPresent()) {
            return new From(new ByCategories(Map.of()), Start.LATEST);
        }
        Fields fields = value.fields();
        String way =
                fields.oneOf("categories", "dataSource", "pipeline", "kafka").orElse("categories");
        Value chosen = fields.optional(way);
        Selection selection =
                switch (way) {
                    case "dataSource" -> dataSource(chosen);
                    case "pipeline" -> new ByPipeline(chosen.name("pipeline"));
                    case "kafka" -> logTopic(chosen);
                    default -> categories(chosen);
                };
        Start start = fields.optional("start").choice("start", STARTS, Set.of());
        fields.rejectUnknown();
        return new From(selection, start);
    }

    private static Selection logTopic(Value value) {
        Fields fields = value.fields();
        Value topic = fields.required("topic");
        String text = topic.filledText();
        if (!text.isBlank()) {
            Topics.problemOfFixedLog(text)
                    .or(() -> ReservedTopics.problem(text))
                    .ifPresent(topic::problem);
        }
        fields.rejectUnknown();
        return new ByLogTopic(text);
    }

    private static Selection categories(Value value) {
        var categories = new LinkedHashMap<String, List<String>>();
        value.map()
                .forEach((category, allowed) -> {
                    checkCategory(category, allowed);
                    List<Value> items = allowed.itemsOrOne();
                    if (!allowed.isPresent()) {
                        allowed.problem("expected a list of values, got nothing");
                    }
                    Value.refuseDuplicates("value", items);
                    categories.put(category, items.stream().map(Value::filledLooseText).toList());
                });
        if (value.isPresent() && value.map().isEmpty()) {
            value.problem("the map must name at least one category");
        }
        return new ByCategories(categories);
    }

    /** Notes when a category's name cannot be one. */
    static void checkCategory(String category, Value value) {
        Names.problem("category", category, Names.MAX_NAME_LENGTH).ifPresent(value::problem);
    }

    private static Selection dataSource(Value value) {
        Fields fields = value.fields();
        ResourceName name = fields.required("name").name("data source");
        List<Value> items = fields.optional("fields").items();
        Value.refuseDuplicates("field", items);
        List<ResourceName> names = items.stream().map(item -> item.name("field name")).toList();
        fields.rejectUnknown();
        return new ByDataSource(name, names);
    }

    private static Output output(Value value) {
        Fields fields = value.fields().later("http", "queue", "cloud");
        String way = fields.oneOf("mqtt", "kafka", "stream", "bucket").orElse("mqtt");
        Value target = fields.optional(way);
        if (!target.isPresent() && fields.declares(way) && !way.equals("stream")) {
            target.problem(way.equals("bucket") ? "missing 'bucket'" : "missing 'topic'");
        }
        Output output =
                switch (way) {
                    case "kafka" -> kafka(target);
                    case "stream" -> stream(target);
                    case "bucket" -> BucketOutputCodec.read(target);
                    default -> mqtt(target);
                };
        fields.rejectUnknown();
        return output;
    }

    private static Output mqtt(Value target) {
        if (!target.isPresent()) {
            return new MqttOutput("");
        }
        Fields settings = target.fields();
        String topic = topic(settings, Topics::problemOfOutput);
        Value qos = settings.optional("qos");
        var output =
                new MqttOutput(
                        topic,
                        ConnectionCodec.mqtt(settings),
                        qos.isPresent() ? qos.integer(0, 1) : 1,
                        settings.optional("retain").bool(false),
                        settings.optional("reply").bool(false));
        settings.rejectUnknown();
        return output;
    }

    private static Output kafka(Value target) {
        if (!target.isPresent()) {
            return new KafkaOutput("");
        }
        Fields settings = target.fields();
        Optional<KafkaConnection> cluster = ConnectionCodec.kafka(settings);
        List<String> readers = readers(settings, cluster);
        Value replyTopics = settings.optional("replyTopics");
        var output =
                new KafkaOutput(
                        topic(
                                settings,
                                cluster.isPresent()
                                        ? Topics::problemOfLog
                                        : Topics::problemOfKafka),
                        cluster,
                        settings.optional("reply").bool(false),
                        readers,
                        replyTopics.isPresent()
                                ? replyTopics.integer(0, MAX_REPLY_TOPICS)
                                : KafkaOutput.DEFAULT_REPLY_TOPICS,
                        settings.optional("key").bool(true));
        settings.rejectUnknown();
        return output;
    }

    /** Places are kept for them in a topic that is known before the first record. */
    private static List<String> readers(Fields settings, Optional<KafkaConnection> cluster) {
        Value value = settings.optional("readers");
        List<Value> groups = value.items();
        Value.refuseDuplicates("reader", groups);
        if (value.isPresent() && cluster.isPresent()) {
            value.problem("readers are known in the log itself only, not in other clusters");
        } else if (value.isPresent() && settings.optional("topic").looseText().indexOf('{') >= 0) {
            value.problem("readers need a topic without templates");
        }
        return groups.stream().map(Value::filledLooseText).toList();
    }

    private static Output stream(Value target) {
        if (target.isPresent()) {
            target.fields().rejectUnknown();
        }
        return new StreamOutput();
    }

    private static String topic(Fields settings, Function<String, Optional<String>> problem) {
        Value text = settings.required("topic");
        String topic = text.filledText();
        if (!topic.isBlank()) {
            problem.apply(topic).ifPresent(text::problem);
        }
        return topic;
    }

    private static ErrorPolicy onError(Value value) {
        ErrorPolicy otherwise = ErrorPolicy.DEFAULT;
        if (!value.isPresent()) {
            return otherwise;
        }
        Fields fields = value.fields();
        Value attempts = fields.optional("attempts");
        var policy =
                new ErrorPolicy(
                        attempts.isPresent()
                                ? attempts.integer(1, MAX_ATTEMPTS)
                                : otherwise.attempts(),
                        fields.optional("backoff")
                                .duration(otherwise.backoff(), Duration.ZERO, MAX_BACKOFF),
                        fields.optional("deadLetter").bool(otherwise.deadLetter()));
        fields.rejectUnknown();
        return policy;
    }

    private static ScaleSpec scale(Value value) {
        if (!value.isPresent()) {
            return ScaleSpec.ONE;
        }
        Fields fields = value.fields();
        Value min = fields.optional("min");
        int least = min.isPresent() ? min.integer(0, MAX_TASKS) : 1;
        Value max = fields.optional("max");
        int most = max.isPresent() ? max.integer(1, MAX_TASKS) : Math.max(1, least);
        if (most < least) {
            max.problem("max must not be less than min");
        }
        Value lag = fields.optional("lag");
        var scale =
                new ScaleSpec(
                        least,
                        most,
                        lag.isPresent() ? lag.integer(1, Integer.MAX_VALUE) : ScaleSpec.DEFAULT_LAG,
                        fields.optional("age")
                                .duration(ScaleSpec.DEFAULT_AGE, SHORTEST_AGE, LONGEST_IDLE),
                        fields.optional("idle")
                                .duration(ScaleSpec.DEFAULT_IDLE, SHORTEST_AGE, LONGEST_IDLE));
        fields.rejectUnknown();
        return scale;
    }

    @Override
    public MapNode write(PipelineSpec spec) {
        return Node.map()
                .put("from", write(spec.from()))
                .put("steps", Node.list(spec.steps().stream().map(steps::write).toList()))
                .put("to", Node.list(spec.to().stream().map(PipelineCodec::write).toList()))
                .put("delivery", Words.word(spec.delivery()))
                .put(
                        "onError",
                        Node.map()
                                .put("attempts", spec.onError().attempts())
                                .put("backoff", Durations.format(spec.onError().backoff()))
                                .put("deadLetter", spec.onError().deadLetter())
                                .build())
                .put("scale", write(spec.scale()))
                .build();
    }

    private static MapNode write(ScaleSpec scale) {
        var map = Node.map().put("min", scale.min()).put("max", scale.max());
        if (!scale.isFixed()) {
            map.put("lag", scale.lag())
                    .put("age", Durations.format(scale.age()))
                    .put("idle", Durations.format(scale.idle()));
        }
        return map.build();
    }

    private static MapNode write(From from) {
        var map = Node.map();
        switch (from.selection()) {
            case ByCategories(var categories) -> map.put("categories", Trees.textsMap(categories));
            case ByPipeline(var name) -> map.put("pipeline", name.value());
            case ByLogTopic(var topic) -> map.put("kafka", Node.map().put("topic", topic).build());
            case ByDataSource(var name, var fields) ->
                    map.put(
                            "dataSource",
                            Node.map()
                                    .put("name", name.value())
                                    .put(
                                            "fields",
                                            Node.texts(
                                                    fields.stream()
                                                            .map(ResourceName::value)
                                                            .toList()))
                                    .build());
        }
        return map.put("start", Words.word(from.start())).build();
    }

    private static MapNode write(Output output) {
        return switch (output) {
            case MqttOutput mqtt -> Node.map().put("mqtt", write(mqtt)).build();
            case KafkaOutput kafka -> Node.map().put("kafka", write(kafka)).build();
            case StreamOutput() -> Node.map().put("stream", Node.map().build()).build();
            case BucketOutput bucket ->
                    Node.map().put("bucket", BucketOutputCodec.write(bucket)).build();
        };
    }

    private static MapNode write(MqttOutput output) {
        var map = Node.map().put("topic", output.topic());
        output.broker().ifPresent(broker -> ConnectionCodec.write(broker, map));
        if (output.qos() != 1) {
            map.put("qos", output.qos());
        }
        if (output.isRetained()) {
            map.put("retain", true);
        }
        if (output.isReply()) {
            map.put("reply", true);
        }
        return map.build();
    }

    private static MapNode write(KafkaOutput output) {
        var map = Node.map().put("topic", output.topic());
        output.cluster().ifPresent(cluster -> ConnectionCodec.write(cluster, map));
        if (output.isReply()) {
            map.put("reply", true);
        }
        if (!output.readers().isEmpty()) {
            map.put("readers", Node.texts(output.readers()));
        }
        if (output.replyTopics() != KafkaOutput.DEFAULT_REPLY_TOPICS) {
            map.put("replyTopics", output.replyTopics());
        }
        if (!output.isKeyed()) {
            map.put("key", false);
        }
        return map.build();
    }
}
