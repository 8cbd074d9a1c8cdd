package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * Prediction requests and answers as TensorFlow Serving, KServe V1 and Karbon write them: rows or
 * columns, with the tokens {@code NaN} and {@code Infinity} in both directions. Usual requests are
 * read by a scanner of our own, all others by Jackson; in both, numbers go straight into arrays of
 * their type.
 */
public final class InferenceJson {

    /** Deeper than any tensor; far below where a parser gets into trouble. */
    private static final int MAX_DEPTH = 64;

    private static final int MAX_NUMBER_LENGTH = 1000;

    /** Jackson tells whoever configures it what to set; callers over the network cannot. */
    private static final Pattern ADVICE_TO_PROGRAMMERS =
            Pattern.compile(
                    ": enable `[^`]*` to allow|, from `[^`]*`| \\(start marker at \\[Source: .*]\\)");

    static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                    .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
                    .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxNumberLength(MAX_NUMBER_LENGTH)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    private InferenceJson() {}

    /**
     * Reads a request.
     *
     * @param body the whole JSON text
     * @param signatures of the model that is asked
     * @throws MillraceException {@code INVALID}: not JSON, or it does not fit the signature; the
     *     message says what was expected and what came. What the lookup throws goes through.
     */
    public static InferenceRequest read(byte[] body, SignatureLookup signatures) {
        InferenceRequest usual = new RequestScanner(body, signatures).scan();
        return usual == null ? readWithJackson(body, signatures) : usual;
    }

    /** Reads whatever is right, and says what is wrong with the rest. */
    static InferenceRequest readWithJackson(byte[] body, SignatureLookup signatures) {
        try {
            return new RequestParser(body, signatures).parse();
        } catch (JacksonException e) {
            throw invalidJson(e);
        }
    }

    /** Writes an answer in the layout of its request. */
    public static byte[] write(
            Signature signature, List<Tensor> outputs, InferenceRequest.Layout layout) {
        return NumberAnswer.canWrite(signature, outputs)
                ? NumberAnswer.write(signature, outputs, layout)
                : new AnswerWriter(signature, outputs).write(layout);
    }

    static MillraceException invalidJson(JacksonException e) {
        var at = e.getLocation();
        String where =
                at == null
                        ? ""
                        : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
        String why = ADVICE_TO_PROGRAMMERS.matcher(e.getOriginalMessage()).replaceAll("");
        return new MillraceException(ErrorCode.INVALID, "not valid JSON" + where + ": " + why, e);
    }
}
