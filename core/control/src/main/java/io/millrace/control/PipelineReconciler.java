package io.millrace.control;

import io.millrace.api.BucketConnection;
import io.millrace.api.Kind;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.LogTopic;
import io.millrace.spi.ModelHost;
import io.millrace.spi.PipelineHost;
import io.millrace.spi.PipelineState;
import io.millrace.spi.StepLogs;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Has pipelines run. */
final class PipelineReconciler implements Reconciler<PipelineSpec> {
    private final StreamLog log;
    private final PipelineHost pipelines;
    private final StepLogs stepLogs;
    private final PipelinePlanner.Observed observed;

    PipelineReconciler(
            StreamLog log,
            PipelineHost pipelines,
            FunctionRuntime functions,
            ModelHost models,
            StepLogs stepLogs) {
        this.log = log;
        this.pipelines = pipelines;
        this.stepLogs = stepLogs;
        this.observed = new Hosts(models, functions);
    }

    @Override
    public Kind kind() {
        return Kind.PIPELINE;
    }

    @Override
    public Observation reconcile(Request<PipelineSpec> request) {
        return switch (PipelinePlanner.plan(request.resource(), request.image(), observed)) {
            case PipelineDecision.Block(String reason, String message) ->
                    blocked(request, reason, message);
            case PipelineDecision.Wait() -> waiting(request);
            case PipelineDecision.Deploy deploy -> deploy(request, deploy);
        };
    }

    /** What runs goes on: an update that cannot run yet must not stop what can. */
    private Observation blocked(Request<PipelineSpec> request, String reason, String message) {
        boolean isRunning = pipelines.observe(request.key()).isPresent();
        return Observation.notReady(
                        reason, isRunning ? message + "; until then it runs as before" : message)
                .withDetails(details(request, List.of()));
    }

    private Observation waiting(Request<PipelineSpec> request) {
        if (pipelines.observe(request.key()).isPresent()) {
            pipelines.remove(request.key(), false);
        }
        return Observation.ready(
                        "WaitingForStreams",
                        "no field of a data source carries the categories yet; it starts by itself"
                                + " when one does")
                .withDetails(details(request, List.of()));
    }

    private Observation deploy(Request<PipelineSpec> request, PipelineDecision.Deploy deploy) {
        log.ensureTopics(topics(request, deploy.streams()));
        prepareOutputs(request.spec());
        stepLogs.open(request.key());
        pipelines.deploy(deploy.plan(), request.changed());
        Map<String, String> details = details(request, deploy.streams());
        Optional<PipelineState> state = pipelines.observe(request.key());
        if (state.isEmpty()) {
            return Observation.notReady("Starting", "").withDetails(details);
        }
        return switch (state.get()) {
            case PipelineState.Starting(String message) ->
                    Observation.notReady("Starting", message).withDetails(details);
            case PipelineState.Failing(String message) ->
                    Observation.notReady("Failing", message).withDetails(details);
            case PipelineState.Running(Map<String, String> facts) -> {
                details.putAll(new TreeMap<>(facts));
                yield Observation.ready("Running", "").withDetails(details);
            }
        };
    }

    /**
     * Readers that come before the first answer shall find its topic, for some clients look for a
     * topic that is not there minutes later only; and those that come after it shall find it.
     */
    private void prepareOutputs(PipelineSpec spec) {
        for (PipelineSpec.Output output : spec.to()) {
            if (output instanceof PipelineSpec.KafkaOutput kafka
                    && kafka.cluster().isEmpty()
                    && kafka.topic().indexOf('{') < 0) {
                log.ensureTopics(List.of(kafka.topic()));
                kafka.readers().forEach(group -> log.keepPlace(group, kafka.topic()));
            }
        }
    }

    private static List<String> topics(
            Request<PipelineSpec> request, List<StreamSelection.Stream> streams) {
        var topics = new ArrayList<String>();
        streams.forEach(stream -> topics.add(stream.logTopic()));
        topics.add(PipelinePlanner.retries(request.key()).logTopic());
        if (request.spec().onError().deadLetter()) {
            topics.add(deadLetters(request.key()));
        }
        if (request.spec().to().stream().anyMatch(PipelineSpec.StreamOutput.class::isInstance)) {
            topics.add(LogTopic.ofStream(request.key().project(), request.key().name()));
        }
        return topics;
    }

    private static String deadLetters(ResourceKey pipeline) {
        return LogTopic.ofDeadLetters(pipeline.project(), pipeline.name());
    }

    private static Map<String, String> details(
            Request<PipelineSpec> request, List<StreamSelection.Stream> streams) {
        PipelineSpec spec = request.spec();
        var details = new LinkedHashMap<String, String>();
        details.put("guarantee", Guarantee.of(spec));
        details.put(
                "reads",
                streams.stream()
                        .map(StreamSelection.Stream::label)
                        .collect(Collectors.joining(", ")));
        details.put(
                "writes",
                spec.to().stream()
                        .map(PipelineReconciler::describe)
                        .collect(Collectors.joining(", ")));
        details.put(
                "failed records",
                spec.onError().deadLetter()
                        ? "log topic " + deadLetters(request.key())
                        : "dropped and counted");
        details.put(
                "tasks",
                spec.scale().isFixed()
                        ? Integer.toString(spec.scale().min())
                        : spec.scale().min() + " to " + spec.scale().max());
        return details;
    }

    private static String describe(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt ->
                    "mqtt " + mqtt.topic() + mqtt.broker().map(b -> " at " + b.url()).orElse("");
            case PipelineSpec.KafkaOutput kafka ->
                    "kafka "
                            + kafka.topic()
                            + kafka.cluster().map(c -> " at " + c.bootstrap()).orElse("");
            case PipelineSpec.StreamOutput() -> "stream";
            case PipelineSpec.BucketOutput bucket -> describe(bucket);
        };
    }

    private static String describe(PipelineSpec.BucketOutput output) {
        String place =
                switch (output.action()) {
                    case PUT -> "bucket " + output.bucket() + "/" + output.key();
                    case COPY -> "bucket " + output.bucket() + "/" + output.key() + " by copy";
                    case MOVE -> "bucket " + output.bucket() + "/" + output.key() + " by move";
                    case DELETE -> "bucket, deleting what was read";
                };
        String batch =
                output.batch()
                        .map(b ->
                                " in batches of %d records or %d ms"
                                        .formatted(b.records(), b.time().toMillis()))
                        .orElse("");
        return place + batch + output.store().map(s -> " at " + address(s)).orElse("");
    }

    private static String address(BucketConnection store) {
        return store.endpoint().isEmpty() ? "Amazon " + store.region() : store.endpoint();
    }

    @Override
    public void remove(ResourceKey key) {
        pipelines.remove(key, true);
        // Its functions end in the background: from here on their words are not kept.
        stepLogs.remove(key);
    }

    private record Hosts(ModelHost models, FunctionRuntime functions)
            implements PipelinePlanner.Observed {
        @Override
        public List<ModelVersionStatus> versions(ResourceKey model) {
            return models.observe(model);
        }

        @Override
        public OptionalInt serving(ResourceKey model) {
            return models.serving(model);
        }

        @Override
        public Optional<EnvironmentState> environment(ResourceKey function) {
            return functions.environment(function);
        }
    }
}
