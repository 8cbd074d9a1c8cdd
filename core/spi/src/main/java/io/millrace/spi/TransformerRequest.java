package io.millrace.spi;

import java.util.Map;

/**
 * A request on its way to a model, as a transformer gets it.
 *
 * @param form how it is to be read
 * @param isEvent whether it is the data of a CloudEvent, whose attributes are headers then
 * @param headers by their names in lower case
 * @param body JSON first, then binary tensors
 * @param jsonLength how much of the body is JSON; {@link #ALL_JSON} when nothing follows it
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record TransformerRequest(
        Form form, boolean isEvent, Map<String, String> headers, byte[] body, int jsonLength) {

    /** Nothing follows the JSON. */
    public static final int ALL_JSON = -1;

    public TransformerRequest {
        headers = Map.copyOf(headers);
    }

    /** How a request is to be read. */
    public enum Form {
        /** {@code {"instances": […]}}, or whatever the transformer makes that of. */
        V1,
        /** The Open Inference Protocol. */
        V2,
        /** As V1; an explanation is wanted. */
        EXPLAIN
    }

    /** A plain request with V1's form. */
    public static TransformerRequest v1(byte[] body) {
        return new TransformerRequest(Form.V1, false, Map.of(), body, ALL_JSON);
    }
}
