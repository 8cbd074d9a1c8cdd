package io.millrace.spi;

import io.millrace.api.ErrorCode;
import java.util.Map;

/** What a transformer made of a request. */
public sealed interface TransformerReply {

    /**
     * It answered, perhaps with an error.
     *
     * @param status as HTTP has it; from 300 on the body says {@code {"error": "…"}}
     * @param headers by their names in lower case
     * @param body JSON first, then binary tensors, unless the headers say something else
     * @param jsonLength how much of the body is JSON; {@link TransformerRequest#ALL_JSON} when
     *     nothing follows it
     * @param stages how long it took
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Answered(
            int status, Map<String, String> headers, byte[] body, int jsonLength, Stages stages)
            implements TransformerReply {

        /** Whether it is what was asked for, and no error. */
        public boolean isSuccess() {
            return status < 300;
        }
    }

    /** Its process could not do it. */
    record Failed(ErrorCode code, String reason) implements TransformerReply {}

    /**
     * How long each stage took, in nanoseconds; 0 for one that did not happen.
     *
     * @param preprocess the user's code before the model
     * @param predict the model
     * @param postprocess the user's code after the model
     * @param explain the user's explanation
     */
    record Stages(long preprocess, long predict, long postprocess, long explain) {}
}
