package io.millrace.codec.kserve;

import java.util.List;
import java.util.Optional;

/** The kinds that are translated, with the versions of their interfaces. */
enum ForeignKind {
    INFERENCE_SERVICE("InferenceService"),
    INFERENCE_GRAPH("InferenceGraph"),
    KAFKA_SOURCE("KafkaSource"),
    SECRET("Secret"),
    SERVICE_ACCOUNT("ServiceAccount"),
    NAMESPACE("Namespace");

    /** The form of 2019, in which a service says {@code default} and {@code canary}. */
    static final String FORM_OF_2019 = "serving.kubeflow.org/v1alpha2";

    static final String KAFKA_SOURCE_2019 = "sources.eventing.knative.dev/v1alpha1";

    private final String label;

    ForeignKind(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    private List<String> versions() {
        return switch (this) {
            case INFERENCE_SERVICE ->
                    List.of(
                            "serving.kserve.io/v1beta1",
                            "serving.kubeflow.org/v1beta1",
                            FORM_OF_2019);
            case INFERENCE_GRAPH -> List.of("serving.kserve.io/v1alpha1");
            case KAFKA_SOURCE ->
                    List.of(
                            "sources.knative.dev/v1",
                            "sources.knative.dev/v1beta1",
                            "sources.knative.dev/v1alpha1",
                            KAFKA_SOURCE_2019);
            case SECRET, SERVICE_ACCOUNT, NAMESPACE -> List.of("v1");
        };
    }

    static Optional<ForeignKind> find(String apiVersion, String kind) {
        for (ForeignKind known : values()) {
            if (known.label.equals(kind) && known.versions().contains(apiVersion)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }
}
