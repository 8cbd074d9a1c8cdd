package io.millrace.codec.json;

import io.millrace.api.tensor.Shape;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/** Says what shape a piece of JSON has, for an error message. */
final class ReceivedShape {

    private static final long[] RAGGED = {Long.MIN_VALUE};

    private ReceivedShape() {}

    /** Describes the value that begins at an offset of the body. */
    static String describe(byte[] body, long offset) {
        int from = (int) offset;
        try (JsonParser json =
                InferenceJson.JSON.createParser(
                        ObjectReadContext.empty(), body, from, body.length - from)) {
            JsonToken token = json.nextToken();
            long[] extents = extents(json, token);
            if (isRagged(extents)) {
                return "lists whose lengths or depths differ";
            }
            return extents.length == 0 ? "a single value" : Shape.of(extents).toString();
        } catch (JacksonException e) {
            return "lists that do not end";
        }
    }

    private static long[] extents(JsonParser json, JsonToken token) {
        if (token != JsonToken.START_ARRAY) {
            json.skipChildren();
            return new long[0];
        }
        long count = 0;
        long[] inner = new long[0];
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
            long[] found = extents(json, t);
            if (count++ == 0) {
                inner = found;
            } else if (!Arrays.equals(inner, found)) {
                inner = RAGGED;
            }
        }
        if (isRagged(inner)) {
            return inner;
        }
        var extents = new long[inner.length + 1];
        extents[0] = count;
        System.arraycopy(inner, 0, extents, 1, inner.length);
        return extents;
    }

    private static boolean isRagged(long[] extents) {
        return extents.length == 1 && extents[0] == Long.MIN_VALUE;
    }
}
