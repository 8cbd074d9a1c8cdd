package io.millrace.codec;

import io.millrace.api.Names;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.ByCategories;
import io.millrace.api.PipelineSpec.ByDataSource;
import io.millrace.api.PipelineSpec.Delivery;
import io.millrace.api.PipelineSpec.ErrorPolicy;
import io.millrace.api.PipelineSpec.From;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.PipelineSpec.Output;
import io.millrace.api.PipelineSpec.Selection;
import io.millrace.api.PipelineSpec.Start;
import io.millrace.api.PipelineSpec.Step;
import io.millrace.api.ResourceName;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: Pipeline}; its steps are read by {@link StepCodec}. */
final class PipelineCodec implements KindCodec<PipelineSpec> {

    private static final int MAX_TASKS = 1_000;
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
        List<Step> read = spec.optional("steps").items().stream().map(steps::read).toList();
        List<Output> to =
                spec.required("to").filledItems().stream().map(PipelineCodec::output).toList();
        Delivery delivery =
                spec.optional("delivery").choice("delivery", DELIVERIES, Set.of("exactly-once"));
        ErrorPolicy onError = onError(spec.optional("onError"));
        int tasks = scale(spec.optional("scale"));
        spec.later("sampling").rejectUnknown();
        return new PipelineSpec(from, read, to, delivery, onError, tasks);
    }

    private static From from(Value value) {
        if (!value.isPresent()) {
            return new From(new ByCategories(Map.of()), Start.LATEST);
        }
        Fields fields = value.fields().later("pipeline", "kafka");
        String way = fields.oneOf("categories", "dataSource").orElse("categories");
        Value chosen = fields.optional(way);
        Selection selection = way.equals("dataSource") ? dataSource(chosen) : categories(chosen);
        Start start = fields.optional("start").choice("start", STARTS, Set.of());
        fields.rejectUnknown();
        return new From(selection, start);
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
        Fields fields = value.fields().later("bucket", "http", "queue", "stream", "cloud");
        String way = fields.oneOf("mqtt", "kafka").orElse("mqtt");
        boolean kafka = way.equals("kafka");
        Value target = fields.optional(way);
        String topic = "";
        if (target.isPresent()) {
            Fields settings = target.fields().later("url", "secret", "bootstrap", "qos", "retain");
            Value text = settings.required("topic");
            topic = text.filledText();
            if (!topic.isBlank()) {
                (kafka ? Topics.problemOfKafka(topic) : Topics.problemOfOutput(topic))
                        .ifPresent(text::problem);
            }
            settings.rejectUnknown();
        } else if (fields.declares(way)) {
            target.problem("missing 'topic'");
        }
        fields.rejectUnknown();
        return kafka ? new KafkaOutput(topic) : new MqttOutput(topic);
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

    private static int scale(Value value) {
        if (!value.isPresent()) {
            return 1;
        }
        Fields fields = value.fields();
        int least = fields.optional("min").integer(1, MAX_TASKS);
        Value max = fields.optional("max");
        int most = max.isPresent() ? max.integer(1, MAX_TASKS) : least;
        fields.optional("lag").integer(0, Integer.MAX_VALUE); // without effect while max is min
        if (most > least) {
            max.problem("scaling with load is not available in this version; use min alone");
        } else if (most < least) {
            max.problem("max must not be less than min");
        }
        fields.rejectUnknown();
        return least;
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
                .put("scale", Node.map().put("min", spec.tasks()).build())
                .build();
    }

    private static MapNode write(From from) {
        var map = Node.map();
        switch (from.selection()) {
            case ByCategories(var categories) -> map.put("categories", Trees.textsMap(categories));
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
            case MqttOutput(String topic) ->
                    Node.map().put("mqtt", Node.map().put("topic", topic).build()).build();
            case KafkaOutput(String topic) ->
                    Node.map().put("kafka", Node.map().put("topic", topic).build()).build();
        };
    }
}
