package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.json.InferenceRequest.Layout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * Reads one request in one pass. A request may name its signature after the data: the pass then
 * goes by the default, and is repeated when that was wrong.
 */
final class RequestParser {

    static final String SIGNATURE = "signature_name";
    static final String ROWS = "instances";
    static final String COLUMNS = "inputs";
    static final String BASE64 = "b64";

    private final byte[] body;
    private final SignatureLookup lookup;

    RequestParser(byte[] body, SignatureLookup lookup) {
        this.body = body;
        this.lookup = lookup;
    }

    InferenceRequest parse() {
        var first = new Pass("");
        try {
            first.run();
        } catch (MillraceException e) {
            // The data may fit the signature that is named further on.
            String named = first.isNamed() ? "" : findName();
            if (named.isEmpty()) {
                throw e;
            }
            return repeat(named);
        }
        return first.wasGuessedWrong() ? repeat(first.name) : first.request();
    }

    private InferenceRequest repeat(String name) {
        var second = new Pass(name);
        second.run();
        return second.request();
    }

    private String findName() {
        try (JsonParser json = InferenceJson.JSON.createParser(ObjectReadContext.empty(), body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return "";
            }
            for (String key = json.nextName(); key != null; key = json.nextName()) {
                JsonToken token = json.nextToken();
                if (key.equals(SIGNATURE) && token == JsonToken.VALUE_STRING) {
                    return json.getString();
                }
                json.skipChildren();
            }
            return "";
        }
    }

    /** One walk through the body. */
    private final class Pass {
        private String name;
        private boolean isNamed;
        private @Nullable Signature signature;
        private @Nullable List<Tensor> inputs;
        private @Nullable Layout layout;

        /** The name under which the data was read. */
        private String readAs = "";

        Pass(String name) {
            this.name = name;
        }

        boolean isNamed() {
            return isNamed;
        }

        boolean wasGuessedWrong() {
            return isNamed
                    && !readAs.equals(name)
                    && signature != null
                    && !signature.name().equals(name);
        }

        InferenceRequest request() {
            if (signature == null || inputs == null || layout == null) {
                throw MillraceException.invalid(
                        "the request needs 'instances' (rows) or 'inputs' (columns)");
            }
            return new InferenceRequest(signature, inputs, layout);
        }

        void run() {
            try (JsonParser json =
                    InferenceJson.JSON.createParser(ObjectReadContext.empty(), body)) {
                if (json.nextToken() != JsonToken.START_OBJECT) {
                    throw MillraceException.invalid(
                            "the request must be a JSON object with 'instances' or 'inputs'");
                }
                for (String key = json.nextName(); key != null; key = json.nextName()) {
                    JsonToken token = json.nextToken();
                    switch (key) {
                        case SIGNATURE -> readName(json, token);
                        case ROWS -> {
                            begin(Layout.ROWS);
                            inputs = rows(json, token);
                        }
                        case COLUMNS -> {
                            begin(Layout.COLUMNS);
                            inputs = columns(json, token);
                        }
                        default -> json.skipChildren();
                    }
                }
                if (json.nextToken() != null) {
                    throw MillraceException.invalid("something follows the request's JSON object");
                }
            } catch (tools.jackson.core.JacksonException e) {
                throw InferenceJson.invalidJson(e);
            }
        }

        private void readName(JsonParser json, JsonToken token) {
            if (isNamed) {
                throw MillraceException.invalid("'" + SIGNATURE + "' is there twice");
            }
            if (token != JsonToken.VALUE_STRING) {
                throw MillraceException.invalid("'" + SIGNATURE + "' must be a string");
            }
            isNamed = true;
            name = json.getString();
        }

        private void begin(Layout found) {
            if (layout == found) {
                throw MillraceException.invalid(
                        "'" + (found == Layout.ROWS ? ROWS : COLUMNS) + "' is there twice");
            }
            if (layout != null) {
                throw MillraceException.invalid(
                        "a request has either 'instances' or 'inputs', not both");
            }
            layout = found;
            readAs = name;
            signature = lookup.find(name);
        }

        private List<TensorReader> readers() {
            var readers = new ArrayList<TensorReader>();
            if (signature != null) {
                for (TensorSpec spec : signature.inputs()) {
                    readers.add(new TensorReader(spec, body));
                }
            }
            return readers;
        }

        private List<Tensor> rows(JsonParser json, JsonToken token) {
            List<TensorReader> readers = readers();
            if (token != JsonToken.START_ARRAY) {
                throw MillraceException.invalid("'instances' must be a list, one value per row");
            }
            long start = TensorReader.offset(json);
            int row = 0;
            for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
                if (t == JsonToken.START_OBJECT) {
                    rowObject(json, readers, row);
                } else if (readers.size() == 1) {
                    readers.getFirst().row(json, t, start);
                } else {
                    throw MillraceException.invalid(
                            "row %d must be an object with the inputs %s"
                                    .formatted(row, names(readers)));
                }
                row++;
            }
            if (row == 0) {
                throw MillraceException.invalid("'instances' is empty");
            }
            return finish(readers);
        }

        private void rowObject(JsonParser json, List<TensorReader> readers, int row) {
            int found = 0;
            for (String key = json.nextName(); key != null; key = json.nextName()) {
                if (key.equals(BASE64) && readers.size() == 1 && readers.getFirst().isBytes()) {
                    readers.getFirst().rowOfBase64(json);
                    found++;
                    continue;
                }
                TensorReader reader = reader(readers, key);
                if (reader.rows() != row) {
                    throw MillraceException.invalid(
                            "row %d has the input '%s' twice".formatted(row, key));
                }
                JsonToken token = json.nextToken();
                reader.row(json, token, TensorReader.NO_START);
                found++;
            }
            if (found < readers.size()) {
                throw MillraceException.invalid(
                        "row %d lacks %s"
                                .formatted(
                                        row,
                                        readers.stream()
                                                .filter(reader -> reader.rows() <= row)
                                                .map(reader -> "'" + reader.name() + "'")
                                                .toList()));
            }
        }

        private List<Tensor> columns(JsonParser json, JsonToken token) {
            List<TensorReader> readers = readers();
            if (token != JsonToken.START_OBJECT) {
                if (readers.size() != 1) {
                    throw MillraceException.invalid(
                            "'inputs' must be an object with the inputs " + names(readers));
                }
                readers.getFirst().whole(json, token);
                return finish(readers);
            }
            for (String key = json.nextName(); key != null; key = json.nextName()) {
                if (key.equals(BASE64) && readers.size() == 1 && readers.getFirst().isBytes()) {
                    readers.getFirst().wholeOfBase64(json);
                    continue;
                }
                TensorReader reader = reader(readers, key);
                if (reader.isRead()) {
                    throw MillraceException.invalid("the input '" + key + "' is there twice");
                }
                reader.whole(json, json.nextToken());
            }
            for (TensorReader reader : readers) {
                if (!reader.isRead()) {
                    throw MillraceException.invalid("the input '" + reader.name() + "' is missing");
                }
            }
            return finish(readers);
        }

        private static TensorReader reader(List<TensorReader> readers, String name) {
            for (TensorReader reader : readers) {
                if (reader.name().equals(name)) {
                    return reader;
                }
            }
            throw MillraceException.invalid(
                    "there is no input '%s'; the signature has %s".formatted(name, names(readers)));
        }

        private static List<String> names(List<TensorReader> readers) {
            return readers.stream().map(TensorReader::name).toList();
        }

        private static List<Tensor> finish(List<TensorReader> readers) {
            var tensors = new ArrayList<Tensor>(readers.size());
            for (TensorReader reader : readers) {
                tensors.add(reader.finish());
            }
            return tensors;
        }
    }
}
