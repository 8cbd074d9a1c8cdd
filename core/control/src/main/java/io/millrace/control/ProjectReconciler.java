package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.ProjectSpec;
import io.millrace.api.ResourceKey;
import java.util.List;

/** Projects have nothing to run; what they allow is checked. */
final class ProjectReconciler implements Reconciler<ProjectSpec> {
    /** The one place that this version can run workloads at. */
    private static final String LOCAL = "local";

    @Override
    public Kind kind() {
        return Kind.PROJECT;
    }

    @Override
    public Observation reconcile(Request<ProjectSpec> request) {
        List<String> unknown =
                request.spec().serviceDomains().stream().filter(d -> !d.equals(LOCAL)).toList();
        if (unknown.isEmpty()) {
            return Observation.ready("Created", "");
        }
        return Observation.notReady(
                "UnknownServiceDomain",
                "unknown service domain " + String.join(", ", unknown) + "; there is only 'local'");
    }

    @Override
    public void remove(ResourceKey key) {
        // Nothing runs for a project itself; only empty projects are deleted.
    }
}
