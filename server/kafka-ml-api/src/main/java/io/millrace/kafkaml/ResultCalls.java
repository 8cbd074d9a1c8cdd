package io.millrace.kafkaml;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.api.Resource;
import io.millrace.api.TrainingRunSpec;
import io.millrace.kafkaml.Catalog.Result;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState.Phase;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /results}: what became of each definition of a deployment. */
final class ResultCalls {

    static final String FINISHED = "finished";
    static final String STOPPED = "stopped";

    private static final String VALIDATION = "val_";
    private static final String CREATED = "created";
    private static final String DEPLOYED = "deployed";

    private final Catalog catalog;
    private final TrainingResults results;

    ResultCalls(Catalog catalog, TrainingResults results) {
        this.catalog = catalog;
        this.results = results;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.results().forEach(result -> all.add(json(result, false)));
        return Answer.json(all);
    }

    /** What Kafka-ML's own training processes call. */
    Answer notForTrainers() {
        return Answer.text(
                400,
                "training processes of Kafka-ML are not needed here: Millrace trains by itself");
    }

    Answer stop(int id) {
        Result result = catalog.result(id);
        if (result.run().isPresent()) {
            Resource<TrainingRunSpec> run = result.run().get();
            catalog.put(
                    new Manifest<>(
                            run.key(),
                            run.metadata().title(),
                            run.metadata().labels(),
                            run.spec().stopped()),
                    false);
            return Answer.done();
        }
        Resource<ExperimentSpec> deployment = result.deployment();
        if (catalog.results(deployment).size() > 1) {
            throw MillraceException.invalid(
                    "it waits for samples together with the other results of deployment %d and cannot be stopped alone before they come"
                            .formatted(Catalog.number(deployment).orElse(0)));
        }
        catalog.put(
                new Manifest<>(
                        deployment.key(),
                        deployment.metadata().title(),
                        deployment.metadata().labels(),
                        kept(deployment.spec())),
                false);
        return Answer.done();
    }

    private static ExperimentSpec kept(ExperimentSpec spec) {
        return new ExperimentSpec(
                spec.definitions(),
                spec.settings(),
                spec.dataset(),
                false,
                spec.online(),
                spec.semiSupervised(),
                spec.retrain());
    }

    Answer delete(int id) {
        Result result = catalog.result(id);
        String status = status(result);
        if (!status.equals(FINISHED) && !status.equals(STOPPED)) {
            throw MillraceException.invalid("Training result is " + status + "; stop it first");
        }
        catalog.deleteResult(result);
        return Answer.deleted();
    }

    Answer model(int id) {
        Result result = catalog.result(id);
        boolean isKeras = result.definition().spec().library() == Library.KERAS;
        Format format = isKeras ? Format.H5 : Format.PYTORCH;
        return new Answer.Download(
                results.model(finishedRun(result).key(), format),
                "application/octet-stream",
                Map.of(
                        "ML-Framework",
                        ModelCalls.framework(result.definition().spec()),
                        "Content-Disposition",
                        "attachment; filename=\"" + format.file() + "\""));
    }

    Answer chart(int id) {
        Result result = catalog.result(id);
        Optional<RunReport> report = report(result);
        ObjectNode chart = JsonNodeFactory.instance.objectNode();
        ArrayNode metrics = chart.putArray("metrics");
        List<RunEvent> epochs = report.map(RunReport::epochs).orElse(List.of());
        for (String name : names(epochs)) {
            boolean isValidation = name.startsWith(VALIDATION);
            ObjectNode metric =
                    metrics.addObject()
                            .put(
                                    "name",
                                    isValidation
                                            ? name.substring(VALIDATION.length()) + "_val"
                                            : name);
            ArrayNode series = metric.putArray("series");
            for (RunEvent epoch : epochs) {
                Double value = epoch.metrics().get(name);
                if (value != null) {
                    series.addObject().put("value", value).put("name", epoch.epoch());
                }
            }
        }
        chart.set("conf_mat", report.map(ResultCalls::confusion).orElse(NullNode.instance));
        return Answer.json(chart);
    }

    /** Loss first, then by name, training before validation. */
    private static List<String> names(List<RunEvent> epochs) {
        var plain = new TreeSet<String>();
        epochs.forEach(epoch -> plain.addAll(epoch.metrics().keySet()));
        return plain.stream()
                .sorted(
                        Comparator.comparing((String name) -> !base(name).equals("loss"))
                                .thenComparing(ResultCalls::base)
                                .thenComparing(name -> name.startsWith(VALIDATION)))
                .toList();
    }

    private static String base(String name) {
        return name.startsWith(VALIDATION) ? name.substring(VALIDATION.length()) : name;
    }

    Answer confusionMatrix(int id) {
        Optional<RunReport> report =
                report(catalog.result(id)).filter(r -> !r.confusion().isEmpty());
        if (report.isEmpty()) {
            throw MillraceException.invalid("Training result has no confusion matrix");
        }
        return new Answer.Bytes(
                200,
                "image/png",
                ConfusionPicture.png(report.get().confusion(), report.get().labels()));
    }

    /** The run of a result that has a model. */
    Resource<TrainingRunSpec> finishedRun(Result result) {
        // A training without end is never finished: what it has learned so far is a model, too.
        boolean hasModel = report(result).filter(r -> !r.formats().isEmpty()).isPresent();
        if (result.run().isEmpty() || !hasModel) {
            throw MillraceException.invalid(
                    "Training result is "
                            + status(result)
                            + ", not finished, and has made no model yet");
        }
        return result.run().get();
    }

    Optional<RunReport> report(Result result) {
        return result.run().flatMap(run -> results.report(run.key()));
    }

    /** The states that clients know; a failed run is a stopped one to them. */
    String status(Result result) {
        if (result.run().isEmpty()) {
            if (!result.deployment().spec().isWaiting()) {
                return STOPPED;
            }
            return result.deployment().isReady() ? DEPLOYED : CREATED;
        }
        Optional<Phase> phase = report(result).map(r -> r.state().phase());
        if (phase.isEmpty()) {
            return DEPLOYED;
        }
        return switch (phase.get()) {
            case QUEUED, PREPARING, TRAINING, FINISHING -> DEPLOYED;
            case FINISHED -> FINISHED;
            case STOPPED, FAILED -> STOPPED;
        };
    }

    ObjectNode brief(Result result) {
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", catalog.id(result))
                        .put("status", status(result));
        json.set("model", model(result));
        return json.put("status_changed", Texts.time(changed(result)));
    }

    private ObjectNode model(Result result) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", catalog.id(result.definition()))
                .put("name", Catalog.shownName(result.definition()));
    }

    private Instant changed(Result result) {
        Optional<RunReport> report = report(result);
        return report.flatMap(RunReport::ended)
                .or(() -> report.flatMap(RunReport::started))
                .or(() -> result.run().map(run -> run.metadata().createdAt()))
                .orElse(result.deployment().metadata().createdAt());
    }

    /**
     * All about a result.
     *
     * @param isText whether decimals are written as text
     */
    ObjectNode json(Result result, boolean isText) {
        ObjectNode json = brief(result);
        json.putObject("deployment")
                .put("id", Catalog.number(result.deployment()).orElseThrow())
                .put("time", Texts.time(result.deployment().metadata().createdAt()));
        Optional<RunReport> report = report(result);
        List<RunEvent> epochs = report.map(RunReport::epochs).orElse(List.of());
        json.set("train_metrics", curves(epochs, false));
        json.set("val_metrics", curves(epochs, true));
        json.set("test_metrics", test(report));
        json.set("confusion_matrix", report.map(ResultCalls::confusion).orElse(NullNode.instance));
        decimal(
                json,
                "training_time",
                report.filter(r -> r.state().phase().isEnd())
                        .map(r -> r.state().elapsed().toMillis() / 1e3),
                4,
                isText);
        decimal(json, "train_loss", last(epochs, "loss"), 10, isText);
        decimal(json, "val_loss", last(epochs, "val_loss"), 10, isText);
        // Kafka-ML has no failed state; the reason is there for those who look.
        json.put(
                "reason",
                report.filter(r -> r.state().phase() == Phase.FAILED)
                        .map(r -> r.state().message())
                        .orElse(""));
        return json;
    }

    private static void decimal(
            ObjectNode json, String name, Optional<Double> value, int decimals, boolean isText) {
        if (value.isEmpty()) {
            json.putNull(name);
        } else if (isText) {
            json.put(name, Texts.decimal(value.get(), decimals));
        } else {
            json.put(name, value.get());
        }
    }

    private static Optional<Double> last(List<RunEvent> epochs, String metric) {
        return epochs.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(epochs.getLast().metrics().get(metric));
    }

    private static ObjectNode curves(List<RunEvent> epochs, boolean isValidation) {
        ObjectNode curves = JsonNodeFactory.instance.objectNode();
        for (RunEvent epoch : epochs) {
            epoch.metrics()
                    .forEach((name, value) -> {
                        if (name.startsWith(VALIDATION) == isValidation) {
                            add(curves, base(name), value);
                        }
                    });
        }
        return curves;
    }

    private static void add(ObjectNode curves, String name, double value) {
        if (curves.get(name) instanceof ArrayNode known) {
            known.add(value);
        } else {
            curves.putArray(name).add(value);
        }
    }

    private static ObjectNode test(Optional<RunReport> report) {
        ObjectNode test = JsonNodeFactory.instance.objectNode();
        report.ifPresent(r ->
                r.test()
                        .forEach((name, value) ->
                                test.putArray(name.startsWith("test_") ? name.substring(5) : name)
                                        .add(value)));
        return test;
    }

    private static JsonNode confusion(RunReport report) {
        if (report.confusion().isEmpty()) {
            return NullNode.instance;
        }
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        for (List<Long> row : report.confusion()) {
            ArrayNode cells = rows.addArray();
            row.forEach(cells::add);
        }
        return rows;
    }
}
