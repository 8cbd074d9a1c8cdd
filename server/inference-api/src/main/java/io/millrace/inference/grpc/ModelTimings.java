package io.millrace.inference.grpc;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Meters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long the parts of a call take, by project and model, under the names that KServe uses. The
 * HTTP face has the same histograms: names, help and labels must be the same there.
 */
final class ModelTimings {

    private final Map<Key, Phases> byModel = new ConcurrentHashMap<>();
    private final Meters meters;

    /** Reading the request, the model, and writing the answer. */
    record Phases(Meters.Timing preprocess, Meters.Timing predict, Meters.Timing postprocess) {}

    private record Key(ProjectId project, ResourceName model) {}

    ModelTimings(Meters meters) {
        this.meters = meters;
    }

    /** Only for models that exist: each stays. */
    Phases of(ProjectId project, ResourceName model) {
        return byModel.computeIfAbsent(new Key(project, model), this::create);
    }

    private Phases create(Key key) {
        return new Phases(
                timing("preprocess", "Reading requests into tensors", key),
                timing("predict", "Waiting for the model and computing", key),
                timing("postprocess", "Writing tensors into answers", key));
    }

    private Meters.Timing timing(String stage, String help, Key key) {
        return meters.timing(
                "request_" + stage + "_seconds",
                help,
                "model_name",
                key.model().value(),
                "project",
                key.project().value());
    }
}
