package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrafficRule;
import io.millrace.api.VersionRef;
import io.millrace.spi.ModelHost;
import io.millrace.spi.ModelMonitor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Has models served. */
final class ModelReconciler implements Reconciler<ModelSpec> {
    private final ModelHost models;
    private final ModelMonitor monitor;
    private final TransformerDeployment transformers;

    ModelReconciler(ModelHost models, ModelMonitor monitor, TransformerDeployment transformers) {
        this.models = models;
        this.monitor = monitor;
        this.transformers = transformers;
    }

    @Override
    public Kind kind() {
        return Kind.MODEL;
    }

    @Override
    public Observation reconcile(Request<ModelSpec> request) {
        // First, so that no request reaches the model without it.
        var transformer = transformers.reconcile(request);
        models.serve(request.key(), request.spec(), request.changed());
        monitor.watch(request.key(), Labelling.inTheLog(request), request.changed());
        OptionalInt serving = models.serving(request.key());
        var statements = new ArrayList<Observation.Statement>();
        monitor.report(request.key())
                .map(report -> DriftStatement.of(report, serving))
                .ifPresent(statements::add);
        transformer.ifPresent(statements::add);
        Observation observed =
                observe(
                                request.spec(),
                                models.observe(request.key()),
                                serving,
                                models.remark(request.key()))
                        .withStatements(statements);
        return transformer
                .map(statement -> TransformerDeployment.apply(statement, observed))
                .orElse(observed);
    }

    /** What the states of the versions mean for the model. */
    static Observation observe(
            ModelSpec spec, List<ModelVersionStatus> versions, OptionalInt serving, String remark) {
        return verdict(spec, versions, serving, remark)
                .withDetails(details(spec, serving))
                .withVersions(versions);
    }

    private static Observation verdict(
            ModelSpec spec, List<ModelVersionStatus> versions, OptionalInt serving, String remark) {
        if (spec.versions().isEmpty()) {
            return Observation.notReady(
                    "NoVersions", "it has no version; add one with 'millrace models upload'");
        }
        if (serving.isPresent()) {
            return Observation.ready(
                    "Serving", remarks(spec, versions, serving.getAsInt(), remark));
        }
        String missing =
                remark.isEmpty()
                        ? ServingRule.missing(new VersionRef.Serving(), spec, versions, serving)
                                .orElse("no version is ready")
                        : remark;
        boolean isAnyOnItsWay =
                versions.size() < spec.versions().size()
                        || versions.stream()
                                .anyMatch(version ->
                                        version.state() == State.PENDING
                                                || version.state() == State.PROBING);
        if (isAnyOnItsWay) {
            return Observation.notReady("Loading", missing);
        }
        boolean isAnyRejected =
                versions.stream().anyMatch(version -> version.state() == State.REJECTED);
        return isAnyRejected
                ? Observation.notReady(
                        "VersionRejected", joined(missing, rejections(versions, missing)))
                : Observation.notReady("NotServing", missing);
    }

    /** That another version serves than people asked for, and what was rejected. */
    private static String remarks(
            ModelSpec spec, List<ModelVersionStatus> versions, int serving, String remark) {
        Integer production = spec.aliases().get(ModelSpec.PRODUCTION);
        boolean isByAlias = !(spec.traffic() instanceof TrafficRule.Pinned);
        String first = remark;
        if (remark.isEmpty() && isByAlias && production != null && production != serving) {
            first =
                    "version %d serves, as production's version %d is not ready"
                            .formatted(serving, production);
        }
        return joined(first, rejections(versions, first));
    }

    private static String joined(String first, String second) {
        return first.isEmpty() || second.isEmpty() ? first + second : first + "; " + second;
    }

    /** Why versions were rejected, but for what has been said. */
    private static String rejections(List<ModelVersionStatus> versions, String said) {
        return versions.stream()
                .filter(version -> version.state() == State.REJECTED)
                .filter(version -> !said.contains(version.message()))
                .map(version -> "version " + version.version() + ": " + version.message())
                .collect(Collectors.joining("; "));
    }

    private static Map<String, String> details(ModelSpec spec, OptionalInt serving) {
        var details = new LinkedHashMap<String, String>();
        details.put("framework", spec.framework());
        serving.ifPresent(version -> details.put("serving", "version " + version));
        String traffic =
                switch (spec.traffic()) {
                    case TrafficRule.ByAlias() -> "";
                    case TrafficRule.Pinned(int version) -> "pinned to version " + version;
                    case TrafficRule.Canary(int version, int percent, String header) ->
                            "%d %% to version %d%s"
                                    .formatted(
                                            percent,
                                            version,
                                            header.isEmpty() ? "" : ", divided by " + header);
                    case TrafficRule.Shadow(int version, int percent) ->
                            "%d %% mirrored to version %d".formatted(percent, version);
                };
        if (!traffic.isEmpty()) {
            details.put("traffic", traffic);
        }
        return details;
    }

    @Override
    public void remove(ResourceKey key) {
        transformers.remove(key);
        models.remove(key);
        monitor.remove(key);
    }
}
