package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/** Single values of JSON objects, without the rest of them. */
public final class JsonFields {

    private JsonFields() {}

    /**
     * The texts, numbers and truth values of some fields of an object, as text. A field that is not
     * there, null, a list or an object is left out.
     *
     * @throws MillraceException {@code INVALID} when the document is no JSON object
     */
    public static Map<String, String> of(byte[] document, Set<String> names) {
        var found = new LinkedHashMap<String, String>();
        try (JsonParser parser =
                InferenceJson.JSON.createParser(ObjectReadContext.empty(), document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw MillraceException.invalid("expected a JSON object");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                    if (names.contains(name)) {
                        found.put(name, parser.getString());
                    }
                } else {
                    parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw InferenceJson.invalidJson(e);
        }
        return found;
    }
}
