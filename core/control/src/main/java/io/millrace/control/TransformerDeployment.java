package io.millrace.control;

import io.millrace.api.Condition.Truth;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TransformerSpec;
import io.millrace.control.Observation.Statement;
import io.millrace.control.Reconciler.Request;
import io.millrace.spi.StepLogs;
import io.millrace.spi.TransformerHost;
import io.millrace.spi.TransformerHost.State;
import java.util.LinkedHashMap;
import java.util.Optional;

/** Has the transformers of models run, and says how they stand as a condition of the model. */
final class TransformerDeployment {

    /** The condition of models with a transformer; KServe's name for it. */
    static final String TRANSFORMER_READY = "TransformerReady";

    private final TransformerHost host;
    private final StepLogs stepLogs;

    TransformerDeployment(TransformerHost host, StepLogs stepLogs) {
        this.host = host;
        this.stepLogs = stepLogs;
    }

    /** Empty when the model has none. */
    Optional<Statement> reconcile(Request<ModelSpec> request) {
        ResourceKey model = request.key();
        if (request.spec().transformer().isEmpty()) {
            host.remove(model);
            return Optional.empty();
        }
        TransformerSpec spec = request.spec().transformer().get();
        Optional<Resource<FunctionSpec>> function =
                request.image()
                        .find(
                                ResourceKey.of(Kind.FUNCTION, model.project(), spec.function()),
                                FunctionSpec.class);
        if (function.isEmpty()) {
            return Optional.of(
                    blocked(
                            model,
                            "UnknownFunction",
                            "function '" + spec.function() + "' does not exist"));
        }
        Optional<String> wrong =
                PipelinePlanner.wrongArguments(spec.args(), function.get().spec().parameters());
        if (wrong.isPresent()) {
            return Optional.of(
                    blocked(
                            model,
                            "InvalidArguments",
                            "function '" + spec.function() + "': " + wrong.get()));
        }
        stepLogs.open(model);
        try {
            host.deploy(model, spec, function.get().spec(), request.changed());
        } catch (MillraceException e) {
            return Optional.of(blocked(model, "NotDeployed", e.text()));
        }
        return host.state(model).map(TransformerDeployment::statement);
    }

    private Statement blocked(ResourceKey model, String reason, String message) {
        host.block(model, message);
        return new Statement(TRANSFORMER_READY, Truth.FALSE, reason, message);
    }

    private static Statement statement(State state) {
        if (state.running() == 0) {
            return new Statement(TRANSFORMER_READY, Truth.FALSE, "Starting", state.message());
        }
        return state.running() < state.workers()
                ? new Statement(
                        TRANSFORMER_READY,
                        Truth.TRUE,
                        "Running",
                        "%d of %d processes; %s"
                                .formatted(state.running(), state.workers(), state.message()))
                : new Statement(TRANSFORMER_READY, Truth.TRUE, "Running", "");
    }

    /** A model is not ready while its transformer is not. */
    static Observation apply(Statement transformer, Observation observed) {
        var details = new LinkedHashMap<>(observed.details());
        details.put("transformer", transformer.reason());
        if (transformer.status() == Truth.TRUE || observed.ready() != Truth.TRUE) {
            return observed.withDetails(details);
        }
        return Observation.notReady("TransformerNotReady", transformer.message())
                .withDetails(details)
                .withVersions(observed.versions())
                .withStatements(observed.statements());
    }

    void remove(ResourceKey model) {
        host.remove(model);
        stepLogs.remove(model);
    }
}
