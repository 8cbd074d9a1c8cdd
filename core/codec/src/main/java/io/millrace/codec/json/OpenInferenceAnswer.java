package io.millrace.codec.json;

/**
 * The body of an answer.
 *
 * @param body JSON, then the binary tensors
 * @param jsonLength bytes of the JSON, for the header {@code Inference-Header-Content-Length};
 *     {@link #ALL_JSON} when no output is binary
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record OpenInferenceAnswer(byte[] body, int jsonLength) {

    /** The whole body is JSON. */
    public static final int ALL_JSON = -1;

    /** Whether binary tensors follow the JSON. */
    public boolean isBinary() {
        return jsonLength != ALL_JSON;
    }
}
