package io.millrace.codec.kserve;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.KafkaConnection;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Names;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.ScaleSpec;
import io.millrace.api.Scope;
import io.millrace.api.Spec;
import io.millrace.api.VersionRef;
import io.millrace.codec.Fields;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import io.millrace.codec.kserve.KServeResources.Translated;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code KafkaSource} with a service as its sink: a data source of its topics and a pipeline that
 * has the model answer each record.
 */
final class KafkaSourceReader {

    private static final Pattern MODEL_PATH = Pattern.compile("/v1/models/([^/:]+)(:|%3A)predict");
    private static final int MAX_RETRY = 99;
    private static final int MAX_CONSUMERS = 100;
    private static final Duration MOST_BACKOFF = Duration.ofMinutes(10);

    private final Head head;
    private final Surroundings surroundings;
    private final Notes notes;

    KafkaSourceReader(Head head, Surroundings surroundings, Notes notes) {
        this.head = head;
        this.surroundings = surroundings;
        this.notes = notes;
    }

    List<Translated> read(Value root, boolean isFormOf2019) {
        Fields fields = root.fields();
        for (String known : List.of("apiVersion", "kind", "metadata", "status")) {
            fields.optional(known);
        }
        Value spec = fields.required("spec");
        fields.rejectUnknown();
        var section = new Section(spec, KafkaSourceTables.SPEC, notes);
        Value servers = section.required("bootstrapServers");
        Value topics = section.required("topics");
        Value group = section.optional("consumerGroup");
        Value offset = section.optional("initialOffset");
        Value consumers = section.optional("consumers");
        net(section.optional("net"));
        PipelineSpec.ErrorPolicy onError = delivery(section.optional("delivery"));
        Value sink = section.required("sink");
        Optional<ResourceName> model = model(sink);
        section.end();
        PipelineSpec.Start start = start(offset, isFormOf2019);
        DataSourceSpec.Connection connection = connection(servers, group);
        if (connection instanceof DataSourceSpec.ExternalKafka
                && start == PipelineSpec.Start.LATEST) {
            notes.warn(
                    offset.isPresent() ? offset : topics,
                    "'initialOffset: latest' has no effect with another cluster: the first copy takes"
                            + " all records that its topics still have");
        }
        List<String> names = words(topics);
        if (names.isEmpty() || model.isEmpty()) {
            return List.of();
        }
        var source = new DataSourceSpec(connection, sourceFields(names), Map.of());
        var pipeline =
                new PipelineSpec(
                        new PipelineSpec.From(
                                new PipelineSpec.ByDataSource(head.name(), List.of()), start),
                        List.of(
                                new PipelineSpec.PredictStep(
                                        model.get(), new VersionRef.Serving())),
                        List.of(new PipelineSpec.StreamOutput()),
                        PipelineSpec.Delivery.AT_LEAST_ONCE,
                        onError,
                        scale(consumers));
        return List.of(
                translated(
                        Kind.DATA_SOURCE,
                        source,
                        Map.of(
                                "", "",
                                "/spec/kafka", servers.pointer(),
                                "/spec/fields", topics.pointer())),
                translated(Kind.PIPELINE, pipeline, Map.of("", "", "/spec/steps", sink.pointer())));
    }

    private <S extends Spec> Translated translated(Kind kind, S spec, Map<String, String> origins) {
        var key = new ResourceKey(kind, new Scope.InProject(head.project()), head.name());
        return new Translated(
                new Manifest<>(key, "", head.labels(), spec), notes.document(), origins);
    }

    /** A list, or one text with commas as in 2019. */
    private static List<String> words(Value value) {
        if (!value.isPresent()) {
            return List.of();
        }
        if (value.isScalar()) {
            return Arrays.stream(value.looseText().split(","))
                    .map(String::strip)
                    .filter(text -> !text.isEmpty())
                    .toList();
        }
        return value.items().stream().map(Value::filledText).filter(t -> !t.isBlank()).toList();
    }

    private DataSourceSpec.Connection connection(Value servers, Value group) {
        List<String> addresses = words(servers);
        if (!addresses.isEmpty() && addresses.stream().allMatch(surroundings::isOwnLog)) {
            if (group.isPresent()) {
                notes.warn(
                        group,
                        "'consumerGroup' has no effect: the topics are the log's own, and the"
                                + " pipeline reads them in a group of its own");
            }
            return new DataSourceSpec.LogTopics();
        }
        for (String address : addresses) {
            if (!address.matches("[^,:\\s]+:\\d{1,5}")) {
                servers.problem(
                        "expected host:port, got '" + ForeignDocuments.shown(address) + "'");
            }
        }
        return new DataSourceSpec.ExternalKafka(
                new KafkaConnection(
                        String.join(",", addresses),
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        Map.of()),
                group.isPresent() ? Optional.of(group.filledText()) : Optional.empty());
    }

    private static List<DataSourceSpec.Field> sourceFields(List<String> topics) {
        var fields = new ArrayList<DataSourceSpec.Field>();
        for (String topic : topics) {
            boolean isName = Names.problem("", topic, Names.MAX_NAME_LENGTH).isEmpty();
            String name = isName ? topic : "topic-" + (fields.size() + 1);
            fields.add(new DataSourceSpec.Field(new ResourceName(name), topic, Map.of()));
        }
        return fields;
    }

    private static PipelineSpec.Start start(Value offset, boolean isFormOf2019) {
        if (!offset.isPresent()) {
            return isFormOf2019 ? PipelineSpec.Start.EARLIEST : PipelineSpec.Start.LATEST;
        }
        return switch (offset.filledText()) {
            case "earliest", "oldest" -> PipelineSpec.Start.EARLIEST;
            case "latest", "newest" -> PipelineSpec.Start.LATEST;
            default -> {
                offset.problem("expected earliest or latest");
                yield PipelineSpec.Start.LATEST;
            }
        };
    }

    private static ScaleSpec scale(Value consumers) {
        int most = consumers.isPresent() ? consumers.integer(1, MAX_CONSUMERS) : 1;
        return new ScaleSpec(
                1, most, ScaleSpec.DEFAULT_LAG, ScaleSpec.DEFAULT_AGE, ScaleSpec.DEFAULT_IDLE);
    }

    private static void net(Value net) {
        for (String way : List.of("sasl", "tls")) {
            Value settings = net.isPresent() ? net.map().get(way) : null;
            if (settings != null && settings.fields().optional("enable").bool(false)) {
                settings.problem(
                        "'net.%s' is not available: declare a DataSource with kafka {bootstrap, secret, mechanism, tls} and a Pipeline instead"
                                .formatted(way));
            }
        }
    }

    private PipelineSpec.ErrorPolicy delivery(Value delivery) {
        PipelineSpec.ErrorPolicy standard = PipelineSpec.ErrorPolicy.DEFAULT;
        if (!delivery.isPresent()) {
            return standard;
        }
        var section = new Section(delivery, KafkaSourceTables.DELIVERY, notes);
        Value retry = section.optional("retry");
        Value backoff = section.optional("backoffDelay");
        var policy =
                new PipelineSpec.ErrorPolicy(
                        retry.isPresent() ? 1 + retry.integer(0, MAX_RETRY) : standard.attempts(),
                        backoff.isPresent() ? duration(backoff) : standard.backoff(),
                        true);
        section.end();
        return policy;
    }

    private static Duration duration(Value value) {
        try {
            Duration duration = Duration.parse(value.filledText());
            if (!duration.isNegative() && duration.compareTo(MOST_BACKOFF) <= 0) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // said below, with the value
        }
        value.problem("expected a duration such as PT0.3S, at most PT10M");
        return Duration.ZERO;
    }

    private Optional<ResourceName> model(Value sink) {
        if (!sink.isPresent()) {
            return Optional.empty();
        }
        var section = new Section(sink, KafkaSourceTables.SINK, notes);
        Value ref = section.optional("ref");
        Value uri = section.optional("uri");
        section.end();
        if (uri.isPresent()) {
            Matcher path = MODEL_PATH.matcher(uri.filledText());
            if (path.find()) {
                return Optional.of(new ResourceName(path.group(1)));
            }
            if (!ref.isPresent()) {
                uri.problem(
                        "expected an address that ends in /v1/models/<model>:predict: records go to"
                                + " models only");
                return Optional.empty();
            }
        }
        if (!ref.isPresent()) {
            sink.problem("missing 'ref' or 'uri'");
            return Optional.empty();
        }
        Map<String, Value> fields = ref.map();
        Value kind = fields.get("kind");
        Value name = fields.get("name");
        if (kind != null && kind.looseText().equals("InferenceService") && name != null) {
            return Optional.of(name.name("name"));
        }
        ref.problem(
                "a sink is an InferenceService here, or has a uri /v1/models/<model>:predict; brokers"
                        + " and channels are not available");
        return Optional.empty();
    }
}
