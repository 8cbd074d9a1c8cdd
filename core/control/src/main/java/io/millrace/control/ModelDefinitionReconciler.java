package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.TrainingHost;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Has the models of definitions built once, so that mistakes are seen before anything trains. */
final class ModelDefinitionReconciler implements Reconciler<ModelDefinitionSpec> {
    private final TrainingHost training;

    ModelDefinitionReconciler(TrainingHost training) {
        this.training = training;
    }

    @Override
    public Kind kind() {
        return Kind.MODEL_DEFINITION;
    }

    @Override
    public Observation reconcile(Request<ModelDefinitionSpec> request) {
        training.check(request.key(), request.spec(), request.changed());
        return observe(request.spec(), training.definition(request.key()));
    }

    /** What the state of its check means for a definition. */
    static Observation observe(ModelDefinitionSpec spec, Optional<DefinitionState> state) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("library", spec.library().name().toLowerCase(Locale.ROOT));
        if (!spec.requirements().isEmpty()) {
            details.put("requirements", String.join(", ", spec.requirements()));
        }
        if (state.isEmpty()) {
            return Observation.notReady("Checking", "it waits to be looked at")
                    .withDetails(details);
        }
        Observation seen =
                switch (state.get()) {
                    case DefinitionState.Checking(String message) ->
                            Observation.notReady("Checking", message);
                    case DefinitionState.Invalid(String message) ->
                            Observation.notReady("Invalid", message);
                    case DefinitionState.Unknown(String message) ->
                            Observation.notReady("NotChecked", message);
                    case DefinitionState.Valid(String summary, String notice) -> {
                        details.put("model", summary);
                        yield Observation.ready("Valid", notice);
                    }
                };
        return seen.withDetails(details);
    }

    @Override
    public void remove(ResourceKey key) {
        training.forget(key);
    }
}
