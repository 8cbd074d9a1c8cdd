package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.scan.NumberScanner;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Open Inference requests that nearly all clients send without binary tensors, straight
 * from the bytes. It takes a part of what {@link OpenInferenceParser} takes, reads it the same way
 * and leaves the rest, errors above all, to that one.
 */
final class OpenInferenceScanner {

    private static final int MAX_RANK = 16;

    private final byte[] json;
    private final DataScanner data;
    private final NumberScanner number = new NumberScanner();
    private final OpenInferenceDraft draft = new OpenInferenceDraft();

    OpenInferenceScanner(byte[] body) {
        this.json = body;
        this.data = new DataScanner(body, body.length);
    }

    /** The request, or null when it is unusual or wrong. */
    @Nullable OpenInferenceDraft scan() {
        try {
            int behind = object(JsonBytes.skipSpace(json, 0), this::member);
            return behind != NONE && JsonBytes.skipSpace(json, behind) == json.length
                    ? draft
                    : null;
        } catch (MillraceException _) {
            return null; // the other reader finds the same, in the order in which it stands there
        }
    }

    /** Takes a member or an element and gives the place behind it. */
    @FunctionalInterface
    private interface Part {
        int take(int at);
    }

    private int object(int at, Part member) {
        return parts(at, '{', '}', member);
    }

    private int list(int at, Part element) {
        return parts(at, '[', ']', element);
    }

    /** One part or more between two brackets. */
    private int parts(int from, char open, char close, Part part) {
        int at = JsonBytes.take(json, from, open);
        while (at != NONE) {
            at = part.take(at);
            if (at == NONE) {
                return NONE;
            }
            at = JsonBytes.skipSpace(json, at);
            if (JsonBytes.isAt(json, at, close)) {
                return at + 1;
            }
            at = JsonBytes.take(json, at, ',');
        }
        return NONE;
    }

    private int member(int at) {
        int value = JsonBytes.key(json, at, "inputs");
        if (value != NONE) {
            draft.beginInputs();
            return list(value, this::input);
        }
        value = JsonBytes.key(json, at, "outputs");
        if (value != NONE) {
            draft.beginOutputs();
            return list(value, this::output);
        }
        value = JsonBytes.key(json, at, "id");
        int behind = value == NONE ? NONE : JsonBytes.text(json, value);
        if (behind != NONE) {
            draft.id(inside(value, behind));
        }
        return behind;
    }

    private String inside(int text, int behind) {
        return new String(json, text + 1, behind - text - 2, StandardCharsets.ISO_8859_1);
    }

    private int output(int from) {
        int at = JsonBytes.take(json, from, '{');
        int value = at == NONE ? NONE : JsonBytes.key(json, at, "name");
        int behind = value == NONE ? NONE : JsonBytes.text(json, value);
        if (behind == NONE) {
            return NONE;
        }
        draft.output(inside(value, behind), null);
        int end = JsonBytes.skipSpace(json, behind);
        return JsonBytes.isAt(json, end, '}') ? end + 1 : NONE;
    }

    private int input(int at) {
        var input = new ReceivedInput(draft.inputs().size());
        int behind = object(at, member -> inputMember(member, input));
        if (behind == NONE || !input.hasHead() || !input.hasData()) {
            return NONE;
        }
        draft.inputs().add(input);
        return behind;
    }

    private int inputMember(int at, ReceivedInput input) {
        int value = JsonBytes.key(json, at, "data");
        if (value != NONE) {
            return data(value, input);
        }
        value = JsonBytes.key(json, at, "shape");
        if (value != NONE) {
            return shape(value, input);
        }
        value = JsonBytes.key(json, at, "name");
        if (value != NONE) {
            int behind = JsonBytes.text(json, value);
            if (behind != NONE) {
                input.name(inside(value, behind));
            }
            return behind;
        }
        value = JsonBytes.key(json, at, "datatype");
        int behind = value == NONE ? NONE : JsonBytes.text(json, value);
        if (behind != NONE) {
            input.type(inside(value, behind));
        }
        return behind;
    }

    private int data(int at, ReceivedInput input) {
        if (!input.hasHead() || input.type() == DataType.FP16 || input.type() == DataType.BF16) {
            return NONE;
        }
        int behind = data.scan(at, new TensorSpec(input.name(), input.type(), input.shape()));
        if (behind != NONE && data.tensor() != null) {
            input.tensor(data.tensor());
        }
        return behind;
    }

    private int shape(int at, ReceivedInput input) {
        int inside = JsonBytes.take(json, at, '[');
        if (inside != NONE && JsonBytes.isAt(json, inside, ']')) {
            input.shape(Shape.of());
            return inside + 1;
        }
        var extents = new long[MAX_RANK];
        int[] rank = {0};
        int behind =
                list(
                        at,
                        place -> {
                            int end = number.scan(json, place);
                            if (end == NumberScanner.NONE
                                    || rank[0] == MAX_RANK
                                    || !number.isPlainWhole()
                                    || number.whole() < 0) {
                                return NONE;
                            }
                            extents[rank[0]++] = number.whole();
                            return end;
                        });
        if (behind != NONE) {
            input.shape(Shape.of(Arrays.copyOf(extents, rank[0])));
        }
        return behind;
    }
}
