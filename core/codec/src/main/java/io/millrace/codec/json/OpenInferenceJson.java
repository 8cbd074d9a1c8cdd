package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Requests and answers of the Open Inference Protocol (V2) with its binary tensor extension. JSON
 * is strict here: no {@code NaN}. Numbers go straight into arrays of their type; binary tensors are
 * views of the body's memory.
 */
public final class OpenInferenceJson {

    /** Deeper than any tensor; far below where a parser gets into trouble. */
    static final int MAX_DEPTH = 64;

    private static final int MAX_NUMBER_LENGTH = 1000;

    static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                    .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
                    .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxNumberLength(MAX_NUMBER_LENGTH)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    private OpenInferenceJson() {}

    /**
     * Reads a request. Binary tensors are not copied: the body must not be written to afterwards.
     *
     * @param body JSON, then the binary tensors
     * @param jsonLength how much of the body is JSON, at most all of it
     * @param signatures of the model that is asked
     * @throws MillraceException {@code INVALID}: not JSON, sizes that do not add up, or it does not
     *     fit the signature; the message says what was expected and what came. {@code UNSUPPORTED}:
     *     it asks for an extension that is not served. What the lookup throws goes through.
     */
    public static OpenInferenceRequest read(
            byte[] body, int jsonLength, SignatureLookup signatures) {
        if (jsonLength < 0 || jsonLength > body.length) {
            throw MillraceException.invalid(
                    "the JSON is said to take %d bytes of a body of %d"
                            .formatted(jsonLength, body.length));
        }
        try {
            OpenInferenceDraft usual =
                    jsonLength == body.length ? new OpenInferenceScanner(body).scan() : null;
            return usual == null
                    ? readWithJackson(body, jsonLength, signatures)
                    : usual.resolve(signatures);
        } catch (JacksonException e) {
            throw InferenceJson.invalidJson(e);
        }
    }

    /** Reads whatever is right, and says what is wrong with the rest. */
    static OpenInferenceRequest readWithJackson(
            byte[] body, int jsonLength, SignatureLookup signatures) {
        return new OpenInferenceParser(body, jsonLength).parse().resolve(signatures);
    }

    /**
     * Writes an answer.
     *
     * @param outputs those that were asked for
     * @throws MillraceException {@code USER_CODE} when JSON cannot carry what the model gave: NaN
     *     or an infinity
     */
    public static OpenInferenceAnswer write(
            OpenInferenceResult result, List<OpenInferenceRequest.Output> outputs) {
        return new OpenInferenceWriter(result, outputs).write();
    }
}
