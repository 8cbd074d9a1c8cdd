package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * Reads one request in one pass. Inputs say themselves what type and shape they have, so that no
 * signature is needed here. Data that stands ahead of them is skipped and read again.
 */
final class OpenInferenceParser {

    private static final String PARAMETERS = "parameters";
    private static final String SHARED_MEMORY = "shared_memory_region";
    private static final int UNKNOWN_OFFSET = -1;
    private static final int[] BYTE_ORDER_MARK = {0xef, 0xbb, 0xbf};

    private final byte[] body;
    private final int jsonLength;
    private final OpenInferenceDraft draft = new OpenInferenceDraft();

    OpenInferenceParser(byte[] body, int jsonLength) {
        this.body = body;
        this.jsonLength = jsonLength;
    }

    OpenInferenceDraft parse() {
        requireUtf8();
        try (JsonParser json =
                OpenInferenceJson.JSON.createParser(
                        ObjectReadContext.empty(), body, 0, jsonLength)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw MillraceException.invalid("the request must be a JSON object with 'inputs'");
            }
            for (String key = json.nextName(); key != null; key = json.nextName()) {
                top(json, key, json.nextToken());
            }
            if (json.nextToken() != null) {
                throw MillraceException.invalid("something follows the request's JSON object");
            }
        }
        BinaryTensors.read(body, jsonLength, draft.inputs());
        return draft;
    }

    /** Other encodings would be found out and read, but without places in the body. */
    private void requireUtf8() {
        int start = 0;
        while (start < BYTE_ORDER_MARK.length
                && start < jsonLength
                && (body[start] & 0xff) == BYTE_ORDER_MARK[start]) {
            start++;
        }
        boolean isMarked = start == BYTE_ORDER_MARK.length;
        for (int i = 0; i < Math.min(4, jsonLength); i++) {
            if (body[i] == 0 || (!isMarked && body[i] < 0)) {
                throw MillraceException.invalid("the request must be a JSON object in UTF-8");
            }
        }
    }

    private void top(JsonParser json, String key, JsonToken token) {
        switch (key) {
            case "id" -> {
                if (token != JsonToken.VALUE_NULL) {
                    draft.id(string(json, token, "'id'"));
                }
            }
            case "inputs" -> inputs(json, token);
            case "outputs" -> {
                if (token != JsonToken.VALUE_NULL) {
                    outputs(json, token);
                }
            }
            case PARAMETERS -> parameters(json, token, this::requestParameter);
            default -> json.skipChildren();
        }
    }

    /** Takes one parameter; whoever does not know it skips it. */
    @FunctionalInterface
    private interface ParameterReader {
        void read(JsonParser json, String key, JsonToken token);
    }

    private static void parameters(JsonParser json, JsonToken token, ParameterReader reader) {
        if (token == JsonToken.VALUE_NULL) {
            return;
        }
        if (token != JsonToken.START_OBJECT) {
            throw MillraceException.invalid("'" + PARAMETERS + "' must be an object");
        }
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            reader.read(json, key, json.nextToken());
        }
    }

    private void requestParameter(JsonParser json, String key, JsonToken token) {
        switch (key) {
            case "binary_data_output" -> draft.binaryByDefault(bool(token, key));
            case "signature_name" -> draft.signatureName(string(json, token, "'" + key + "'"));
            case "timeout" -> draft.timeoutMicros(amount(json, token, "'timeout'"));
            default -> json.skipChildren();
        }
    }

    private void inputs(JsonParser json, JsonToken token) {
        draft.beginInputs();
        requireList(token, "inputs");
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
            if (t != JsonToken.START_OBJECT) {
                throw MillraceException.invalid("each of 'inputs' must be an object");
            }
            var input = new ReceivedInput(draft.inputs().size());
            input(json, input);
            draft.inputs().add(input);
        }
    }

    private void input(JsonParser json, ReceivedInput input) {
        int dataAt = UNKNOWN_OFFSET;
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            JsonToken token = json.nextToken();
            switch (key) {
                case "name" -> input.name(string(json, token, "the name of " + input.label()));
                case "datatype" ->
                        input.type(string(json, token, "the datatype of " + input.label()));
                case "shape" -> input.shape(shape(json, token, input));
                case PARAMETERS ->
                        parameters(json, token, (j, k, t) -> inputParameter(input, j, k, t));
                case "data" -> {
                    if (token == JsonToken.VALUE_NULL) {
                        continue; // some clients write what they do not have
                    }
                    int at = (int) json.currentTokenLocation().getByteOffset();
                    if (input.hasHead()) {
                        input.tensor(DataArray.read(json, token, input, jsonLength - at));
                    } else if (dataAt != UNKNOWN_OFFSET) {
                        throw MillraceException.invalid(input.label() + " has 'data' twice");
                    } else {
                        dataAt = at;
                        json.skipChildren();
                    }
                }
                default -> json.skipChildren();
            }
        }
        if (dataAt != UNKNOWN_OFFSET) {
            readAgain(input, dataAt);
        }
        finish(input);
    }

    private void readAgain(ReceivedInput input, int at) {
        int length = jsonLength - at;
        try (JsonParser json =
                OpenInferenceJson.JSON.createParser(ObjectReadContext.empty(), body, at, length)) {
            input.tensor(DataArray.read(json, json.nextToken(), input, length));
        }
    }

    /** All that one input must have; what is in it is checked against the signature later. */
    private static void finish(ReceivedInput input) {
        input.name();
        input.type();
        input.shape();
        if (!input.hasData() && !input.isBinary()) {
            throw MillraceException.invalid(
                    input.label() + " has neither 'data' nor a binary_data_size in its parameters");
        }
    }

    private static void inputParameter(
            ReceivedInput input, JsonParser json, String key, JsonToken token) {
        switch (key) {
            case "binary_data_size" ->
                    input.binarySize(
                            amount(json, token, "the binary_data_size of " + input.label()));
            case "content_type" -> {
                // Other content types say what the tensor is for; only this one changes its bytes.
                if (token == JsonToken.VALUE_STRING && json.getString().equals("base64")) {
                    input.base64();
                } else {
                    json.skipChildren();
                }
            }
            case SHARED_MEMORY -> throw noSharedMemory();
            default -> json.skipChildren();
        }
    }

    private static Shape shape(JsonParser json, JsonToken token, ReceivedInput input) {
        requireList(token, "shape");
        var extents = new long[4];
        int rank = 0;
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
            if (rank == OpenInferenceJson.MAX_DEPTH) {
                throw MillraceException.invalid(
                        "%s: a shape has at most %d axes"
                                .formatted(input.label(), OpenInferenceJson.MAX_DEPTH));
            }
            if (rank == extents.length) {
                extents = Arrays.copyOf(extents, rank * 2);
            }
            extents[rank++] = amount(json, t, "each extent of the shape of " + input.label());
        }
        return Shape.of(Arrays.copyOf(extents, rank));
    }

    private void outputs(JsonParser json, JsonToken token) {
        draft.beginOutputs();
        requireList(token, "outputs");
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
            if (t != JsonToken.START_OBJECT) {
                throw MillraceException.invalid("each of 'outputs' must be an object");
            }
            output(json);
        }
    }

    private void output(JsonParser json) {
        var asked = new AskedOutput();
        for (String key = json.nextName(); key != null; key = json.nextName()) {
            JsonToken token = json.nextToken();
            switch (key) {
                case "name" -> asked.name = string(json, token, "the name of an output");
                case PARAMETERS ->
                        parameters(json, token, (j, k, t) -> outputParameter(asked, j, k, t));
                default -> json.skipChildren();
            }
        }
        if (asked.name == null) {
            throw MillraceException.invalid("one of 'outputs' lacks 'name'");
        }
        draft.output(asked.name, asked.isBinary);
    }

    private static final class AskedOutput {
        private @Nullable String name;
        private @Nullable Boolean isBinary;
    }

    private static void outputParameter(
            AskedOutput asked, JsonParser json, String key, JsonToken token) {
        switch (key) {
            case "binary_data" -> asked.isBinary = bool(token, key);
            case "classification" -> {
                if (amount(json, token, "'classification'") > 0) {
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "The classification extension is not supported; ask for the output and take its largest values.");
                }
            }
            case SHARED_MEMORY -> throw noSharedMemory();
            default -> json.skipChildren();
        }
    }

    private static MillraceException noSharedMemory() {
        return new MillraceException(
                ErrorCode.UNSUPPORTED,
                "The shared memory extension is not supported; send the tensors with the request.");
    }

    private static void requireList(JsonToken token, String key) {
        if (token != JsonToken.START_ARRAY) {
            throw MillraceException.invalid("'" + key + "' must be a list");
        }
    }

    private static String string(JsonParser json, JsonToken token, String what) {
        if (token != JsonToken.VALUE_STRING) {
            throw MillraceException.invalid(what + " must be a string");
        }
        return json.getString();
    }

    private static boolean bool(JsonToken token, String key) {
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw MillraceException.invalid("'" + key + "' must be true or false");
        }
        return token == JsonToken.VALUE_TRUE;
    }

    private static long amount(JsonParser json, JsonToken token, String what) {
        if (token != JsonToken.VALUE_NUMBER_INT
                || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                || json.getLongValue() < 0) {
            String text = json.getString();
            throw MillraceException.invalid(
                    "%s must be a whole number, 0 or more, got %s"
                            .formatted(
                                    what,
                                    text == null || text.length() > 40 ? "something else" : text));
        }
        return json.getLongValue();
    }
}
