package io.millrace.inference.protocol;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Timing;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How long the stages of a call take, by model, under the names that KServe's dashboards read. All
 * protocols record here: with other labels of their own they could not share a histogram.
 */
public final class StageDurations {

    private final ConcurrentMap<Key, Stages> byModel = new ConcurrentHashMap<>();
    private final Meters meters;

    /**
     * Makes an empty set.
     *
     * @param meters where the histograms are
     */
    public StageDurations(Meters meters) {
        this.meters = meters;
    }

    /**
     * The stages of a model's calls.
     *
     * @param preprocess from the complete body to tensors
     * @param predict queueing and the model
     * @param postprocess from tensors to the answer's bytes
     */
    public record Stages(Timing preprocess, Timing predict, Timing postprocess) {}

    private record Key(ProjectId project, ResourceName model) {}

    /** Ask only for models that exist: names that callers invent get no series. */
    public Stages of(ProjectId project, ResourceName model) {
        return byModel.computeIfAbsent(new Key(project, model), this::create);
    }

    private Stages create(Key key) {
        return new Stages(
                timing("preprocess", "Reading requests into tensors", key),
                timing("predict", "Waiting for the model and computing", key),
                timing("postprocess", "Writing tensors into answers", key));
    }

    private Timing timing(String stage, String help, Key key) {
        return meters.timing(
                "request_" + stage + "_seconds",
                help,
                "model_name",
                key.model().value(),
                "project",
                key.project().value());
    }
}
