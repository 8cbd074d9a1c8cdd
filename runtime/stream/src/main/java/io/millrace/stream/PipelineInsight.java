package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.Meters;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What one needs to look into pipelines from outside: their plans, where their answers are kept,
 * and their steps apart from all that is live. Any thread.
 */
public final class PipelineInsight {

    private final TaskContext context;
    private final Meters meters;
    private final Function<ResourceKey, Optional<PipelinePlan>> plans;
    private final LongSupplier lag;
    private final AtomicInteger runs = new AtomicInteger();

    PipelineInsight(
            TaskContext context,
            Meters meters,
            Function<ResourceKey, Optional<PipelinePlan>> plans,
            LongSupplier lag) {
        this.context = context;
        this.meters = meters;
        this.plans = plans;
        this.lag = lag;
    }

    /** The log that the pipelines read. */
    public StreamLog log() {
        return context.log();
    }

    /** The clock. */
    public TimeSource time() {
        return context.time();
    }

    /** How far all pipelines are behind now. */
    public long lag() {
        return lag.getAsLong();
    }

    /**
     * How a pipeline runs now.
     *
     * @throws MillraceException {@code UNAVAILABLE} when it does not
     */
    public PipelinePlan plan(ResourceKey pipeline) {
        return plans.apply(pipeline)
                .orElseThrow(() ->
                        new MillraceException(
                                ErrorCode.UNAVAILABLE,
                                "pipeline/%s does not run; see: millrace describe pipeline/%s"
                                        .formatted(pipeline.name(), pipeline.name())));
    }

    /**
     * Refuses a version of a model that cannot be called.
     *
     * @throws MillraceException {@code NOT_FOUND}, {@code UNAVAILABLE}
     */
    public void requireVersion(ProjectId project, ResourceName model, int version) {
        var known = context.models().describe(project, model, new VersionRef.Numbered(version));
        if (known.versions().stream().noneMatch(v -> v.version() == version)) {
            throw MillraceException.notFound(
                    "model/%s has no version %d".formatted(model, version));
        }
    }

    /** The consumer group of a pipeline. */
    public String group(PipelinePlan plan) {
        return TaskContext.groupOf(plan);
    }

    /**
     * The steps of a plan, apart from all that is live. The caller closes it.
     *
     * @param patience how long a batch may wait for what is not there
     */
    public DryRun dryRun(PipelinePlan plan, Duration patience) {
        return DryRun.open(context, plan, patience, runs.getAndIncrement());
    }

    /** Forgets what dry runs of a pipeline have counted. */
    public void forgetDryRuns(ResourceKey pipeline) {
        ResourceKey apart = apart(pipeline);
        meters.forget("project", apart.project().value(), "pipeline", apart.name().value());
    }

    /** Under which key the functions of a dry run work. */
    public static ResourceKey apart(ResourceKey pipeline) {
        return DryRun.apart(pipeline);
    }

    /**
     * Where an output puts what is made of a record.
     *
     * @param label of the output, for people
     * @param text the destination; empty when the record does not have what it needs
     * @param isInLog whether that is a topic of the log
     */
    public record Destination(String label, String text, boolean isInLog) {}

    /** Where the outputs of a pipeline put what is made of a record, in their order. */
    public List<Destination> destinations(PipelinePlan plan, LogRecord record) {
        var destinations = new ArrayList<Destination>();
        for (PipelineSpec.Output output : plan.spec().to()) {
            destinations.add(
                    new Destination(
                            label(output), destination(plan, output, record), isInLog(output)));
        }
        return destinations;
    }

    private static String label(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.StreamOutput() -> "stream";
            case PipelineSpec.KafkaOutput _ -> "kafka";
            case PipelineSpec.MqttOutput _ -> "mqtt";
            case PipelineSpec.BucketOutput _ -> "bucket";
        };
    }

    private static boolean isInLog(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.StreamOutput() -> true;
            case PipelineSpec.KafkaOutput kafka -> kafka.cluster().isEmpty();
            case PipelineSpec.MqttOutput _ -> false;
            case PipelineSpec.BucketOutput _ -> false;
        };
    }

    private static String destination(
            PipelinePlan plan, PipelineSpec.Output output, LogRecord record) {
        try {
            return Address.of(output, plan.pipeline(), new SliceAnswers())
                    .of(record, AnswerText.UNKNOWN);
        } catch (MillraceException _) {
            return "";
        }
    }

    /** The topic of the log that keeps all answers of a pipeline; empty when there is none. */
    public Optional<String> keptAnswers(PipelinePlan plan) {
        Optional<String> kept = Optional.empty();
        for (PipelineSpec.Output output : plan.spec().to()) {
            if (output instanceof PipelineSpec.StreamOutput) {
                return Optional.of(stream(plan));
            }
            if (output instanceof PipelineSpec.KafkaOutput kafka
                    && kafka.cluster().isEmpty()
                    && !kafka.isReply()
                    && kept.isEmpty()) {
                Template template =
                        Template.parse(kafka.topic(), plan.pipeline(), new SliceAnswers());
                kept = template.isConstant() ? Optional.of(template.text()) : Optional.empty();
            }
        }
        return kept;
    }

    private static String stream(PipelinePlan plan) {
        return LogTopic.ofStream(plan.pipeline().project(), plan.pipeline().name());
    }
}
