package io.millrace.inference.grpc;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.grpc.proto.ModelMetadataRequest;
import io.millrace.inference.grpc.proto.ModelMetadataResponse;
import io.millrace.inference.grpc.proto.ModelMetadataResponse.TensorMetadata;
import io.millrace.inference.grpc.proto.ModelReadyRequest;
import io.millrace.inference.grpc.proto.ModelReadyResponse;
import io.millrace.inference.grpc.proto.ServerLiveResponse;
import io.millrace.inference.grpc.proto.ServerMetadataResponse;
import io.millrace.inference.grpc.proto.ServerReadyResponse;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What the server and its models are, and whether they are ready. */
final class ServerCalls {

    private static final String NAME = "millrace";
    private static final String PROTOCOL_VERSION = "1.0";
    private static final List<String> EXTENSIONS =
            List.of("binary_tensor_data", "model_repository");

    private final ModelServing serving;
    private final BooleanSupplier ready;

    ServerCalls(ModelServing serving, BooleanSupplier ready) {
        this.serving = serving;
        this.ready = ready;
    }

    ServerLiveResponse live() {
        return ServerLiveResponse.newBuilder().setLive(true).build();
    }

    ServerReadyResponse ready() {
        return ServerReadyResponse.newBuilder().setReady(ready.getAsBoolean()).build();
    }

    ServerMetadataResponse metadata() {
        return ServerMetadataResponse.newBuilder()
                .setName(NAME)
                .setVersion(PROTOCOL_VERSION)
                .addAllExtensions(EXTENSIONS)
                .build();
    }

    /** False for one that is known and not ready; an unknown one is NOT_FOUND. */
    ModelReadyResponse modelReady(ModelReadyRequest request, GrpcCall call) {
        boolean isReady = true;
        try {
            var _ =
                    serving.describe(
                            call.project(),
                            ModelNames.parse(request.getName()),
                            VersionRef.parse(request.getVersion()));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNAVAILABLE) {
                throw e;
            }
            isReady = false;
        }
        return ModelReadyResponse.newBuilder().setReady(isReady).build();
    }

    ModelMetadataResponse modelMetadata(ModelMetadataRequest request, GrpcCall call) {
        Description model =
                serving.describe(
                        call.project(),
                        ModelNames.parse(request.getName()),
                        VersionRef.parse(request.getVersion()));
        var response =
                ModelMetadataResponse.newBuilder()
                        .setName(model.model().value())
                        .setPlatform(platform(model.framework()));
        for (VersionState version : model.versions()) {
            if (version.isReady()) {
                response.addVersions(Integer.toString(version.version()));
            }
        }
        if (!model.signatures().isEmpty()) {
            Signature signature = mainSignature(model.signatures());
            signature.inputs().forEach(input -> response.addInputs(describe(input)));
            signature.outputs().forEach(output -> response.addOutputs(describe(output)));
        }
        return response.build();
    }

    /** The protocol shows one: that which a call without a name gets, else the first. */
    private static Signature mainSignature(List<Signature> signatures) {
        for (Signature signature : signatures) {
            if (signature.name().equals(Signature.DEFAULT)) {
                return signature;
            }
        }
        return signatures.getFirst();
    }

    private static String platform(String framework) {
        return switch (framework) {
            case "tensorflow", "keras" -> "tensorflow_savedmodel"; // Keras files are converted
            case "onnx" -> "onnx_onnxv1";
            case "tflite" -> "tensorflow_lite";
            default -> framework;
        };
    }

    private static TensorMetadata describe(TensorSpec spec) {
        var tensor =
                TensorMetadata.newBuilder()
                        .setName(spec.name())
                        .setDatatype(spec.type().protocolName());
        for (int axis = 0; axis < spec.shape().rank(); axis++) {
            tensor.addShape(spec.shape().extent(axis));
        }
        return tensor.build();
    }
}
