package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Meters;
import java.util.function.DoubleSupplier;

/** The numbers of one pipeline. */
final class PipelineMeters {

    private final Meters meters;
    private final String project;
    private final String pipeline;
    private final Meters.Count received;
    private final Meters.Count answered;
    private final Meters.Count filtered;
    private final Meters.Count outputs;
    private final Meters.Count deadLetters;
    private final Meters.Count dropped;
    private final Meters.Count retries;
    private final Meters.Count batches;
    private final Meters.Count restarts;
    private final Meters.Count forgedHeaders;
    private final Meters.Count lateReadings;
    private final Meters.Count forgottenSeries;
    private final Meters.Timing latency;
    private final Meters.Timing queued;

    PipelineMeters(Meters meters, ResourceKey key) {
        this.meters = meters;
        this.project = key.project().value();
        this.pipeline = key.name().value();
        this.received =
                count(
                        "millrace_pipeline_received_total",
                        "Records read, those read again included");
        this.answered =
                count(
                        "millrace_pipeline_answered_total",
                        "Records whose outputs were all acknowledged");
        this.filtered =
                count(
                        "millrace_pipeline_filtered_total",
                        "Records that the steps made no output of");
        this.outputs =
                count("millrace_pipeline_outputs_total", "Outputs acknowledged by their sinks");
        this.deadLetters =
                count("millrace_pipeline_dead_letters_total", "Records in the dead-letter topic");
        this.dropped =
                count(
                        "millrace_pipeline_dropped_total",
                        "Failed records that nothing keeps, as declared");
        this.retries = count("millrace_pipeline_retries_total", "Further attempts of items");
        this.batches = count("millrace_pipeline_batches_total", "Batches committed");
        this.restarts =
                count(
                        "millrace_pipeline_task_restarts_total",
                        "Tasks rebuilt after an unexpected error");
        this.forgedHeaders =
                count(
                        "millrace_pipeline_forged_headers_total",
                        "Headers of Kafka clients left out because only Millrace sets such");
        this.lateReadings =
                count(
                        "millrace_pipeline_late_readings_total",
                        "Readings older than all of a full window, left out");
        this.forgottenSeries =
                count(
                        "millrace_pipeline_forgotten_series_total",
                        "Series whose windows made room for those of others");
        this.latency =
                meters.timing(
                        "millrace_pipeline_latency_seconds",
                        "From reception at the source to acknowledgement by the last sink",
                        "project",
                        project,
                        "pipeline",
                        pipeline);
        this.queued =
                meters.timing(
                        "millrace_pipeline_queue_seconds",
                        "From reception at the source to the work on it: of the first record of"
                                + " each batch",
                        "project",
                        project,
                        "pipeline",
                        pipeline);
    }

    private Meters.Count count(String name, String help) {
        return meters.count(name, help, "project", project, "pipeline", pipeline);
    }

    /** The numbers of a step or an output. */
    StageMeters stage(String stage) {
        String[] labels = {"project", project, "pipeline", pipeline, "stage", stage};
        return new StageMeters(
                meters.timing(
                        "millrace_pipeline_stage_seconds",
                        "How long a stage takes for a batch, retries included",
                        labels),
                meters.count(
                        "millrace_pipeline_stage_in_total", "Items that came to a stage", labels),
                meters.count(
                        "millrace_pipeline_stage_out_total",
                        "Items that left a stage: made by a step, or acknowledged by an output",
                        labels),
                meters.sizes(
                        "millrace_pipeline_stage_batch_size",
                        "Items that come to a stage at once",
                        labels));
    }

    /** Some items are tried again at a stage. */
    void retried(String stage, int items) {
        retries.add(items);
        meters.count(
                        "millrace_pipeline_stage_retries_total",
                        "Further attempts of items, by stage",
                        "project",
                        project,
                        "pipeline",
                        pipeline,
                        "stage",
                        stage)
                .add(items);
    }

    /** The numbers of objects that are fetched. */
    FetchStage.FetchMeters fetching() {
        return new FetchStage.FetchMeters(
                count("millrace_objects_fetched_total", "Objects fetched for pipelines"),
                count("millrace_objects_fetched_bytes_total", "Bytes of objects fetched"),
                meters.timing(
                        "millrace_objects_fetch_seconds",
                        "How long fetching an object takes, failures included",
                        "project",
                        project,
                        "pipeline",
                        pipeline));
    }

    /** A number of the pipeline that is read when somebody looks. */
    void gauge(String name, String help, DoubleSupplier value) {
        meters.gauge(name, help, value, "project", project, "pipeline", pipeline);
    }

    void scaled(boolean isUp) {
        meters.count(
                        "millrace_pipeline_scalings_total",
                        "Changes of the number of tasks while the pipeline runs",
                        "project",
                        project,
                        "pipeline",
                        pipeline,
                        "direction",
                        isUp ? "up" : "down")
                .increment();
    }

    void failed(String stage, ErrorCode code) {
        meters.count(
                        "millrace_pipeline_failures_total",
                        "Records given up, by stage and kind of error",
                        "project",
                        project,
                        "pipeline",
                        pipeline,
                        "stage",
                        stage,
                        "code",
                        code.name())
                .increment();
    }

    Meters.Count received() {
        return received;
    }

    Meters.Count answered() {
        return answered;
    }

    Meters.Count filtered() {
        return filtered;
    }

    Meters.Count outputs() {
        return outputs;
    }

    Meters.Count deadLetters() {
        return deadLetters;
    }

    Meters.Count dropped() {
        return dropped;
    }

    Meters.Count retries() {
        return retries;
    }

    Meters.Count batches() {
        return batches;
    }

    Meters.Count forgedHeaders() {
        return forgedHeaders;
    }

    Meters.Count restarts() {
        return restarts;
    }

    Meters.Count lateReadings() {
        return lateReadings;
    }

    Meters.Count forgottenSeries() {
        return forgottenSeries;
    }

    Meters.Timing queued() {
        return queued;
    }

    Meters.Timing latency() {
        return latency;
    }
}
