package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.VersionRef;
import io.millrace.spi.ModelHost;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        return observe(request.spec(), models.observe(request.key()));
    }

    /** What the states of the versions mean for the model. */
    static Observation observe(ModelSpec spec, List<ModelVersionStatus> versions) {
        Optional<Integer> serving = ServingRule.serving(spec, versions);
        return verdict(spec, versions, serving)
                .withDetails(details(spec, serving))
                .withVersions(versions);
    }

    private static Observation verdict(
            ModelSpec spec, List<ModelVersionStatus> versions, Optional<Integer> serving) {
        if (spec.versions().isEmpty()) {
            return Observation.notReady(
                    "NoVersions", "it has no version; add one with 'millrace models upload'");
        }
        if (serving.isPresent()) {
            return Observation.ready("Serving", rejections(versions));
        }
        String missing =
                ServingRule.missing(new VersionRef.Serving(), spec, versions).orElseThrow();
        boolean isAnyOnItsWay =
                versions.size() < spec.versions().size()
                        || versions.stream()
                                .anyMatch(version ->
                                        version.state() == State.PENDING
                                                || version.state() == State.PROBING);
        if (isAnyOnItsWay) {
            return Observation.notReady("Loading", missing);
        }
        String rejections = rejections(versions);
        return Observation.notReady("VersionRejected", rejections.isEmpty() ? missing : rejections);
    }

    private static String rejections(List<ModelVersionStatus> versions) {
        return versions.stream()
                .filter(version -> version.state() == State.REJECTED)
                .map(version -> "version " + version.version() + ": " + version.message())
                .collect(Collectors.joining("; "));
    }

    private static Map<String, String> details(ModelSpec spec, Optional<Integer> serving) {
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
