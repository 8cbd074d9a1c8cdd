package io.millrace.kafkaml;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ReservedTopics;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.VersionRef;
import io.millrace.codec.training.InputConfig;
import io.millrace.control.TopicDeployment;
import io.millrace.kafkaml.Catalog.Result;
import io.millrace.spi.LogTopic;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /inferences}: pipelines from a topic through a trained model to a topic. */
final class InferenceCalls {

    private static final String PIPELINE = "pipeline";
    private static final String STATUS = "status";
    private static final String DEPLOYED = "deployed";
    private static final int MAX_REPLICAS = 64;
    private static final List<String> NOT_HERE =
            List.of(
                    "input_kafka_broker",
                    "output_kafka_broker",
                    "upper_kafka_broker",
                    "external_host",
                    "token",
                    "output_upper");
    private static final List<String> SAID =
            List.of(
                    "input_format",
                    "input_config",
                    "input_topic",
                    "output_topic",
                    "output_upper",
                    "input_kafka_broker",
                    "output_kafka_broker",
                    "upper_kafka_broker",
                    "external_host",
                    "token");

    private final Catalog catalog;
    private final Ledger ledger;
    private final ResultCalls results;
    private final TrainedModels models;
    private final TimeSource time;

    InferenceCalls(
            Catalog catalog,
            Ledger ledger,
            ResultCalls results,
            TrainedModels models,
            TimeSource time) {
        this.catalog = catalog;
        this.ledger = ledger;
        this.results = results;
        this.models = models;
        this.time = time;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        ledger.inferences().forEach(inference -> all.add(json(inference)));
        return Answer.json(all);
    }

    Answer show(int id) {
        return Answer.json(json(find(id)));
    }

    private ObjectNode find(int id) {
        return ledger.inferences().stream()
                .filter(inference -> inference.path("id").asInt() == id)
                .findFirst()
                .orElseThrow(() -> Catalog.unknown("inference", id));
    }

    /** What a form for a new one is filled with. */
    Answer suggestion(int resultId) {
        Result result = catalog.result(resultId);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        Optional<ObjectNode> latest =
                ledger.inferences().stream()
                        .filter(i -> i.path("model_result").asInt() == resultId)
                        .findFirst();
        if (latest.isPresent()) {
            return Answer.json(
                    json.put("input_format", latest.get().path("input_format").asString(""))
                            .put("input_config", latest.get().path("input_config").asString("")));
        }
        Optional<DatasetSpec> dataset =
                result.run()
                        .flatMap(run ->
                                catalog.image()
                                        .find(
                                                ResourceKey.of(
                                                        Kind.DATASET,
                                                        catalog.project(),
                                                        run.spec().dataset()),
                                                DatasetSpec.class))
                        .map(Resource::spec);
        return Answer.json(
                json.put(
                                "input_format",
                                dataset.map(d -> InputConfig.format(d.decode())).orElse(""))
                        .put(
                                "input_config",
                                dataset.map(d -> InputConfig.json(d.decode(), d.label()))
                                        .orElse("")));
    }

    Answer create(int resultId, Body body) {
        Result result = catalog.result(resultId);
        Resource<TrainingRunSpec> run = results.finishedRun(result);
        for (String field : NOT_HERE) {
            if (!body.text(field).isEmpty()) {
                throw Body.problem(
                        field, "other clusters and chains of models are not available here");
            }
        }
        // Says when to ask the next model of a chain: without one it says nothing.
        OptionalDouble limit = body.decimal("limit");
        String input = topic(body, "input_topic");
        String output = topic(body, "output_topic");
        if (input.equals(output)) {
            throw Body.problem("output_topic", "answers cannot go where the requests come from");
        }
        int replicas = body.number("replicas").orElse(1);
        if (replicas < 1 || replicas > MAX_REPLICAS) {
            throw Body.problem("replicas", "expected 1 to " + MAX_REPLICAS);
        }
        DecodeSpec decode =
                InputConfig.parse(body.text("input_format"), body.requiredText("input_config"))
                        .decode();
        TrainedModels.Version version = models.version(result, run);
        ResourceKey pipeline =
                catalog.freshKey(Kind.PIPELINE, "inference-" + version.model() + "-" + resultId);
        var deployment =
                new TopicDeployment(
                        pipeline,
                        input,
                        output,
                        PipelineSpec.Start.EARLIEST,
                        version.model(),
                        new VersionRef.Numbered(version.number()),
                        Optional.of(decode),
                        replicas,
                        body.texts("readers"));
        catalog.put(deployment.manifest(), true);
        remember(resultId, body, replicas, limit, pipeline.name());
        return Answer.done();
    }

    private static String topic(Body body, String field) {
        String topic = body.requiredText(field).strip();
        try {
            LogTopic.requireValid(topic);
        } catch (MillraceException e) {
            throw new MillraceException(ErrorCode.INVALID, Body.problem(field, e.text()).text(), e);
        }
        ReservedTopics.problem(topic)
                .ifPresent(problem -> {
                    throw Body.problem(field, problem);
                });
        return topic;
    }

    private void remember(
            int result, Body body, int replicas, OptionalDouble limit, ResourceName pipeline) {
        ObjectNode kept =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("model_result", result)
                        .put(STATUS, DEPLOYED)
                        .put("status_changed", Texts.time(time.now()))
                        .put("time", Texts.time(time.now()))
                        .put("replicas", replicas)
                        .put("gpumem", body.whole("gpumem").orElse(0))
                        .put(PIPELINE, pipeline.value());
        if (limit.isPresent()) {
            kept.put("limit", limit.getAsDouble());
        } else {
            kept.putNull("limit");
        }
        SAID.forEach(field -> kept.put(field, body.text(field)));
        ledger.addInference(kept);
    }

    Answer stop(int id) {
        ObjectNode inference = find(id);
        if (isDeployed(inference)) {
            catalog.delete(key(inference));
        }
        ledger.changeInference(
                id,
                kept ->
                        kept.put(STATUS, ResultCalls.STOPPED)
                                .put("status_changed", Texts.time(time.now())));
        return Answer.done();
    }

    Answer delete(int id) {
        if (isDeployed(find(id))) {
            throw MillraceException.invalid("Inference is deployed; stop it first");
        }
        ledger.removeInference(id);
        return Answer.deleted();
    }

    private ResourceKey key(ObjectNode inference) {
        return ResourceKey.of(
                Kind.PIPELINE, catalog.project(), inference.path(PIPELINE).asString(""));
    }

    /** One whose pipeline somebody else has deleted is a stopped one. */
    private boolean isDeployed(ObjectNode inference) {
        return inference.path(STATUS).asString("").equals(DEPLOYED)
                && catalog.image().find(key(inference)).isPresent();
    }

    private ObjectNode json(ObjectNode kept) {
        ObjectNode json = kept.deepCopy();
        json.put(STATUS, isDeployed(kept) ? DEPLOYED : ResultCalls.STOPPED);
        json.remove(PIPELINE);
        int resultId = kept.path("model_result").asInt();
        ObjectNode result = json.putObject("model_result").put("id", resultId);
        catalog.results().stream()
                .filter(each -> catalog.id(each) == resultId)
                .findFirst()
                .ifPresent(found ->
                        result.putObject("model")
                                .put("id", catalog.id(found.definition()))
                                .put("name", Catalog.shownName(found.definition())));
        return json;
    }
}
