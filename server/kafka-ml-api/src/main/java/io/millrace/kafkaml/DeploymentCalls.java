package io.millrace.kafkaml;

import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.api.OnlineSpec;
import io.millrace.api.Resource;
import io.millrace.api.SemiSupervisedSpec;
import io.millrace.api.TimeSource;
import io.millrace.api.TrainingSettings;
import io.millrace.codec.training.PythonLiterals;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /deployments}: experiments that wait for samples of their number. */
final class DeploymentCalls {

    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final List<String> NOT_HERE = List.of("federated", "distributed", "blockchain");
    private static final List<String> TEXTS =
            List.of("tf_kwargs_fit", "tf_kwargs_val", "pth_kwargs_fit", "pth_kwargs_val");

    private final Catalog catalog;
    private final ResultCalls results;
    private final TimeSource time;

    DeploymentCalls(Catalog catalog, ResultCalls results, TimeSource time) {
        this.catalog = catalog;
        this.results = results;
        this.time = time;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.deployments().forEach(deployment -> all.add(json(deployment)));
        return Answer.json(all);
    }

    /** The number in this path is that of a configuration. */
    Answer ofConfiguration(int configuration) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.deploymentsOf(catalog.configuration(configuration))
                .forEach(deployment -> all.add(json(deployment)));
        return Answer.json(all);
    }

    Answer create(Body body) {
        for (String feature : NOT_HERE) {
            if (body.flag(feature)) {
                throw MillraceException.invalid(feature + " training is not available here");
            }
        }
        int id = body.number("configuration").orElseThrow(() -> required("configuration"));
        Resource<ExperimentSpec> configuration = catalog.configuration(id);
        ExperimentSpec spec = spec(configuration, body);
        Resource<ExperimentSpec> made =
                catalog.put(
                        new Manifest<>(
                                catalog.freshKey(
                                        Kind.EXPERIMENT,
                                        configuration.key().name().value() + "-run"),
                                Catalog.shownName(configuration),
                                Map.of(
                                        Catalog.CONFIGURATION,
                                        configuration.metadata().uid(),
                                        Catalog.REQUEST,
                                        body.fields().toString()),
                                spec),
                        true);
        awaitNumber(made);
        return Answer.created();
    }

    private static MillraceException required(String field) {
        return Body.problem(field, "this field is required");
    }

    private ExperimentSpec spec(Resource<ExperimentSpec> configuration, Body body) {
        List<Library> libraries =
                catalog.definitions().stream()
                        .filter(d -> configuration.spec().definitions().contains(d.key().name()))
                        .map(d -> d.spec().library())
                        .distinct()
                        .toList();
        if (libraries.size() > 1) {
            throw MillraceException.invalid(
                    "the configuration has models of both frameworks, whose arguments differ; put them into configurations of their own");
        }
        String prefix = libraries.contains(Library.PYTORCH) ? "pth_" : "tf_";
        boolean isEndless = body.flag("indefinite");
        Optional<OnlineSpec> online =
                body.flag("incremental") || isEndless
                        ? Optional.of(online(body, isEndless))
                        : Optional.empty();
        Optional<SemiSupervisedSpec> semiSupervised =
                body.flag("unsupervised")
                        ? Optional.of(
                                new SemiSupervisedSpec(
                                        body.number("unsupervised_rounds").orElse(5),
                                        body.decimal("confidence").orElse(0.9)))
                        : Optional.empty();
        return new ExperimentSpec(
                configuration.spec().definitions(),
                new TrainingSettings(
                        body.number("batch").orElse(1),
                        arguments(body, prefix + "kwargs_fit", "kwargs_fit"),
                        arguments(body, prefix + "kwargs_val", "kwargs_val"),
                        0,
                        body.flag("conf_mat_settings"),
                        TrainingSettings.DEFAULT_TIMEOUT,
                        TrainingSettings.DEFAULT_MEMORY),
                Optional.empty(),
                true,
                online,
                semiSupervised,
                Optional.empty());
    }

    private static OnlineSpec online(Body body, boolean isEndless) {
        String metric = body.text("monitoring_metric");
        return new OnlineSpec(
                isEndless
                        ? Optional.empty()
                        : Optional.of(
                                Duration.ofMillis(body.whole("stream_timeout").orElse(60_000))),
                metric.isEmpty()
                        ? Optional.empty()
                        : Optional.of(metric.startsWith("val_") ? metric : "val_" + metric),
                body.text("change").equals("up"),
                body.decimal("improvement").orElse(0.05));
    }

    /** The first generation has one field for every framework. */
    private static Map<String, String> arguments(Body body, String name, String olderName) {
        String field = body.text(name).isEmpty() ? olderName : name;
        try {
            return PythonLiterals.arguments(body.text(field));
        } catch (MillraceException e) {
            throw new MillraceException(ErrorCode.INVALID, Body.problem(field, e.text()).text(), e);
        }
    }

    /** Clients list right after, and expect what they made. */
    private void awaitNumber(Resource<ExperimentSpec> made) {
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        while (time.nanoTime() - deadline < 0) {
            boolean isNumbered =
                    catalog.image()
                            .find(made.key())
                            .filter(found -> Catalog.number(found).isPresent())
                            .isPresent();
            if (isNumbered) {
                return;
            }
            time.pause(LOOK);
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the deployment was made, but has no number yet; list deployments again later");
    }

    Answer delete(int id) {
        Resource<ExperimentSpec> deployment = catalog.deployment(id);
        if (!catalog.results(deployment).isEmpty()) {
            throw MillraceException.invalid("Deployment has training results; delete them first");
        }
        catalog.delete(deployment.key());
        return Answer.deleted();
    }

    /** Decimals are text here, and only here. */
    Answer results(int id) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.results(catalog.deployment(id))
                .reversed()
                .forEach(result -> all.add(results.json(result, true)));
        return Answer.json(all);
    }

    private ObjectNode json(Resource<ExperimentSpec> deployment) {
        ExperimentSpec spec = deployment.spec();
        Body said = Body.parse(deployment.metadata().labels().getOrDefault(Catalog.REQUEST, "{}"));
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", Catalog.number(deployment).orElseThrow());
        configuration(deployment)
                .ifPresentOrElse(
                        c ->
                                json.putObject("configuration")
                                        .put("id", catalog.id(c))
                                        .put("name", Catalog.shownName(c)),
                        () -> json.putNull("configuration"));
        ArrayNode list = json.putArray("results");
        catalog.results(deployment).reversed().forEach(result -> list.add(results.brief(result)));
        json.put("time", Texts.time(deployment.metadata().createdAt()))
                .put("batch", spec.settings().batch());
        TEXTS.forEach(name -> json.put(name, said.text(name)));
        // What clients of the first generation read.
        json.put("kwargs_fit", first(said, "kwargs_fit"))
                .put("kwargs_val", first(said, "kwargs_val"));
        json.put("conf_mat_settings", spec.settings().hasConfusionMatrix())
                .put("gpumem", said.whole("gpumem").orElse(0))
                .put("optimizer", or(said.text("optimizer"), "adam"))
                .put("learning_rate", said.decimal("learning_rate").orElse(0.001))
                .put("loss", or(said.text("loss"), "sparse_categorical_crossentropy"))
                .put("metrics", or(said.text("metrics"), "sparse_categorical_accuracy"))
                .put("incremental", spec.online().isPresent())
                .put(
                        "indefinite",
                        spec.online().filter(online -> online.idle().isEmpty()).isPresent())
                .put("stream_timeout", said.whole("stream_timeout").orElse(60_000))
                .put("monitoring_metric", said.text("monitoring_metric"))
                .put("change", said.text("change"))
                .put("improvement", said.decimal("improvement").orElse(0.05))
                .put("unsupervised", spec.semiSupervised().isPresent())
                .put("unsupervised_rounds", said.whole("unsupervised_rounds").orElse(5))
                .put("confidence", said.decimal("confidence").orElse(0.9))
                .put("federated", false)
                .put("agg_rounds", 15)
                .put("min_data", 1000)
                .put("agg_strategy", "")
                .put("data_restriction", "{}")
                .put("blockchain", false);
        return json;
    }

    private static String first(Body said, String name) {
        for (String each : List.of(name, "tf_" + name, "pth_" + name)) {
            if (!said.text(each).isEmpty()) {
                return said.text(each);
            }
        }
        return "";
    }

    private static String or(String text, String other) {
        return text.isEmpty() ? other : text;
    }

    private Optional<Resource<ExperimentSpec>> configuration(Resource<ExperimentSpec> deployment) {
        String uid = deployment.metadata().labels().getOrDefault(Catalog.CONFIGURATION, "");
        return catalog.configurations().stream()
                .filter(c -> c.metadata().uid().equals(uid))
                .findFirst();
    }
}
