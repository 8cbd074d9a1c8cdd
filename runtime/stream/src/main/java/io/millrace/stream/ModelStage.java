package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.PipelineSpec.OneModel;
import io.millrace.api.PipelineSpec.SelectedModel;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ModelServing;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Calls the model of a step, or the one of several that each record names. Items of one model are
 * called together and every answer takes the place of its item, so that the order of the records
 * stays whichever model answers first.
 *
 * <p>When one of several models is away, the others answer their items and the batch then waits for
 * it: what follows would otherwise overtake what waits.
 */
final class ModelStage implements Stage {

    private final String label;
    private final ModelLane[] lanes;
    private final @Nullable Template selector;
    private final String allowed;
    private int[] laneOf = new int[0];
    private int[] items = new int[0];

    ModelStage(
            String label,
            ResourceKey pipeline,
            ModelStep step,
            ModelServing models,
            TaskControl control) {
        this.label = label;
        this.selector =
                switch (step.choice()) {
                    case OneModel _ -> null;
                    case SelectedModel selected -> selector(selected, pipeline);
                };
        this.lanes =
                step.models().stream()
                        .map(model ->
                                new ModelLane(pipeline.project(), model, step, models, control))
                        .toArray(ModelLane[]::new);
        this.allowed = step.models().toString();
    }

    /**
     * Reads what names the model.
     *
     * @throws MillraceException {@code INVALID}
     */
    static Template selector(SelectedModel choice, ResourceKey pipeline) {
        return Template.ofInput(choice.selector(), pipeline, "the choice of the model");
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        Template chosenBy = selector;
        if (chosenBy == null) {
            lanes[0].attempt(batch, pending, count, verdicts);
            return;
        }
        if (items.length < count) {
            items = new int[Math.max(count, pending.length)];
            laneOf = new int[items.length];
        }
        for (int i = 0; i < count; i++) {
            laneOf[i] = lane(chosenBy, batch.recordOf(pending[i]), pending[i], verdicts);
        }
        for (int lane = 0; lane < lanes.length; lane++) {
            int own = 0;
            for (int i = 0; i < count; i++) {
                if (laneOf[i] == lane) {
                    items[own++] = pending[i];
                }
            }
            if (own > 0) {
                lanes[lane].attempt(batch, items, own, verdicts);
            }
        }
    }

    /** Which lane a record goes to; -1 when it names none that is allowed. */
    private int lane(Template chosenBy, LogRecord record, int item, Verdicts verdicts) {
        String name;
        try {
            name = chosenBy.expand(record, AnswerText.UNKNOWN);
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
            return -1;
        }
        for (int i = 0; i < lanes.length; i++) {
            if (lanes[i].model().value().equals(name)) {
                return i;
            }
        }
        verdicts.failed(
                item,
                ErrorCode.INVALID,
                "the record asks for the model '%s', allowed are %s".formatted(name, allowed));
        return -1;
    }

    @Override
    public Optional<String> notReady() {
        return Optional.empty();
    }

    @Override
    public void close() {
        for (ModelLane lane : lanes) {
            lane.forget();
        }
    }
}
