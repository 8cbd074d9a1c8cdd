package io.millrace.spi;

import io.millrace.api.ResourceKey;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/**
 * Hears of the calls that models answered. The data plane calls it in the caller's thread, after
 * each answer and before the caller gets it: it returns at once, never blocks, never throws, and
 * costs next to nothing for a model that nobody watches. What it wants to look at later it copies,
 * unless it stands on the heap, where nobody writes to it any more.
 */
@FunctionalInterface
public interface CallObserver {

    /**
     * A call was answered.
     *
     * @param model that was called
     * @param version that answered
     * @param signature with which inputs and outputs go
     * @param inputs in the order of the signature
     * @param outputs in the order of the signature
     * @param records where the items come from; {@link CallRecords#NONE} when they are no records
     *     of the log. Valid only during this call
     */
    void answered(
            ResourceKey model,
            int version,
            Signature signature,
            List<Tensor> inputs,
            List<Tensor> outputs,
            CallRecords records);

    /** Looks at nothing. */
    static CallObserver none() {
        return (_, _, _, _, _, _) -> {};
    }
}
