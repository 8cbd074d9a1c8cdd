package io.millrace.inference.transformer;

import io.millrace.api.MillraceException;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.json.GraphJson;
import io.millrace.codec.json.InferenceJson;
import io.millrace.codec.json.OpenInferenceAnswer;
import io.millrace.codec.json.OpenInferenceJson;
import io.millrace.codec.json.OpenInferenceResult;
import io.millrace.inference.SignatureChoice;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ReplyStatus;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing.Call;
import io.millrace.spi.TransformerWorker.Prediction;
import java.time.Duration;
import java.util.List;

/** A model's answers to bodies of V1 and V2, without a network between. */
final class BodyPrediction {

    private final ModelServing models;

    BodyPrediction(ModelServing models) {
        this.models = models;
    }

    /** The answer, errors included. */
    Prediction answer(Call call, Protocol protocol, byte[] body, int jsonLength, Duration timeout) {
        try {
            return predict(call, protocol, body, jsonLength, timeout);
        } catch (MillraceException e) {
            return error(e);
        }
    }

    /** An error as bodies say it. */
    static Prediction error(MillraceException e) {
        return new Prediction(
                ReplyStatus.of(e.code()), GraphJson.error(e.text()), TransformerRequest.ALL_JSON);
    }

    /**
     * The answer.
     *
     * @throws MillraceException as of {@link ModelServing#infer}
     */
    Prediction predict(
            Call call, Protocol protocol, byte[] body, int jsonLength, Duration timeout) {
        List<Signature> signatures =
                models.describe(call.project(), call.model(), call.version()).signatures();
        return switch (protocol) {
            case V1 -> v1(call, signatures, body, timeout);
            case V2 -> v2(call, signatures, body, jsonLength, timeout);
        };
    }

    private Prediction v1(Call call, List<Signature> signatures, byte[] body, Duration timeout) {
        var request = InferenceJson.read(body, name -> SignatureChoice.choose(signatures, name));
        var answer = infer(call, request.signature(), request.inputs(), timeout);
        byte[] json = InferenceJson.write(answer.signature(), answer.outputs(), request.layout());
        return new Prediction(ReplyStatus.OK, json, TransformerRequest.ALL_JSON);
    }

    private Prediction v2(
            Call call, List<Signature> signatures, byte[] body, int jsonLength, Duration timeout) {
        var request =
                OpenInferenceJson.read(
                        body,
                        jsonLength == TransformerRequest.ALL_JSON ? body.length : jsonLength,
                        name -> SignatureChoice.choose(signatures, name));
        var answer = infer(call, request.signature(), request.inputs(), timeout);
        OpenInferenceAnswer written =
                OpenInferenceJson.write(
                        new OpenInferenceResult(
                                call.model().value(),
                                answer.version(),
                                request.id(),
                                answer.signature(),
                                answer.outputs()),
                        request.outputs());
        return new Prediction(
                ReplyStatus.OK,
                written.body(),
                written.isBinary() ? written.jsonLength() : TransformerRequest.ALL_JSON);
    }

    private ModelServing.Answer infer(
            Call call, Signature signature, List<Tensor> inputs, Duration timeout) {
        return models.infer(
                new ModelServing.Call(
                        call.project(),
                        call.model(),
                        call.version(),
                        signature.name(),
                        inputs,
                        timeout,
                        call.routing()));
    }
}
