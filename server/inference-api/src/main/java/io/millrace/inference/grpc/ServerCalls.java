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
import io.millrace.inference.protocol.OpenInference;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.function.BooleanSupplier;

/** What the server and its models are, and whether they are ready. */
final class ServerCalls {

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
                .setName(OpenInference.SERVER)
                .setVersion(OpenInference.VERSION)
                .addAllExtensions(OpenInference.EXTENSIONS)
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
                        .setPlatform(OpenInference.platform(model.framework()));
        for (VersionState version : model.versions()) {
            if (version.isReady()) {
                response.addVersions(Integer.toString(version.version()));
            }
        }
        Signature signature = OpenInference.shown(model.signatures());
        signature.inputs().forEach(input -> response.addInputs(describe(input)));
        signature.outputs().forEach(output -> response.addOutputs(describe(output)));
        return response.build();
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
