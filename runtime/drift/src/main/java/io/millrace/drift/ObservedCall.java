package io.millrace.drift;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LogRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits to be looked at.
 *
 * @param model whose
 * @param version that answered
 * @param signature of the call
 * @param inputs in memory that stays
 * @param outputs in memory that stays
 * @param records the records of the items; empty when there are none, or nobody joins labels
 * @param bytes how much memory it holds
 */
record ObservedCall(
        WatchedModel model,
        int version,
        Signature signature,
        List<Tensor> inputs,
        List<Tensor> outputs,
        @Nullable LogRecord[] records,
        long bytes) {}
