package io.millrace.control;

import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionRuntime;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Has the environments of functions built. */
final class FunctionReconciler implements Reconciler<FunctionSpec> {
    private final FunctionRuntime functions;

    FunctionReconciler(FunctionRuntime functions) {
        this.functions = functions;
    }

    @Override
    public Kind kind() {
        return Kind.FUNCTION;
    }

    @Override
    public Observation reconcile(Request<FunctionSpec> request) {
        functions.prepare(request.key(), request.spec(), request.changed());
        return observe(functions.environment(request.key())).withDetails(details(request.spec()));
    }

    /** What the state of an environment means for the function. */
    static Observation observe(Optional<EnvironmentState> environment) {
        if (environment.isEmpty()) {
            return Observation.notReady("Preparing", "its environment is not prepared yet");
        }
        return switch (environment.get()) {
            case EnvironmentState.Building(String message) ->
                    Observation.notReady("BuildingEnvironment", message);
            case EnvironmentState.Failed(String message) ->
                    Observation.notReady("EnvironmentFailed", message);
            case EnvironmentState.Ready() -> Observation.ready("EnvironmentReady", "");
        };
    }

    private static Map<String, String> details(FunctionSpec spec) {
        var details = new LinkedHashMap<String, String>();
        details.put("language", spec.language().name().toLowerCase(Locale.ROOT));
        details.put("environment", spec.environment());
        if (!spec.requirements().isEmpty()) {
            details.put("requirements", String.join(", ", spec.requirements()));
        }
        details.put("timeout", spec.timeout().toMillis() + " ms");
        details.put("memory", spec.memory().toString());
        return details;
    }

    @Override
    public void remove(ResourceKey key) {
        functions.remove(key);
    }
}
