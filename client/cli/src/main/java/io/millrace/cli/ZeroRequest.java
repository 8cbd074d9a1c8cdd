package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.client.ModelsApi;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A request with a zero for every number that a model takes, made from its signature. */
final class ZeroRequest {

    private static final long MOST_ELEMENTS = 4_000_000;

    private ZeroRequest() {}

    /** The request, in columns. */
    static byte[] of(JsonNode signatures) {
        String name =
                ModelsApi.defaultSignature(signatures)
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "it has no signature to make zeros from; use --input"));
        ObjectNode request = JsonMapper.shared().createObjectNode();
        request.put("signature_name", name);
        ObjectNode inputs = request.putObject("inputs");
        for (Map.Entry<String, JsonNode> input :
                signatures.path(name).path("inputs").properties()) {
            inputs.set(input.getKey(), zeros(input.getKey(), input.getValue()));
        }
        return JsonMapper.shared().writeValueAsBytes(request);
    }

    private static JsonNode zeros(String name, JsonNode tensor) {
        JsonNode dimensions = tensor.path("tensor_shape").path("dim");
        int rank = dimensions.size();
        long[] extents = new long[rank];
        long elements = 1;
        for (int axis = 0; axis < rank; axis++) {
            // What may have any extent gets one.
            long extent = Math.max(1, dimensions.path(axis).path("size").asLong(1));
            extents[axis] = Math.min(extent, MOST_ELEMENTS + 1);
            elements *= extents[axis];
            if (elements > MOST_ELEMENTS) {
                throw MillraceException.invalid(
                        "input '"
                                + name
                                + "' has more than "
                                + MOST_ELEMENTS
                                + " elements; give a request with --input");
            }
        }
        return nested(extents, 0, zero(tensor.path("dtype").asString("")));
    }

    private static JsonNode nested(long[] extents, int axis, JsonNode zero) {
        if (axis == extents.length) {
            return zero;
        }
        ArrayNode list = JsonMapper.shared().createArrayNode();
        JsonNode item = nested(extents, axis + 1, zero);
        for (long i = 0; i < extents[axis]; i++) {
            list.add(item); // the same node each time: it is only written
        }
        return list;
    }

    private static JsonNode zero(String dtype) {
        var nodes = JsonMapper.shared().getNodeFactory();
        return switch (dtype) {
            case "DT_STRING" -> nodes.stringNode("");
            case "DT_BOOL" -> nodes.booleanNode(false);
            default -> nodes.numberNode(0);
        };
    }
}
