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
    private final Meters.Count lateReadings;
    private final Meters.Count forgottenSeries;
    private final Meters.Timing latency;

    PipelineMeters(Meters meters, ResourceKey key) {
        this.meters = meters;
        this.project = key.project().value();
        this.pipeline = key.name().value();
        this.received = count("received", "Records read, those read again included");
        this.answered = count("answered", "Records whose outputs were all acknowledged");
        this.filtered = count("filtered", "Records that the steps made no output of");
        this.outputs = count("outputs", "Outputs acknowledged by their sinks");
        this.deadLetters = count("dead_letters", "Records in the dead-letter topic");
        this.dropped = count("dropped", "Failed records that nothing keeps, as declared");
        this.retries = count("retries", "Further attempts of items");
        this.batches = count("batches", "Batches committed");
        this.restarts = count("task_restarts", "Tasks rebuilt after an unexpected error");
        this.lateReadings =
                count("late_readings", "Readings older than all of a full window, left out");
        this.forgottenSeries =
                count("forgotten_series", "Series whose windows made room for those of others");
        this.latency =
                meters.timing(
                        "millrace_pipeline_latency_seconds",
                        "From reception at the source to acknowledgement by the last sink",
                        "project",
                        project,
                        "pipeline",
                        pipeline);
    }

    private Meters.Count count(String name, String help) {
        return meters.count(
                "millrace_pipeline_" + name + "_total",
                help,
                "project",
                project,
                "pipeline",
                pipeline);
    }

    Meters.Timing stageTime(String stage) {
        return meters.timing(
                "millrace_pipeline_stage_seconds",
                "How long a stage takes for a batch, retries included",
                "project",
                project,
                "pipeline",
                pipeline,
                "stage",
                stage);
    }

    /** A number of the pipeline that is read when somebody looks. */
    void gauge(String name, String help, DoubleSupplier value) {
        meters.gauge(
                "millrace_pipeline_" + name, help, value, "project", project, "pipeline", pipeline);
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

    Meters.Count restarts() {
        return restarts;
    }

    Meters.Count lateReadings() {
        return lateReadings;
    }

    Meters.Count forgottenSeries() {
        return forgottenSeries;
    }

    Meters.Timing latency() {
        return latency;
    }
}
