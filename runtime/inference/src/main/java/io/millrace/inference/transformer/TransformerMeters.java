package io.millrace.inference.transformer;

import io.millrace.api.ResourceKey;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Timing;
import io.millrace.spi.TransformerReply.Stages;

/** What is counted about the requests of one transformer, stages under KServe's names. */
final class TransformerMeters {

    private final Timing preprocess;
    private final Timing predict;
    private final Timing postprocess;
    private final Timing explain;
    private final Meters.Count requests;
    private final Meters.Count failures;
    private final Meters.Count duplicates;

    TransformerMeters(Meters meters, ResourceKey model) {
        String project = model.project().value();
        String name = model.name().value();
        preprocess = timing(meters, "preprocess", "Reading requests into tensors", model);
        predict = timing(meters, "predict", "Waiting for the model and computing", model);
        postprocess = timing(meters, "postprocess", "Writing tensors into answers", model);
        explain = timing(meters, "explain", "Explaining, by the code of transformers", model);
        requests =
                meters.count(
                        "millrace_transformer_requests_total",
                        "Requests that went through a model's transformer.",
                        "project",
                        project,
                        "model",
                        name);
        failures =
                meters.count(
                        "millrace_transformer_failures_total",
                        "Requests that ended with an error in a transformer or behind it.",
                        "project",
                        project,
                        "model",
                        name);
        duplicates =
                meters.count(
                        "millrace_transformer_duplicates_total",
                        "Events that were delivered again and answered from memory.",
                        "project",
                        project,
                        "model",
                        name);
    }

    private static Timing timing(Meters meters, String stage, String help, ResourceKey model) {
        return meters.timing(
                "request_" + stage + "_seconds",
                help,
                "model_name",
                model.name().value(),
                "project",
                model.project().value());
    }

    void answered(Stages stages) {
        requests.increment();
        preprocess.record(stages.preprocess());
        if (stages.explain() > 0) {
            explain.record(stages.explain());
        } else {
            predict.record(stages.predict());
        }
        postprocess.record(stages.postprocess());
    }

    void failed() {
        requests.increment();
        failures.increment();
    }

    void duplicate() {
        duplicates.increment();
    }
}
