package io.millrace.kafkaml;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.codec.training.ControlMessage;
import io.millrace.codec.training.InputConfig;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /datasources}: datasets that senders announced. */
final class DataSourceCalls {

    /** As the reader of announcements labels what it makes. */
    static final String ANNOUNCED_FOR = "millrace.io/announced-for";

    static final String ANNOUNCED_AT = "millrace.io/announced-at";
    static final String ANNOUNCED_LIVE = "millrace.io/announced-live";

    /** What a client said of one that it only keeps: nobody who waits shall take it. */
    private static final String KEPT_FOR = "kafka-ml.millrace.io/deployment";

    private static final String CONTROL_TOPIC = "KAFKA_ML_CONTROL_TOPIC";
    private static final long PATIENCE_SECONDS = 30;

    private final Catalog catalog;
    private final StreamLog log;
    private final TimeSource time;

    DataSourceCalls(Catalog catalog, StreamLog log, TimeSource time) {
        this.catalog = catalog;
        this.log = log;
        this.time = time;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.datasets().stream()
                .filter(dataset -> ControlMessage.canSay(dataset.spec()))
                .forEach(dataset -> all.add(json(dataset)));
        return Answer.json(all);
    }

    /** Keeps one without telling anybody. */
    Answer create(Body body) {
        ControlMessage message = message(body);
        catalog.put(
                new Manifest<>(
                        catalog.freshKey(
                                Kind.DATASET,
                                "datasource-" + message.dataset().ranges().getFirst().topic()),
                        message.dataset().description(),
                        Map.of(KEPT_FOR, Long.toString(message.number())),
                        message.dataset()),
                true);
        return Answer.created();
    }

    /** Announces samples again, for a deployment that waits. */
    Answer send(Body body) {
        ControlMessage message = asAnnounced(message(body), body);
        if (catalog.deployments().stream()
                .noneMatch(d -> Catalog.number(d).orElse(-1) == message.number())) {
            throw Catalog.unknown("deployment", message.number());
        }
        String topic =
                catalog.project().equals(ProjectId.DEFAULT)
                        ? CONTROL_TOPIC
                        : catalog.project() + "." + CONTROL_TOPIC;
        append(topic, message);
        return Answer.done();
    }

    /** The form of clients does not ask whether more samples come: the first sender said it. */
    private ControlMessage asAnnounced(ControlMessage message, Body body) {
        if (body.fields().hasNonNull("incremental")) {
            return message;
        }
        boolean isLive =
                catalog.datasets().stream()
                        .filter(DataSourceCalls::isLive)
                        .anyMatch(dataset ->
                                dataset.spec().ranges().equals(message.dataset().ranges()));
        return new ControlMessage(message.number(), message.dataset(), isLive);
    }

    private static boolean isLive(Resource<DatasetSpec> dataset) {
        return Boolean.parseBoolean(dataset.metadata().labels().get(ANNOUNCED_LIVE));
    }

    private void append(String topic, ControlMessage message) {
        log.ensureTopics(Set.of(topic));
        var done = new CompletableFuture<Void>();
        log.append(
                new OutgoingRecord(
                        topic,
                        ControlMessage.key(message.number()),
                        message.value(),
                        List.of(),
                        time.epochMillis()),
                failure -> {
                    if (failure == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(failure);
                    }
                });
        try {
            done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the log did not take the message: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted", e);
        }
    }

    /** The body has the fields of a control message, and the deployment beside them. */
    private static ControlMessage message(Body body) {
        String text = body.text("deployment").strip();
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    Body.problem("deployment", "the number of a deployment is required").text(),
                    e);
        }
        if (number < 0) {
            throw Catalog.unknown("deployment", number);
        }
        return ControlMessage.parse(
                ControlMessage.key(number),
                body.fields().toString().getBytes(StandardCharsets.UTF_8));
    }

    private ObjectNode json(Resource<DatasetSpec> dataset) {
        DatasetSpec spec = dataset.spec();
        Map<String, String> labels = dataset.metadata().labels();
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", catalog.id(dataset))
                        .put("topic", ControlMessage.text(spec.ranges()));
        if (spec.unlabelled().isEmpty()) {
            json.putNull("unsupervised_topic");
        } else {
            json.put("unsupervised_topic", ControlMessage.text(spec.unlabelled()));
        }
        json.put("input_format", InputConfig.format(spec.decode()))
                .put("input_config", InputConfig.json(spec.decode(), spec.label()))
                .put("description", spec.description())
                .put("dataset_restrictions", "{}")
                .put("validation_rate", spec.split().validation())
                .put("test_rate", spec.split().test());
        if (spec.isClosed()) {
            json.put("total_msg", total(spec.ranges()));
        } else {
            json.putNull("total_msg");
        }
        return json.put("incremental", isLive(dataset))
                .put("time", Texts.seconds(announcedAt(dataset)))
                .put(
                        "deployment",
                        labels.getOrDefault(ANNOUNCED_FOR, labels.getOrDefault(KEPT_FOR, "")));
    }

    private static long total(List<TopicRange> ranges) {
        return ranges.stream().mapToLong(range -> range.end().orElse(0) - range.start()).sum();
    }

    private static Instant announcedAt(Resource<?> dataset) {
        String text = dataset.metadata().labels().get(ANNOUNCED_AT);
        try {
            return text == null ? dataset.metadata().createdAt() : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return dataset.metadata().createdAt();
        }
    }
}
