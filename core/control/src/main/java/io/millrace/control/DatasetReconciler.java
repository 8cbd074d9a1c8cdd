package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceKey;
import io.millrace.api.TopicRange;
import io.millrace.spi.DatasetHost;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Has datasets looked for in the log. */
final class DatasetReconciler implements Reconciler<DatasetSpec> {
    private final DatasetHost datasets;

    DatasetReconciler(DatasetHost datasets) {
        this.datasets = datasets;
    }

    @Override
    public Kind kind() {
        return Kind.DATASET;
    }

    @Override
    public Observation reconcile(Request<DatasetSpec> request) {
        Map<String, String> details = details(request.spec());
        Optional<String> denied = readingProblem(request.key().project(), request.spec());
        if (denied.isPresent()) {
            datasets.remove(request.key()); // what it was before may have been looked for
            return Observation.notReady("Denied", denied.get()).withDetails(details);
        }
        datasets.check(request.key(), request.spec(), request.changed());
        Announced.of(request.resource())
                .ifPresent(by -> details.put("announced for", "number " + by.number()));
        return observe(datasets.observe(request.key()), details);
    }

    /** Why a project must not read the topics of a dataset; empty when it may. */
    static Optional<String> readingProblem(ProjectId project, DatasetSpec spec) {
        return Stream.concat(spec.ranges().stream(), spec.unlabelled().stream())
                .map(range -> ReservedTopics.readingProblem(project, range.topic()))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Observation observe(
            Optional<DatasetHost.State> found, Map<String, String> details) {
        if (found.isEmpty()) {
            return Observation.notReady("Checking", "the log has not been looked at yet")
                    .withDetails(details);
        }
        DatasetHost.State state = found.get();
        details.put("records", Long.toString(state.records()));
        if (state.unlabelled() > 0) {
            details.put("unlabelled", Long.toString(state.unlabelled()));
        }
        if (!state.sample().isEmpty()) {
            details.put("sample", state.sample());
        }
        Observation seen =
                state.fault().isEmpty()
                        ? Observation.ready("Available", "")
                        : Observation.notReady(state.fault(), state.message());
        return seen.withDetails(details);
    }

    private static Map<String, String> details(DatasetSpec spec) {
        var details = new LinkedHashMap<String, String>();
        details.put("ranges", text(spec.ranges()));
        if (!spec.unlabelled().isEmpty()) {
            details.put("unlabelled ranges", text(spec.unlabelled()));
        }
        return details;
    }

    private static String text(List<TopicRange> ranges) {
        return ranges.stream().map(TopicRange::toString).collect(Collectors.joining(", "));
    }

    @Override
    public void remove(ResourceKey key) {
        datasets.remove(key);
    }
}
