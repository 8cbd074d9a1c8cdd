package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.spi.LogRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The steps of a pipeline apart from its inputs and outputs: with function workers of its own,
 * without sink, commit or dead letter, and known to nobody who looks at the pipeline.
 *
 * <p>One thread uses it; any thread may {@link #cancel} it.
 */
public final class DryRun implements AutoCloseable {

    /** Far from the numbers of live workers. */
    private static final int FIRST_WORKER = 1_000;

    private static final String SUFFIX = ".replay";
    private static final int MAX_NAME = 128;
    private static final Duration PIECE = Duration.ofMillis(20);

    private final TaskContext context;
    private final Duration patience;
    private final TaskControl control;
    private final StageChain stages;
    private final Batch batch = new Batch();
    private final Verdicts verdicts = new Verdicts();

    private DryRun(
            TaskContext context,
            PipelinePlan plan,
            Duration patience,
            TaskControl control,
            List<Stage> stages) {
        this.context = context;
        this.patience = patience;
        this.control = control;
        var policy = plan.spec().onError();
        var meters = new PipelineMeters(Uncounted.METERS, plan.pipeline());
        this.stages = new StageChain(stages, new Attempts(policy, control, meters), verdicts);
    }

    /**
     * Starts the workers.
     *
     * @param patience how long a batch may wait for what is not there, such as a model that is
     *     being loaded
     * @param number tells apart those of one pipeline that run at the same time
     */
    static DryRun open(TaskContext context, PipelinePlan plan, Duration patience, int number) {
        var control = new TaskControl(context.time(), plan.inputs(), () -> {});
        var apart =
                new PipelinePlan(
                        apart(plan.pipeline()),
                        plan.uid(),
                        plan.createdAt(),
                        plan.spec(),
                        plan.inputs(),
                        plan.functions(),
                        plan.generations());
        var stages = new ArrayList<Stage>();
        try {
            var meters = new PipelineMeters(Uncounted.METERS, apart.pipeline());
            new TaskAssembly(context.withModels(new TrialCalls(context.models())), apart, meters)
                    .addStages(control, FIRST_WORKER + number, stages);
            var run = new DryRun(context, apart, patience, control, stages);
            control.onAbort(run::closeStages);
            return run;
        } catch (Throwable e) {
            stages.forEach(Stage::close);
            throw e;
        }
    }

    /** What its functions print belongs to another pipeline, so that live logs stay as they are. */
    static ResourceKey apart(ResourceKey pipeline) {
        String name = pipeline.name().value();
        String kept = name.substring(0, Math.min(name.length(), MAX_NAME - SUFFIX.length()));
        return ResourceKey.of(pipeline.kind(), pipeline.project(), kept + SUFFIX);
    }

    /**
     * The plan with other versions of some models.
     *
     * @throws MillraceException {@code INVALID} when no model step uses one of them
     */
    public static PipelinePlan withVersions(PipelinePlan plan, Map<ResourceName, Integer> models) {
        var left = new ArrayList<>(models.keySet());
        var steps = new ArrayList<PipelineSpec.Step>();
        for (PipelineSpec.Step step : plan.spec().steps()) {
            if (step instanceof PipelineSpec.ModelStep model
                    && model.models().stream().anyMatch(models::containsKey)) {
                left.removeAll(model.models());
                steps.add(withVersion(model, models));
            } else {
                steps.add(step);
            }
        }
        if (!left.isEmpty()) {
            throw MillraceException.invalid(
                    ("no model step of %s uses %s; a function chooses its models itself, so only"
                                    + " those of model steps can be given another version")
                            .formatted(plan.pipeline(), "model/" + left.getFirst()));
        }
        PipelineSpec spec = plan.spec();
        return new PipelinePlan(
                plan.pipeline(),
                plan.uid(),
                plan.createdAt(),
                new PipelineSpec(
                        spec.from(),
                        steps,
                        spec.to(),
                        spec.delivery(),
                        spec.onError(),
                        spec.scale()),
                plan.inputs(),
                plan.functions(),
                plan.generations());
    }

    private static PipelineSpec.Step withVersion(
            PipelineSpec.ModelStep step, Map<ResourceName, Integer> models) {
        if (step.models().size() > 1) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "a step that chooses among several models cannot be replayed with another version");
        }
        Integer version = models.getOrDefault(step.models().getFirst(), 0);
        return new PipelineSpec.ModelStep(
                step.choice(), new VersionRef.Numbered(version), step.decode(), step.encode());
    }

    /**
     * What became of a record.
     *
     * @param payloads what the last step made of it
     * @param steps what it passed through, with the version of each
     * @param failure why it failed; then there are no payloads
     */
    public record Outcome(
            List<byte[]> payloads, List<String> steps, Optional<PipelineTaps.Failure> failure) {}

    /**
     * Sends records through all steps.
     *
     * @param records as the log has them: none between two of a partition is left out
     * @return one for each, in their order
     * @throws MillraceException {@code UNAVAILABLE} when something was waited for too long, {@code
     *     INVALID} when somebody has to mend something first, {@code CONFLICT} after {@link
     *     #cancel}
     */
    public List<Outcome> run(List<LogRecord> records) {
        begin(records);
        try {
            for (int i = 0; i < stages.size(); i++) {
                stages.run(i, batch);
            }
            return outcomes();
        } catch (BatchAbandoned e) {
            throw abandoned(e);
        } finally {
            batch.clear();
            verdicts.clear();
        }
    }

    /** Sends one record through all steps and says what each of them made of it. */
    public List<PipelineTraces.Passed> steps(LogRecord record) {
        begin(List.of(record));
        var passed = new ArrayList<PipelineTraces.Passed>();
        try {
            for (int i = 0; i < stages.size() && batch.size() > 0; i++) {
                long before = context.time().nanoTime();
                stages.run(i, batch);
                var took = Duration.ofNanos(context.time().nanoTime() - before);
                Outcome outcome = outcomes().getFirst();
                passed.add(
                        new PipelineTraces.Passed(
                                stages.label(i), took, outcome.payloads(), outcome.failure()));
            }
            return passed;
        } catch (BatchAbandoned e) {
            MillraceException reason = abandoned(e);
            passed.add(
                    new PipelineTraces.Passed(
                            stages.label(passed.size()),
                            patience,
                            List.of(),
                            Optional.of(
                                    new PipelineTaps.Failure(
                                            stages.label(passed.size()),
                                            reason.code(),
                                            reason.text(),
                                            0))));
            return passed;
        } finally {
            batch.clear();
            verdicts.clear();
        }
    }

    private void begin(List<LogRecord> records) {
        control.patience(patience);
        try {
            for (Optional<String> why = stages.notReady();
                    why.isPresent();
                    why = stages.notReady()) {
                control.report(new PipelineState.Starting(why.get()));
                control.pause(PIECE);
            }
        } catch (BatchAbandoned e) {
            throw abandoned(e);
        }
        batch.start(records);
    }

    private MillraceException abandoned(BatchAbandoned cause) {
        if (control.isStopping()) {
            return new MillraceException(ErrorCode.CONFLICT, "it was cancelled", cause);
        }
        String why =
                switch (control.state()) {
                    case PipelineState.Starting(String message) -> message;
                    case PipelineState.Failing(String message) -> message;
                    case PipelineState.Running _ -> "a step";
                };
        return control.isHopeless()
                ? new MillraceException(ErrorCode.INVALID, "it cannot be done: " + why, cause)
                : new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "waited %d s in vain: %s".formatted(patience.toSeconds(), why),
                        cause);
    }

    private List<Outcome> outcomes() {
        var payloads = new ArrayList<List<byte[]>>();
        var trails = new byte[batch.recordCount()][];
        for (int i = 0; i < batch.recordCount(); i++) {
            payloads.add(new ArrayList<>(1));
            trails[i] = Trails.NOTHING;
        }
        for (int item = 0; item < batch.size(); item++) {
            if (batch.isLive(item)) {
                payloads.get(batch.origin(item)).add(batch.payload(item));
                trails[batch.origin(item)] = batch.trail(item);
            }
        }
        var outcomes = new ArrayList<Outcome>();
        for (int i = 0; i < batch.recordCount(); i++) {
            outcomes.add(
                    new Outcome(
                            List.copyOf(payloads.get(i)),
                            steps(trails[i]),
                            Optional.ofNullable(batch.failure(i)).map(Failure::shown)));
        }
        return outcomes;
    }

    private static List<String> steps(byte[] trail) {
        return trail.length == 0
                ? List.of()
                : List.of(new String(trail, StandardCharsets.UTF_8).split(",", -1));
    }

    /** Makes a call that is under way end soon; everything after it is refused. */
    public void cancel() {
        control.abort();
        control.endCalls();
    }

    private void closeStages() {
        for (Stage stage : stages.stages()) {
            if (stage instanceof FunctionStage function) {
                function.close();
            } else if (stage instanceof FetchStage fetch) {
                fetch.cancel();
            }
        }
    }

    @Override
    public void close() {
        stages.close();
    }
}
