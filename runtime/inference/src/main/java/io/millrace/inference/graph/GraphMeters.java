package io.millrace.inference.graph;

import io.millrace.api.ResourceKey;
import io.millrace.spi.GraphServing.Answer;
import io.millrace.spi.Meters;

/** What is counted about the calls of one graph. */
record GraphMeters(Meters.Count calls, Meters.Count failures, Meters.Timing duration) {

    static GraphMeters of(Meters meters, ResourceKey graph) {
        String[] labels = {"project", graph.project().value(), "graph", graph.name().value()};
        return new GraphMeters(
                meters.count("millrace_graph_requests_total", "Calls of a graph.", labels),
                meters.count(
                        "millrace_graph_errors_total", "Calls of a graph that failed.", labels),
                meters.timing("millrace_graph_seconds", "Duration of a call of a graph.", labels));
    }

    void count(Answer answer, long nanos) {
        calls.increment();
        if (answer instanceof Answer.Failed) {
            failures.increment();
        }
        duration.record(nanos);
    }
}
