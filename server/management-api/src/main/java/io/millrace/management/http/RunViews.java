package io.millrace.management.http;

import io.millrace.api.Resource;
import io.millrace.api.TrainingRunSpec;
import io.millrace.codec.TrainingRequests;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What runs report, as JSON. */
final class RunViews {

    private RunViews() {}

    static ObjectNode report(RunReport report) {
        ObjectNode json = Json.object();
        json.set("state", state(report.state()));
        ArrayNode epochs = json.putArray("epochs");
        report.epochs().forEach(epoch -> epochs.add(epoch(epoch)));
        json.set("test", metrics(report.test()));
        json.set("samples", samples(report.samples()));
        ArrayNode rows = json.putArray("confusion");
        for (List<Long> row : report.confusion()) {
            ArrayNode cells = rows.addArray();
            row.forEach(cells::add);
        }
        ArrayNode labels = json.putArray("labels");
        report.labels().forEach(labels::add);
        json.set("classes", classes(report));
        json.set("decode", Json.raw(TrainingRequests.decodeJson(report.decode())));
        json.set("label", Json.raw(TrainingRequests.labelJson(report.label())));
        ObjectNode lineage = json.putObject("lineage");
        report.lineage().forEach(lineage::put);
        ArrayNode formats = json.putArray("formats");
        report.formats().stream().map(Format::label).forEach(formats::add);
        ArrayNode notices = json.putArray("notices");
        report.notices().forEach(notices::add);
        report.started().ifPresent(time -> json.put("started", time.toString()));
        report.ended().ifPresent(time -> json.put("ended", time.toString()));
        return json;
    }

    private static ObjectNode state(TrainingState state) {
        ObjectNode json =
                Json.object()
                        .put("phase", word(state.phase()))
                        .put("reason", state.reason())
                        .put("message", state.message())
                        .put("epoch", state.epoch())
                        .put("epochs", state.epochs())
                        .put("elapsedMillis", state.elapsed().toMillis());
        json.set("metrics", metrics(state.metrics()));
        return json;
    }

    private static ObjectNode epoch(RunEvent epoch) {
        ObjectNode json = Json.object().put("epoch", epoch.epoch()).put("millis", epoch.millis());
        json.set("metrics", metrics(epoch.metrics()));
        return json;
    }

    private static ObjectNode samples(RunReport.Samples samples) {
        return Json.object()
                .put("train", samples.train())
                .put("validation", samples.validation())
                .put("test", samples.test())
                .put("unlabelled", samples.unlabelled());
    }

    private static ArrayNode classes(RunReport report) {
        ArrayNode json = Json.object().arrayNode();
        for (ClassQuality quality : ClassQuality.of(report.confusion(), report.labels())) {
            json.addObject()
                    .put("label", quality.label())
                    .put("samples", quality.samples())
                    .put("precision", quality.precision())
                    .put("recall", quality.recall());
        }
        return json;
    }

    /** JSON has no infinity and no number that is none: they are left out. */
    private static ObjectNode metrics(Map<String, Double> metrics) {
        ObjectNode json = Json.object();
        metrics.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                json.put(name, value);
            }
        });
        return json;
    }

    static String kind(RunEvent event) {
        return event.kind().name().toLowerCase(Locale.ROOT);
    }

    static ObjectNode event(RunEvent event) {
        ObjectNode json = Json.object().put("kind", kind(event));
        if (event.epoch() > 0) {
            json.put("epoch", event.epoch());
        }
        if (event.batch() > 0) {
            json.put("batch", event.batch()).put("batches", event.batches());
        }
        if (!event.metrics().isEmpty()) {
            json.set("metrics", metrics(event.metrics()));
        }
        if (event.millis() > 0) {
            json.put("millis", event.millis());
        }
        if (!event.text().isEmpty()) {
            json.put("text", event.text());
        }
        return json;
    }

    /** One run among others. */
    static ObjectNode compared(Resource<TrainingRunSpec> run, Optional<RunReport> report) {
        ObjectNode json =
                Json.object()
                        .put("run", run.key().name().value())
                        .put("definition", run.spec().definition().value())
                        .put("dataset", run.spec().dataset().value());
        report.ifPresent(known -> {
            json.put("phase", word(known.state().phase()));
            json.put("epochs", known.epochs().size());
            json.put("elapsedMillis", known.state().elapsed().toMillis());
            known.epochs().stream()
                    .mapToLong(RunEvent::millis)
                    .average()
                    .ifPresent(millis -> json.put("epochMillis", Math.round(millis)));
            json.set("metrics", metrics(known.state().metrics()));
            json.set("test", metrics(known.test()));
            json.set("classes", classes(known));
        });
        return json;
    }

    private static String word(TrainingState.Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }
}
