package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Byte strings. */
final class StringSink extends ElementSink {
    private final List<byte[]> values = new ArrayList<>();

    StringSink(TensorSpec spec) {
        super(spec);
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (token == JsonToken.VALUE_STRING) {
            values.add(json.getString().getBytes(StandardCharsets.UTF_8));
        } else if (token == JsonToken.START_OBJECT && "b64".equals(json.nextName())) {
            acceptBase64(json);
            if (json.nextToken() != JsonToken.END_OBJECT) {
                throw MillraceException.invalid(
                        "input '" + input + "': {\"b64\": …} holds nothing else");
            }
        } else {
            throw wrong(token);
        }
    }

    @Override
    void acceptBase64(JsonParser json) {
        if (json.nextToken() != JsonToken.VALUE_STRING) {
            throw MillraceException.invalid("input '" + input + "': b64 takes a string");
        }
        try {
            values.add(Base64.getDecoder().decode(json.getString()));
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "input '" + input + "': b64 is not base64: " + e.getMessage(),
                    e);
        }
    }

    /** Plain ASCII only: escapes, base64 and the checks of UTF-8 are Jackson's. */
    @Override
    int take(NumberSource in, int at) {
        int behind = JsonBytes.text(in.json(), at);
        if (behind != NONE) {
            values.add(Arrays.copyOfRange(in.json(), at + 1, behind - 1));
            count++;
        }
        return behind;
    }

    @Override
    Tensor toTensor(Shape shape) {
        return new Tensor.Bytes(shape, values);
    }
}
