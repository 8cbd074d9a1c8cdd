package io.millrace.management.http;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.codec.ModelRequests;
import io.millrace.spi.ModelHost;
import io.millrace.spi.TrafficReport;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is shown of the versions of models and of their traffic. */
final class ModelViews {
    private static final double NANOS_PER_MILLI = 1e6;
    private final ModelWrites writes;
    private final ModelHost models;

    ModelViews(ModelWrites writes, ModelHost models) {
        this.writes = writes;
        this.models = models;
    }

    /** One version as the host sees it now. */
    ObjectNode version(ResourceKey key, int number) {
        ModelSpec spec = writes.find(key).spec();
        ModelSpec.Version declared =
                spec.version(number)
                        .orElseThrow(() -> ModelTraffic.unknownVersion(key, spec, number));
        return version(
                models.observe(key).stream()
                        .filter(status -> status.version() == number)
                        .findFirst()
                        .orElseGet(() -> unseen(declared)));
    }

    /** A version that the host has not been told of yet. */
    private static ModelVersionStatus unseen(ModelSpec.Version declared) {
        return new ModelVersionStatus(
                declared.version(), State.PENDING, "", "", 0, "", declared.uri(), List.of(), false);
    }

    static ObjectNode version(ModelVersionStatus status) {
        ObjectNode json =
                Json.object()
                        .put("version", status.version())
                        .put("state", status.state().label())
                        .put("message", status.message())
                        .put("sha256", status.sha256())
                        .put("sizeBytes", status.sizeBytes())
                        .put("signature", status.signature())
                        .put("origin", status.origin());
        ArrayNode checks = json.putArray("checks");
        status.checks()
                .forEach(check ->
                        checks.addObject().put("name", check.name()).put("result", check.result()));
        return json.put("loaded", status.isLoaded());
    }

    /** The rule of a model and how its calls were divided. */
    ObjectNode traffic(ResourceKey key) {
        Resource<ModelSpec> model = writes.find(key);
        ObjectNode json = Json.object();
        json.set("rule", Json.raw(ModelRequests.trafficJson(model.spec().traffic())));
        models.serving(key).ifPresent(version -> json.put("serving", version));
        json.put("remark", models.remark(key));
        ArrayNode versions = json.putArray("versions");
        models.traffic(key).ifPresent(report -> add(report, versions, json));
        return json;
    }

    private static void add(TrafficReport report, ArrayNode versions, ObjectNode json) {
        for (TrafficReport.VersionTraffic version : report.versions()) {
            versions.addObject()
                    .put("version", version.version())
                    .put("calls", version.calls())
                    .put("errors", version.errors())
                    .put("medianMillis", millis(version.median()))
                    .put("p99Millis", millis(version.p99()));
        }
        report.comparison().ifPresent(comparison -> add(comparison, json));
    }

    private static void add(TrafficReport.Comparison comparison, ObjectNode json) {
        ObjectNode shown =
                json.putObject("comparison")
                        .put("version", comparison.version())
                        .put("compared", comparison.compared())
                        .put("agreed", comparison.agreed())
                        .put("failed", comparison.failed())
                        .put("notMirrored", comparison.notMirrored());
        if (comparison.compared() > 0) {
            shown.put("agreement", (double) comparison.agreed() / comparison.compared());
        }
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / NANOS_PER_MILLI;
    }
}
