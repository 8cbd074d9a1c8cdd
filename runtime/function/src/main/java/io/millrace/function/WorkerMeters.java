package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.Meters;

/** What is counted about the workers of one step. */
final class WorkerMeters {

    private final Meters.Count messages;
    private final Meters.Count failures;
    private final Meters.Count timeouts;
    private final Meters.Count starts;
    private final Meters.Count startFailures;
    private final Meters.Count deaths;
    private final Meters.Timing batches;

    WorkerMeters(Meters meters, FunctionLaunch launch) {
        String[] labels = labels(launch);
        messages =
                meters.count(
                        "millrace_function_messages_total",
                        "Messages that functions answered, well or not.",
                        labels);
        failures =
                meters.count(
                        "millrace_function_failures_total",
                        "Messages that functions failed.",
                        labels);
        timeouts =
                meters.count(
                        "millrace_function_timeouts_total",
                        "Messages on which a function exceeded its time.",
                        labels);
        starts =
                meters.count(
                        "millrace_function_starts_total", "Worker processes that came up.", labels);
        startFailures =
                meters.count(
                        "millrace_function_start_failures_total",
                        "Worker processes that did not come up.",
                        labels);
        deaths =
                meters.count(
                        "millrace_function_deaths_total",
                        "Worker processes that ended without being asked to.",
                        labels);
        batches =
                meters.timing(
                        "millrace_function_batch_seconds",
                        "Time of one batch of messages.",
                        labels);
    }

    static String[] labels(FunctionLaunch launch) {
        return new String[] {
            "project", launch.pipeline().project().value(),
            "pipeline", launch.pipeline().name().value(),
            "function", launch.function().name().value()
        };
    }

    void batch(int size, long nanos) {
        messages.add(size);
        batches.record(nanos);
    }

    void failure(ErrorCode code) {
        failures.increment();
        if (code == ErrorCode.TIMEOUT) {
            timeouts.increment();
        }
    }

    void start() {
        starts.increment();
    }

    void startFailure() {
        startFailures.increment();
    }

    void death() {
        deaths.increment();
    }
}
