package io.millrace.inference.http;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Timing;

/**
 * How long the stages of a call take, under the names that KServe's dashboards read.
 *
 * @param preprocess from the complete body to tensors
 * @param predict queueing and the model
 * @param postprocess from tensors to the answer's bytes
 */
record StageDurations(Timing preprocess, Timing predict, Timing postprocess) {

    static StageDurations of(Meters meters, ProjectId project, ResourceName model) {
        return new StageDurations(
                timing(meters, "preprocess", "Reading requests into tensors", project, model),
                timing(meters, "predict", "Waiting for the model and computing", project, model),
                timing(meters, "postprocess", "Writing tensors into answers", project, model));
    }

    private static Timing timing(
            Meters meters, String stage, String help, ProjectId project, ResourceName model) {
        return meters.timing(
                "request_" + stage + "_seconds",
                help,
                "model_name",
                model.value(),
                "project",
                project.value());
    }
}
