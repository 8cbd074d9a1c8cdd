package io.millrace.spi;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/**
 * A model in memory. May be called from several threads at once; the caller makes sure that no call
 * is under way when it is closed.
 */
public interface LoadedModel extends AutoCloseable {

    /** All ways to call it, at least one. */
    List<Signature> signatures();

    /**
     * Computes, in the caller's thread.
     *
     * <p>The inputs have been checked against the signature: number, type, rank and fixed extents.
     * An engine that would crash the process on anything else still checks again.
     *
     * @param signature one of {@link #signatures()}
     * @param inputs in the order of the signature; read only during the call
     * @return outputs in the order of the signature, in memory of their own
     * @throws io.millrace.api.MillraceException {@code INVALID} or {@code USER_CODE} when the model
     *     fails on these inputs
     */
    List<Tensor> run(Signature signature, List<Tensor> inputs);

    /** Frees its memory. Idempotent. */
    @Override
    void close();
}
