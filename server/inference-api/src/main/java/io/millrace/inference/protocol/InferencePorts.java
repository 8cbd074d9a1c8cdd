package io.millrace.inference.protocol;

import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import io.millrace.spi.GraphServing;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerServing;
import java.util.function.BooleanSupplier;

/**
 * What the inference protocols need of the rest of the server.
 *
 * @param serving the data plane
 * @param graphs inference graphs
 * @param log calls of models for which somebody asked to see them
 * @param bodies memory for bodies on their way, of all protocols together
 * @param isReady whether the whole server is ready, asked at each readiness request
 * @param meters where numbers go
 * @param time the clock
 * @param ids for requests that bring no id
 * @param tracing where the spans of calls go
 * @param transformers what requests go through whose model has one
 */
public record InferencePorts(
        ModelServing serving,
        GraphServing graphs,
        RequestLog log,
        BodyMemory bodies,
        BooleanSupplier isReady,
        Meters meters,
        TimeSource time,
        IdSource ids,
        Tracing tracing,
        TransformerServing transformers) {

    /** Without traces and transformers. */
    public InferencePorts(
            ModelServing serving,
            GraphServing graphs,
            RequestLog log,
            BodyMemory bodies,
            BooleanSupplier isReady,
            Meters meters,
            TimeSource time,
            IdSource ids) {
        this(
                serving,
                graphs,
                log,
                bodies,
                isReady,
                meters,
                time,
                ids,
                Tracing.OFF,
                TransformerServing.none());
    }
}
