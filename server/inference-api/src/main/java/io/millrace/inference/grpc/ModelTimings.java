package io.millrace.inference.grpc;

import io.millrace.spi.Meters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How long the parts of a call take, by model, under the names that KServe uses. */
final class ModelTimings {

    private static final String LABEL = "model_name";

    private final Map<String, Phases> byModel = new ConcurrentHashMap<>();
    private final Meters meters;

    /** Reading the request, the model, and writing the answer. */
    record Phases(Meters.Timing preprocess, Meters.Timing predict, Meters.Timing postprocess) {}

    ModelTimings(Meters meters) {
        this.meters = meters;
    }

    /** Only for models that exist: each stays. */
    Phases of(String model) {
        Phases known = byModel.get(model);
        return known != null ? known : byModel.computeIfAbsent(model, this::create);
    }

    private Phases create(String model) {
        return new Phases(
                meters.timing(
                        "request_preprocess_seconds", "pre-process request latency", LABEL, model),
                meters.timing("request_predict_seconds", "predict request latency", LABEL, model),
                meters.timing(
                        "request_postprocess_seconds",
                        "post-process request latency",
                        LABEL,
                        model));
    }
}
