package io.millrace.control;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EventLog;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Creates the topics of data sources and has their connectors take data. */
final class DataSourceReconciler implements Reconciler<DataSourceSpec> {
    /** Between the start of a connector and its first connection. */
    private static final String CONNECTING = "Connecting";

    private final StreamLog log;
    private final List<SourceConnector> connectors;
    private final EventLog events;
    private final Map<ResourceKey, SourceState> states = new ConcurrentHashMap<>();

    DataSourceReconciler(StreamLog log, List<SourceConnector> connectors, EventLog events) {
        this.log = log;
        this.connectors = List.copyOf(connectors);
        this.events = events;
    }

    @Override
    public Kind kind() {
        return Kind.DATA_SOURCE;
    }

    @Override
    public Observation reconcile(Request<DataSourceSpec> request) {
        return switch (DataSourcePlanner.plan(request.resource(), request.image())) {
            case DataSourcePlan.Refuse(String reason, String message) ->
                    Observation.notReady(reason, message);
            case DataSourcePlan.Bind(SourceBinding binding, String doubt) ->
                    bind(binding, doubt, request.changed());
        };
    }

    private Observation bind(SourceBinding binding, String doubt, Runnable changed) {
        Optional<SourceConnector> connector =
                connectors.stream().filter(c -> c.supports(binding.connection())).findFirst();
        if (connector.isEmpty()) {
            return Observation.notReady(
                    "Unsupported",
                    "this server takes no data by " + describe(binding.connection()));
        }
        log.ensureTopics(binding.routes().stream().map(SourceBinding.Route::logTopic).toList());
        for (SourceConnector other : connectors) {
            if (!other.equals(connector.get())) {
                // It may have served the source before its connection was changed.
                other.stop(binding.source());
            }
        }
        connector.get().start(binding);
        SourceState state = connector.get().state(binding.source(), changed);
        tell(binding.source(), state);
        return observation(state, doubt).withDetails(details(binding));
    }

    /** What goes on is an event when it changes; that it begins as it should is none. */
    private void tell(ResourceKey source, SourceState now) {
        if (now.reason().equals(CONNECTING)) {
            return;
        }
        SourceState before = states.put(source, now);
        if (now.equals(before)) {
            return;
        }
        if (!now.isTaking()) {
            events.record(source, EventLog.Severity.WARNING, now.reason(), now.message());
        } else if (before != null && !before.isTaking()) {
            events.record(source, EventLog.Severity.NORMAL, now.reason(), "data comes in again");
        }
    }

    private static Observation observation(SourceState state, String doubt) {
        if (!state.isTaking()) {
            return Observation.notReady(state.reason(), state.message());
        }
        return doubt.isEmpty()
                ? Observation.ready(state.reason(), state.message())
                : Observation.notReady(
                        CategoryCheck.REASON, doubt + "; data is taken all the same");
    }

    private static Map<String, String> details(SourceBinding binding) {
        var details = new LinkedHashMap<String, String>();
        details.put("connection", describe(binding.connection()));
        for (SourceBinding.Route route : binding.routes()) {
            details.put("field " + route.field(), route.topic() + " -> " + route.logTopic());
        }
        return details;
    }

    private static String describe(DataSourceSpec.Connection connection) {
        return switch (connection) {
            case DataSourceSpec.EmbeddedMqtt _ -> "MQTT, embedded broker";
            case DataSourceSpec.ExternalMqtt mqtt -> "MQTT, " + mqtt.broker().url();
            case DataSourceSpec.LogTopics() -> "Kafka, topics of the log";
            case DataSourceSpec.ExternalKafka kafka -> "Kafka, " + kafka.cluster().bootstrap();
            case DataSourceSpec.Bucket bucket ->
                    "objects, " + describe(bucket.store()) + ", " + describe(bucket.arrival());
        };
    }

    private static String describe(Optional<BucketConnection> store) {
        return store.map(other -> other.endpoint().isEmpty() ? "Amazon S3" : other.endpoint())
                .orElse("embedded store");
    }

    private static String describe(DataSourceSpec.Arrival arrival) {
        return switch (arrival) {
            case DataSourceSpec.Inside() -> "told by the store itself";
            case DataSourceSpec.OverHttp _ -> "events over HTTP";
            case DataSourceSpec.OverKafka kafka ->
                    "events from topic "
                            + kafka.topic()
                            + kafka.cluster()
                                    .map(c -> " of " + c.bootstrap())
                                    .orElse(" of the log");
            case DataSourceSpec.Polled(var every) -> "looked for every " + every.toSeconds() + " s";
        };
    }

    @Override
    public void remove(ResourceKey key) {
        states.remove(key);
        connectors.forEach(connector -> connector.stop(key));
    }
}
