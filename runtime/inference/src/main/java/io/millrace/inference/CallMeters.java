package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Meters;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is counted about the calls of one version of a model. */
final class CallMeters {

    /** The label of calls that no version could take. */
    static final String NO_VERSION = "none";

    private final Meters meters;
    private final String project;
    private final String model;
    private final String version;
    private final Meters.Count requests;
    private final Meters.Timing latency;

    /** Made when the first call fails so: most never do. */
    private final Map<ErrorCode, Meters.Count> errors = new ConcurrentHashMap<>();

    CallMeters(Meters meters, ProjectId project, ResourceName model, String version) {
        this.meters = meters;
        this.project = project.value();
        this.model = model.value();
        this.version = version;
        String[] labels = {"project", this.project, "model", this.model, "version", version};
        requests = meters.count("millrace_model_requests_total", "Calls of a model.", labels);
        latency =
                meters.timing(
                        "millrace_model_request_seconds",
                        "Duration of an answered call, queueing included.",
                        labels);
    }

    void answered(long nanos) {
        requests.increment();
        latency.record(nanos);
    }

    void failed(ErrorCode code) {
        requests.increment();
        error(code).increment();
    }

    private Meters.Count error(ErrorCode code) {
        return errors.computeIfAbsent(
                code,
                failed ->
                        meters.count(
                                "millrace_model_errors_total",
                                "Calls of a model that failed.",
                                "project",
                                project,
                                "model",
                                model,
                                "version",
                                version,
                                "code",
                                failed.name().toLowerCase(Locale.ROOT)));
    }
}
