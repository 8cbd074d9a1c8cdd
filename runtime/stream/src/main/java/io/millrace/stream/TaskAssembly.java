package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.FunctionStep;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.ResourceKey;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelinePlan;
import java.util.ArrayList;
import java.util.List;

/** Turns the steps and outputs of a plan into stages and outlets. */
final class TaskAssembly {

    private final TaskContext context;
    private final PipelinePlan plan;

    TaskAssembly(TaskContext context, PipelinePlan plan) {
        this.context = context;
        this.plan = plan;
    }

    /**
     * Refuses a plan that can never run.
     *
     * @throws MillraceException {@code INVALID}
     */
    static void check(PipelinePlan plan) {
        for (PipelineSpec.Output output : plan.spec().to()) {
            var _ = Template.parse(destination(output, plan.pipeline()), plan.pipeline());
        }
        for (PipelineSpec.Step step : plan.spec().steps()) {
            if (step instanceof FunctionStep function) {
                var _ = functionSpec(plan, function);
            }
        }
        if (plan.spec().onError().attempts() < 1 || plan.spec().scale().max() < 1) {
            throw MillraceException.invalid("a pipeline needs at least one attempt and one task");
        }
    }

    private static FunctionSpec functionSpec(PipelinePlan plan, FunctionStep step) {
        FunctionSpec spec = plan.functions().get(step.name());
        if (spec == null) {
            throw MillraceException.invalid("the plan lacks function/" + step.name());
        }
        return spec;
    }

    /** Adds one stage for each step; what was added is the caller's even when this fails. */
    void addStages(TaskControl control, int worker, List<Stage> stages) {
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
                            context.functions().start(launch(function, index, worker)),
                            control);
            case PipelineSpec.WindowStep _ ->
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED, "window steps are not there yet");
            case ModelStep model ->
                    new ModelStage(
                            "step %d model/%s".formatted(index + 1, model.models().getFirst()),
                            plan.pipeline().project(),
                            model,
                            context.models(),
                            control);
        };
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
            names.add(destination(output, plan.pipeline()));
        }
        return String.join(", ", names);
    }

    /** Adds one outlet for each output; what was added is the caller's even when this fails. */
    void addOutlets(TaskControl control, List<Outlet> outlets) {
        for (PipelineSpec.Output output : plan.spec().to()) {
            Template template =
                    Template.parse(destination(output, plan.pipeline()), plan.pipeline());
            outlets.add(
                    new Outlet(label(output), template, context.openSink(plan, output), control));
        }
    }

    private static String label(PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt -> "output mqtt/" + mqtt.topic();
            case PipelineSpec.KafkaOutput kafka -> "output kafka/" + kafka.topic();
            case PipelineSpec.StreamOutput() -> "output stream";
        };
    }

    private static String destination(PipelineSpec.Output output, ResourceKey pipeline) {
        return switch (output) {
            case PipelineSpec.MqttOutput mqtt -> mqtt.topic();
            case PipelineSpec.KafkaOutput kafka -> kafka.topic();
            case PipelineSpec.StreamOutput() ->
                    LogTopic.ofStream(pipeline.project(), pipeline.name());
        };
    }
}
