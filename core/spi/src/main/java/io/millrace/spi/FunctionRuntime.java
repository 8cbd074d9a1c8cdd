package io.millrace.spi;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import java.util.Optional;

/** Runs functions in processes of their own. */
public interface FunctionRuntime extends AutoCloseable {

    /**
     * Makes the environment of a function ready; returns at once and works in the background.
     * Calling it again with the same spec does nothing.
     *
     * @param changed called, on any thread, whenever {@link #environment} would say something new
     */
    void prepare(ResourceKey function, FunctionSpec spec, Runnable changed);

    /** How far the environment of a function is; empty when it was never prepared. */
    Optional<EnvironmentState> environment(ResourceKey function);

    /** Forgets a function. Its workers belong to the pipelines and are not touched. */
    void remove(ResourceKey function);

    /**
     * A worker for one step of one task. The worker starts in the background; it is supervised and
     * restarted with back-off until it is closed.
     */
    FunctionWorker start(FunctionLaunch launch);

    /**
     * A worker for a model's transformer, supervised in the same way.
     *
     * @param launch says what there is to know of the transformer
     */
    default TransformerWorker transform(FunctionLaunch launch) {
        throw new MillraceException(
                ErrorCode.UNSUPPORTED, "transformers are not available in this install");
    }

    @Override
    void close();
}
