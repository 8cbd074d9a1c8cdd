package io.millrace.codec.kserve;

import java.util.Optional;
import java.util.Set;

/** The kinds that are translated, with the versions of their interfaces. */
enum ForeignKind {
    INFERENCE_SERVICE(
            "InferenceService",
            Set.of(
                    "serving.kserve.io/v1beta1",
                    "serving.kubeflow.org/v1beta1",
                    "serving.kubeflow.org/v1alpha2")),
    INFERENCE_GRAPH("InferenceGraph", Set.of("serving.kserve.io/v1alpha1")),
    KAFKA_SOURCE(
            "KafkaSource",
            Set.of(
                    "sources.knative.dev/v1",
                    "sources.knative.dev/v1beta1",
                    "sources.knative.dev/v1alpha1",
                    ForeignKind.KAFKA_SOURCE_2019)),
    SECRET("Secret", Set.of("v1")),
    SERVICE_ACCOUNT("ServiceAccount", Set.of("v1")),
    NAMESPACE("Namespace", Set.of("v1"));

    /** The form of 2019, in which a service says {@code default} and {@code canary}. */
    static final String FORM_OF_2019 = "serving.kubeflow.org/v1alpha2";

    static final String KAFKA_SOURCE_2019 = "sources.eventing.knative.dev/v1alpha1";

    private final String label;
    private final Set<String> versions;

    ForeignKind(String label, Set<String> versions) {
        this.label = label;
        this.versions = versions;
    }

    String label() {
        return label;
    }

    static Optional<ForeignKind> find(String apiVersion, String kind) {
        for (ForeignKind known : values()) {
            if (known.label.equals(kind) && known.versions.contains(apiVersion)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }
}
