package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Meters;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What is counted about the calls of one model. */
final class CallMeters {
    private final Meters.Count requests;
    private final Meters.Timing latency;
    private final Map<ErrorCode, Meters.Count> errors = new EnumMap<>(ErrorCode.class);

    CallMeters(Meters meters, ProjectId project, ResourceName model) {
        String[] labels = {"project", project.value(), "model", model.value()};
        requests = meters.count("millrace_model_requests_total", "Calls of a model.", labels);
        latency =
                meters.timing(
                        "millrace_model_request_seconds",
                        "Duration of an answered call, queueing included.",
                        labels);
        for (ErrorCode code : ErrorCode.values()) {
            errors.put(
                    code,
                    meters.count(
                            "millrace_model_errors_total",
                            "Calls of a model that failed.",
                            "project",
                            project.value(),
                            "model",
                            model.value(),
                            "code",
                            code.name().toLowerCase(Locale.ROOT)));
        }
    }

    void answered(long nanos) {
        requests.increment();
        latency.record(nanos);
    }

    void failed(ErrorCode code) {
        requests.increment();
        Meters.Count count = errors.get(code);
        if (count != null) {
            count.increment();
        }
    }
}
