package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.json.InferenceRequest.Layout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the requests that nearly all clients send, straight from the bytes: one list of data with
 * or without the signature's name. It takes a part of what {@link RequestParser} takes, reads it
 * the same way and leaves the rest, errors above all, to that one.
 */
final class RequestScanner {

    private final byte[] json;
    private final SignatureLookup lookup;
    private final NumberSource in;
    private @Nullable Signature signature;
    private @Nullable List<Tensor> inputs;
    private @Nullable Layout layout;
    private @Nullable String name;

    RequestScanner(byte[] body, SignatureLookup lookup) {
        this.json = body;
        this.lookup = lookup;
        this.in = new NumberSource(body, true);
    }

    /** The request, or null when it is unusual or wrong. */
    @Nullable InferenceRequest scan() {
        int at = JsonBytes.take(json, JsonBytes.skipSpace(json, 0), '{');
        while (at != NONE) {
            at = member(at);
            if (at == NONE) {
                return null;
            }
            at = JsonBytes.skipSpace(json, at);
            if (JsonBytes.isAt(json, at, '}')) {
                return JsonBytes.skipSpace(json, at + 1) == json.length ? request() : null;
            }
            at = JsonBytes.take(json, at, ',');
        }
        return null;
    }

    private @Nullable InferenceRequest request() {
        if (signature == null || inputs == null || layout == null) {
            return null;
        }
        return new InferenceRequest(signature, inputs, layout);
    }

    private int member(int at) {
        int value = JsonBytes.key(json, at, RequestParser.ROWS);
        if (value != NONE) {
            return begin(Layout.ROWS) ? rows(value) : NONE;
        }
        value = JsonBytes.key(json, at, RequestParser.COLUMNS);
        if (value != NONE) {
            return begin(Layout.COLUMNS) ? columns(value) : NONE;
        }
        value = JsonBytes.key(json, at, RequestParser.SIGNATURE);
        return value == NONE ? NONE : name(value);
    }

    private int name(int at) {
        int behind = JsonBytes.text(json, at);
        if (behind == NONE || name != null) {
            return NONE;
        }
        name = new String(json, at + 1, behind - at - 2, StandardCharsets.ISO_8859_1);
        // Named after the data, which was read as the default: it must be that one.
        return signature == null || name.isEmpty() || signature.name().equals(name) ? behind : NONE;
    }

    private boolean begin(Layout found) {
        if (layout != null) {
            return false;
        }
        layout = found;
        try {
            signature = lookup.find(name == null ? "" : name);
        } catch (MillraceException _) {
            return false; // the other reader asks again, and knows whether it matters
        }
        return true;
    }

    private List<TensorScanner> scanners() {
        var scanners = new ArrayList<TensorScanner>();
        if (signature != null) {
            for (var spec : signature.inputs()) {
                scanners.add(new TensorScanner(spec, in));
            }
        }
        return scanners;
    }

    private int rows(int from) {
        List<TensorScanner> scanners = scanners();
        int at = JsonBytes.take(json, from, '[');
        int row = 0;
        while (at != NONE) {
            if (JsonBytes.isAt(json, at, '{')) {
                at = rowObject(at, scanners, row);
            } else if (scanners.size() == 1) {
                at = scanners.getFirst().row(at);
            } else {
                return NONE;
            }
            row++;
            if (at == NONE) {
                return NONE;
            }
            at = JsonBytes.skipSpace(json, at);
            if (JsonBytes.isAt(json, at, ']')) {
                return finish(scanners) ? at + 1 : NONE;
            }
            at = JsonBytes.take(json, at, ',');
        }
        return NONE;
    }

    private int rowObject(int from, List<TensorScanner> scanners, int row) {
        int at = from;
        for (int i = 0; i < scanners.size(); i++) {
            at = JsonBytes.take(json, at, i == 0 ? '{' : ',');
            int index = at == NONE ? NONE : find(at, scanners);
            if (index == NONE || scanners.get(index).rows() != row) {
                return NONE;
            }
            TensorScanner scanner = scanners.get(index);
            at = scanner.row(JsonBytes.key(json, at, scanner.name()));
            if (at == NONE) {
                return NONE;
            }
            at = JsonBytes.skipSpace(json, at);
        }
        return JsonBytes.isAt(json, at, '}') ? at + 1 : NONE;
    }

    private int columns(int from) {
        List<TensorScanner> scanners = scanners();
        int at = from;
        if (!JsonBytes.isAt(json, from, '{')) {
            at = scanners.size() == 1 ? scanners.getFirst().whole(from) : NONE;
            return at != NONE && finish(scanners) ? at : NONE;
        }
        for (int i = 0; i < scanners.size(); i++) {
            at = JsonBytes.take(json, at, i == 0 ? '{' : ',');
            int index = at == NONE ? NONE : find(at, scanners);
            if (index == NONE || scanners.get(index).isRead()) {
                return NONE;
            }
            TensorScanner scanner = scanners.get(index);
            at = scanner.whole(JsonBytes.key(json, at, scanner.name()));
            if (at == NONE) {
                return NONE;
            }
            at = JsonBytes.skipSpace(json, at);
        }
        return JsonBytes.isAt(json, at, '}') && finish(scanners) ? at + 1 : NONE;
    }

    /** The input whose name is the next key; none is called b64, which means something else. */
    private int find(int at, List<TensorScanner> scanners) {
        for (int i = 0; i < scanners.size(); i++) {
            String input = scanners.get(i).name();
            if (JsonBytes.key(json, at, input) != NONE) {
                return input.equals(RequestParser.BASE64) ? NONE : i;
            }
        }
        return NONE;
    }

    private boolean finish(List<TensorScanner> scanners) {
        var tensors = new ArrayList<Tensor>(scanners.size());
        for (TensorScanner scanner : scanners) {
            Tensor tensor = scanner.finish();
            if (tensor == null) {
                return false;
            }
            tensors.add(tensor);
        }
        inputs = tensors;
        return !tensors.isEmpty();
    }
}
