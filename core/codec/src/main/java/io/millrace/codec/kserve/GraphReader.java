package io.millrace.codec.kserve;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ResourceKey;
import io.millrace.api.Scope;
import io.millrace.codec.Fields;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import io.millrace.codec.kserve.KServeResources.Translated;
import java.util.List;
import java.util.Map;

/** {@code InferenceGraph}: our kind has the same words in its spec. */
final class GraphReader {

    private static final List<String> POD_FIELDS =
            List.of(
                    "resources",
                    "affinity",
                    "minReplicas",
                    "maxReplicas",
                    "scaleTarget",
                    "scaleMetric",
                    "serviceAccountName",
                    "tolerations",
                    "nodeSelector",
                    "nodeName");

    private GraphReader() {}

    static Translated read(Value root, Head head, Notes notes) {
        Fields fields = root.fields();
        for (String known : List.of("apiVersion", "kind", "metadata", "status")) {
            fields.optional(known);
        }
        Fields spec = fields.required("spec").fields();
        for (String name : POD_FIELDS) {
            Value value = spec.optional(name);
            if (value.isPresent()) {
                notes.warn(value, "'%s' has no effect: graphs run in the server".formatted(name));
            }
        }
        var graph = ForeignDocuments.readSpec(Kind.INFERENCE_GRAPH, spec);
        fields.rejectUnknown();
        var key =
                new ResourceKey(
                        Kind.INFERENCE_GRAPH, new Scope.InProject(head.project()), head.name());
        return new Translated(
                new Manifest<>(key, "", head.labels(), graph),
                notes.document(),
                Map.of("", "", "/spec", "/spec"));
    }
}
