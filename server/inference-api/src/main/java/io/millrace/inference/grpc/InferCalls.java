package io.millrace.inference.grpc;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.inference.SignatureChoice;
import io.millrace.inference.grpc.proto.InferParameter;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferResponse;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.InferenceSpans;
import io.millrace.inference.protocol.LoggedCall;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.inference.protocol.StageDurations;
import io.millrace.inference.protocol.StatusNumbers;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.TraceContext;
import io.millrace.spi.TransformerServing;
import java.time.Duration;
import java.util.List;

/** ModelInfer. Hot. */
final class InferCalls {

    private static final String SIGNATURE = "signature_name";

    /** In microseconds, as Triton's clients send it. */
    private static final String TIMEOUT = "timeout";

    /** Metadata of callers who want the model without its transformer. */
    private static final String PREDICTOR = "millrace-predictor";

    private static final String DIRECT = "direct";

    private static final long NANOS_PER_MICRO = 1000;

    private final Duration timeout;
    private final ModelServing serving;
    private final TransformerServing transformers;
    private final TimeSource time;
    private final IdSource ids;
    private final StageDurations durations;
    private final RequestLog log;
    private final InferenceSpans spans;

    InferCalls(Duration timeout, InferencePorts ports) {
        this.timeout = timeout;
        this.serving = ports.serving();
        this.transformers = ports.transformers();
        this.time = ports.time();
        this.ids = ports.ids();
        this.durations = new StageDurations(ports.meters());
        this.log = ports.log();
        this.spans = new InferenceSpans(ports.tracing(), time);
    }

    ModelInferResponse infer(ModelInferRequest request, GrpcCall grpc) {
        long begin = time.nanoTime();
        ProjectId project = grpc.project();
        ResourceName model = ModelNames.parse(request.getModelName());
        try {
            ModelInferResponse response = answer(request, grpc, project, model, begin);
            if (log.takes(project, model)) {
                log(project, model, request, response, StatusNumbers.OK, "", begin);
            }
            return response;
        } catch (MillraceException e) {
            if (log.takes(project, model)) {
                var none = ModelInferResponse.getDefaultInstance();
                log(project, model, request, none, StatusNumbers.of(e.code()), e.text(), begin);
            }
            if (spans.isOn()) {
                trace(grpc, project, model, 0, e.code() + ": " + e.text(), begin, 0, 0);
            }
            throw e;
        }
    }

    private void log(
            ProjectId project,
            ResourceName model,
            ModelInferRequest request,
            ModelInferResponse response,
            int status,
            String error,
            long begin) {
        String id = request.getId().isEmpty() ? response.getId() : request.getId();
        log.record(
                project,
                model,
                new LoggedCall(
                        time.now(),
                        LoggedCall.shortened(id),
                        "grpc",
                        response.getModelVersion().isEmpty()
                                ? 0
                                : Integer.parseInt(response.getModelVersion()),
                        status,
                        LoggedCall.shortened(error),
                        Duration.ofNanos(time.nanoTime() - begin),
                        request.getSerializedSize(),
                        response.getSerializedSize(),
                        ""));
    }

    private ModelInferResponse answer(
            ModelInferRequest request,
            GrpcCall grpc,
            ProjectId project,
            ResourceName model,
            long begin) {
        refuseTransformer(grpc, project, model);
        VersionRef version = VersionRef.parse(request.getModelVersion());
        Description description = serving.describe(project, model, version);
        Signature signature =
                SignatureChoice.choose(description.signatures(), signatureName(request));
        RefusedExtensions.check(request);
        List<Tensor> inputs = InferInputs.read(request, signature);
        InferOutputs.check(request, signature);
        var call =
                new Call(
                        project,
                        model,
                        version,
                        signature.name(),
                        inputs,
                        grpc.remaining(allowed(request)),
                        routing(project, model, grpc));
        long read = time.nanoTime();
        Answer answer = serving.infer(call);
        long computed = time.nanoTime();
        ModelInferResponse response = response(request, answer);
        StageDurations.Stages stages = durations.of(project, model);
        stages.preprocess().record(read - begin);
        stages.predict().record(computed - read);
        stages.postprocess().record(time.nanoTime() - computed);
        if (spans.isOn()) {
            trace(grpc, project, model, answer.version(), "", begin, read, computed);
        }
        return response;
    }

    /** Requests over gRPC do not go through user code: nobody shall believe that they did. */
    private void refuseTransformer(GrpcCall grpc, ProjectId project, ResourceName model) {
        if (transformers.covers(project, model) && !grpc.header(PREDICTOR).equals(DIRECT)) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "model '%s' has a transformer, which is called over HTTP only: POST /v2/models/%s/infer; the metadata %s: %s calls the model without it"
                            .formatted(model, model, PREDICTOR, DIRECT));
        }
    }

    private void trace(
            GrpcCall grpc,
            ProjectId project,
            ResourceName model,
            int version,
            String error,
            long begin,
            long read,
            long computed) {
        spans.tell(
                grpc.header(TraceContext.HEADER),
                new InferenceSpans.Ended("grpc", project, model, version, error),
                new InferenceSpans.Times(begin, read, computed));
    }

    private ModelInferResponse response(ModelInferRequest request, Answer answer) {
        var response =
                ModelInferResponse.newBuilder()
                        .setModelName(request.getModelName())
                        .setModelVersion(Integer.toString(answer.version()))
                        .setId(request.getId().isEmpty() ? ids.next() : request.getId());
        InferOutputs.write(
                request,
                answer.signature(),
                answer.outputs(),
                request.getRawInputContentsCount() > 0,
                response);
        return response.build();
    }

    private String routing(ProjectId project, ResourceName model, GrpcCall grpc) {
        String header = serving.stickyHeader(project, model);
        return header.isEmpty() ? "" : grpc.header(header);
    }

    private static String signatureName(ModelInferRequest request) {
        if (request.getParametersCount() == 0) {
            return "";
        }
        InferParameter parameter = request.getParametersMap().get(SIGNATURE);
        return parameter == null ? "" : parameter.getStringParam();
    }

    /** The configured limit, or less when the caller says so. */
    private Duration allowed(ModelInferRequest request) {
        if (request.getParametersCount() == 0) {
            return timeout;
        }
        InferParameter parameter = request.getParametersMap().get(TIMEOUT);
        if (parameter == null) {
            return timeout;
        }
        long micros = micros(parameter);
        return micros > 0 && micros < timeout.toNanos() / NANOS_PER_MICRO
                ? Duration.ofNanos(micros * NANOS_PER_MICRO)
                : timeout;
    }

    private static long micros(InferParameter parameter) {
        return switch (parameter.getParameterChoiceCase()) {
            case INT64_PARAM -> parameter.getInt64Param();
            case UINT64_PARAM -> parameter.getUint64Param();
            case DOUBLE_PARAM -> (long) parameter.getDoubleParam();
            case STRING_PARAM -> micros(parameter.getStringParam());
            case BOOL_PARAM, PARAMETERCHOICE_NOT_SET -> throw invalidTimeout("no number");
        };
    }

    private static long micros(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw invalidTimeout("'" + text + "'");
        }
    }

    private static MillraceException invalidTimeout(String received) {
        return MillraceException.invalid(
                "parameter 'timeout' is a number of microseconds, received " + received);
    }
}
