package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrafficRule;
import io.millrace.api.VersionRef;
import io.millrace.spi.ModelHost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Has models served. */
final class ModelReconciler implements Reconciler<ModelSpec> {
    private final ModelHost models;

    ModelReconciler(ModelHost models) {
        this.models = models;
    }

    @Override
    public Kind kind() {
        return Kind.MODEL;
    }

    @Override
    public Observation reconcile(Request<ModelSpec> request) {
        models.serve(request.key(), request.spec(), request.changed());
        return observe(
                request.spec(),
                models.observe(request.key()),
                models.serving(request.key()),
                models.remark(request.key()));
    }

    /** What the states of the versions, and what the host remarks, mean for the model. */
    private static Observation observe(
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
                ServingRule.missing(new VersionRef.Serving(), spec, versions, serving)
                        .orElse("no version is ready");
        boolean isAnyOnItsWay =
                versions.size() < spec.versions().size()
                        || versions.stream()
                                .anyMatch(version ->
                                        version.state() == State.PENDING
                                                || version.state() == State.PROBING);
        if (isAnyOnItsWay) {
            return Observation.notReady("Loading", missing);
        }
        if (!remark.isEmpty()) {
            return Observation.notReady("NotServing", remark);
        }
        String rejections = rejections(versions);
        return Observation.notReady("VersionRejected", rejections.isEmpty() ? missing : rejections);
    }

    /** That another version serves than people asked for, and what was rejected. */
    private static String remarks(
            ModelSpec spec, List<ModelVersionStatus> versions, int serving, String remark) {
        var remarks = new ArrayList<String>();
        Integer production = spec.aliases().get(ServingRule.PRODUCTION);
        boolean isByAlias = !(spec.traffic() instanceof TrafficRule.Pinned);
        if (!remark.isEmpty()) {
            remarks.add(remark);
        } else if (production != null && production != serving && isByAlias) {
            remarks.add(
                    "version %d serves, as production's version %d is not ready"
                            .formatted(serving, production));
        }
        String rejections = rejections(versions);
        if (!rejections.isEmpty()) {
            remarks.add(rejections);
        }
        return String.join("; ", remarks);
    }

    private static String rejections(List<ModelVersionStatus> versions) {
        return versions.stream()
                .filter(version -> version.state() == State.REJECTED)
                .map(version -> "version " + version.version() + ": " + version.message())
                .collect(Collectors.joining("; "));
    }

    private static Map<String, String> details(ModelSpec spec, OptionalInt serving) {
        var details = new LinkedHashMap<String, String>();
        details.put("framework", spec.framework());
        serving.ifPresent(version -> details.put("serving", "version " + version));
        return details;
    }

    @Override
    public void remove(ResourceKey key) {
        models.remove(key);
    }
}
