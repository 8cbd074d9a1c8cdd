package io.millrace.management.http;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.MonitorSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.codec.ModelRequests;
import io.millrace.management.http.Route.Answer;
import io.millrace.spi.DriftReport;
import io.millrace.spi.DriftReport.ClassError;
import io.millrace.spi.DriftReport.Facts;
import io.millrace.spi.DriftReport.FeatureDrift;
import io.millrace.spi.DriftReport.LiveQuality;
import io.millrace.spi.DriftReport.NumberError;
import io.millrace.spi.DriftReport.VersionDrift;
import io.millrace.spi.ModelMonitor;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Whether a model still sees what it was made for, and is still right. */
final class DriftRoute {
    private final ModelWrites models;
    private final ModelMonitor monitor;

    DriftRoute(ModelWrites models, ModelMonitor monitor) {
        this.models = models;
        this.monitor = monitor;
    }

    Route route() {
        return Route.get(
                "/projects/{project}/models/{name}/drift",
                "getModelDrift",
                "Says how far inputs and predictions are from the reference, and how right the"
                        + " model is; 404 for a model that is not watched",
                Answer.json("Drift"),
                call -> call.ok(drift(call.key(Kind.MODEL))));
    }

    private ObjectNode drift(ResourceKey key) {
        Resource<ModelSpec> model = models.find(key);
        MonitorSpec spec =
                model.spec()
                        .monitor()
                        .orElseThrow(() ->
                                MillraceException.notFound(
                                        "%s is not watched; declare spec.monitor, such as 'monitor: {}'"
                                                .formatted(key.label())));
        DriftReport report =
                monitor.report(key).orElseGet(() -> new DriftReport(spec, List.of(), 0));
        ObjectNode json = Json.object();
        json.set("monitor", Json.raw(ModelRequests.monitorJson(report.monitor())));
        json.put("skipped", report.skipped());
        ArrayNode versions = json.putArray("versions");
        report.versions().forEach(version -> add(versions.addObject(), version));
        return json;
    }

    private static void add(ObjectNode json, VersionDrift version) {
        json.put("version", version.version())
                .put("state", word(version.state()))
                .put("message", version.message())
                .put("referenceRecords", version.referenceRecords())
                .put("referenceWanted", version.referenceWanted())
                .put("windows", version.windows())
                .put("windowRecords", version.windowRecords())
                .put("distance", version.distance());
        ArrayNode features = json.putArray("features");
        version.features().forEach(feature -> add(features.addObject(), feature));
        version.quality().ifPresent(quality -> add(json.putObject("quality"), quality));
    }

    /** As in {@code Drifted}. */
    private static String word(DriftReport.State state) {
        return state.name().charAt(0) + state.name().substring(1).toLowerCase(Locale.ROOT);
    }

    private static void add(ObjectNode json, FeatureDrift feature) {
        json.put("part", feature.part().name().toLowerCase(Locale.ROOT))
                .put("name", feature.name())
                .put("distance", feature.distance())
                .put("limit", feature.limit())
                .put("above", feature.above())
                .put("outside", feature.outside());
        add(json.putObject("reference"), feature.reference());
        add(json.putObject("window"), feature.window());
    }

    private static void add(ObjectNode json, Facts facts) {
        json.put("count", facts.count())
                .put("mean", facts.mean())
                .put("variance", facts.variance())
                .put("min", facts.min())
                .put("max", facts.max())
                .put("notFinite", facts.notFinite());
    }

    private static void add(ObjectNode json, LiveQuality quality) {
        json.put("joined", quality.joined())
                .put("unmatched", quality.unmatched())
                .put("unlabelled", quality.unlabelled())
                .put("compared", quality.compared());
        quality.trainingError().ifPresent(error -> json.put("trainingError", error));
        if (quality.compared() == 0) {
            return;
        }
        switch (quality.error()) {
            case NumberError error ->
                    json.put("rmse", error.rmse())
                            .put("mae", error.mae())
                            .put("naiveCompared", error.naiveCompared())
                            .put("naiveRmse", error.naiveRmse())
                            .put("naiveMae", error.naiveMae());
            case ClassError error -> {
                json.put("accuracy", error.accuracy()).put("naiveAccuracy", error.naiveAccuracy());
                ArrayNode confusion = json.putArray("confusion");
                error.confusion()
                        .forEach(pair ->
                                confusion
                                        .addObject()
                                        .put("label", pair.label())
                                        .put("predicted", pair.predicted())
                                        .put("count", pair.count()));
            }
        }
        json.put("worseThanNaive", quality.error().isWorseThanNaive());
    }
}
