package io.millrace.stream;

import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.FunctionStep;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.PipelinePlan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Turns the steps and outputs of a plan into stages and outlets. */
final class TaskAssembly {

    private final TaskContext context;
    private final PipelinePlan plan;
    private final PipelineMeters meters;

    TaskAssembly(TaskContext context, PipelinePlan plan, PipelineMeters meters) {
        this.context = context;
        this.plan = plan;
        this.meters = meters;
    }

    /**
     * Refuses a plan that can never run.
     *
     * @throws MillraceException {@code INVALID}
     */
    static void check(PipelinePlan plan) {
        for (PipelineSpec.Output output : plan.spec().to()) {
            var _ = Address.of(output, plan.pipeline(), new SliceAnswers());
        }
        List<PipelineSpec.Step> steps = plan.spec().steps();
        for (int i = 0; i < steps.size(); i++) {
            check(plan, steps.get(i), i);
        }
        if (plan.spec().delivery() == PipelineSpec.Delivery.EXACTLY_ONCE) {
            plan.spec().to().forEach(TaskAssembly::requireInTheLog);
        }
        if (plan.spec().onError().attempts() < 1 || plan.spec().scale().max() < 1) {
            throw MillraceException.invalid("a pipeline needs at least one attempt and one task");
        }
    }

    private static void check(PipelinePlan plan, PipelineSpec.Step step, int index) {
        switch (step) {
            case FunctionStep function -> {
                var _ = functionSpec(plan, function);
            }
            case ModelStep model -> {
                if (model.choice() instanceof PipelineSpec.SelectedModel selected) {
                    var _ = ModelStage.selector(selected, plan.pipeline());
                }
            }
            case PipelineSpec.PredictStep _ -> {
                // Whether the model is there, control looks at.
            }
            case PipelineSpec.WindowStep _ -> {
                if (index > 0) {
                    throw MillraceException.invalid("a window must be the first step");
                }
            }
        }
    }

    /** Whether some of its records are news of objects. */
    static boolean hasObjects(PipelinePlan plan) {
        return plan.inputs().stream().anyMatch(input -> input.objects().isPresent());
    }

    private static FunctionSpec functionSpec(PipelinePlan plan, FunctionStep step) {
        FunctionSpec spec = plan.functions().get(step.name());
        if (spec == null) {
            throw MillraceException.invalid("the plan lacks function/" + step.name());
        }
        return spec;
    }

    /**
     * Adds one stage for each step, and one before where objects are to be fetched; what was added
     * is the caller's even when this fails.
     */
    void addStages(TaskControl control, int worker, List<Stage> stages) {
        if (hasObjects(plan)) {
            stages.add(
                    new FetchStage(
                            plan.pipeline().project(),
                            context.stores(),
                            control,
                            context.time(),
                            meters));
        }
        List<PipelineSpec.Step> steps = plan.spec().steps();
        for (int i = 0; i < steps.size(); i++) {
            stages.add(stage(steps.get(i), i, control, worker));
        }
    }

    private Stage stage(PipelineSpec.Step step, int index, TaskControl control, int worker) {
        return switch (step) {
            case FunctionStep function ->
                    new FunctionStage(
                            "step %d function/%s".formatted(index + 1, function.name()),
                            answerer(function),
                            context.functions().start(launch(function, index, worker)),
                            control);
            case PipelineSpec.PredictStep predict ->
                    new PredictStage(
                            "step %d model/%s".formatted(index + 1, predict.model()),
                            plan.pipeline(),
                            predict,
                            context.requests(),
                            control);
            case PipelineSpec.WindowStep window ->
                    new WindowStage(
                            "step %d window".formatted(index + 1),
                            window,
                            context.log(),
                            control,
                            meters);
            case ModelStep model ->
                    new ModelStage(
                            "step %d model/%s".formatted(index + 1, names(model)),
                            plan.pipeline(),
                            model,
                            context.models(),
                            control);
        };
    }

    /** The function with the generation of its declaration, where the plan knows that. */
    private String answerer(FunctionStep step) {
        Long generation = plan.generations().get(step.name());
        return "function/" + step.name() + (generation == null ? "" : "@" + generation);
    }

    private static String names(ModelStep step) {
        return step.models().stream().map(ResourceName::value).collect(Collectors.joining(","));
    }

    private FunctionLaunch launch(FunctionStep step, int index, int worker) {
        boolean isLast = index == plan.spec().steps().size() - 1;
        return new FunctionLaunch(
                plan.pipeline(),
                ResourceKey.of(Kind.FUNCTION, plan.pipeline().project(), step.name()),
                functionSpec(plan, step),
                index,
                worker,
                step.args(),
                index == 0 ? "input" : "step-" + index,
                isLast ? destinations() : "step-" + (index + 1));
    }

    private String destinations() {
        var names = new ArrayList<String>();
        for (PipelineSpec.Output output : plan.spec().to()) {
            names.add(Address.text(output, plan.pipeline()));
        }
        return String.join(", ", names);
    }

    /** Adds one outlet for each output; what was added is the caller's even when this fails. */
    void addOutlets(
            TaskControl control,
            OutputHeaders headers,
            SliceAnswers answers,
            List<Outlet> outlets) {
        List<PipelineSpec.Output> to = plan.spec().to();
        for (int i = 0; i < to.size(); i++) {
            outlets.add(
                    new Outlet(
                            form(to.get(i), headers, answers), context.openSink(plan, i), control));
        }
    }

    /** The outputs that a transaction takes instead of sinks. */
    List<TransactedOutput> transactedOutputs(OutputHeaders headers, SliceAnswers answers) {
        var outputs = new ArrayList<TransactedOutput>();
        List<PipelineSpec.Output> to = plan.spec().to();
        for (int i = 0; i < to.size(); i++) {
            PipelineSpec.Output output = to.get(i);
            requireInTheLog(output);
            LogTopics topics =
                    output instanceof PipelineSpec.KafkaOutput kafka
                            ? context.topics(plan, i, kafka)
                            : LogTopics.own(context.log());
            outputs.add(new TransactedOutput(form(output, headers, answers), topics));
        }
        return outputs;
    }

    private static void requireInTheLog(PipelineSpec.Output output) {
        boolean isInTheLog =
                output instanceof PipelineSpec.StreamOutput
                        || (output instanceof PipelineSpec.KafkaOutput kafka
                                && kafka.cluster().isEmpty());
        if (!isInTheLog) {
            throw MillraceException.invalid(
                    "exactly-once needs outputs in the log itself, not " + label(output));
        }
    }

    private OutputForm form(
            PipelineSpec.Output output, OutputHeaders headers, SliceAnswers answers) {
        return new OutputForm(
                label(output),
                Address.of(output, plan.pipeline(), answers),
                headers,
                answers,
                output instanceof PipelineSpec.KafkaOutput,
                !(output instanceof PipelineSpec.KafkaOutput kafka) || kafka.isKeyed());
    }

    private static String label(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt -> "output mqtt/" + mqtt.topic();
            case PipelineSpec.KafkaOutput kafka -> "output kafka/" + kafka.topic();
            case PipelineSpec.StreamOutput() -> "output stream";
            case PipelineSpec.BucketOutput bucket -> label(bucket);
        };
    }

    private static String label(PipelineSpec.BucketOutput output) {
        return switch (output.action()) {
            case PUT -> "output bucket/" + output.bucket() + "/" + output.key();
            case COPY -> "output bucket copy/" + output.bucket() + "/" + output.key();
            case MOVE -> "output bucket move/" + output.bucket() + "/" + output.key();
            case DELETE -> "output bucket delete";
        };
    }
}
