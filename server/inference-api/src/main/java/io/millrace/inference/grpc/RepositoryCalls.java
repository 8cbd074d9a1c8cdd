package io.millrace.inference.grpc;

import io.millrace.api.ResourceName;
import io.millrace.inference.grpc.proto.RepositoryIndexRequest;
import io.millrace.inference.grpc.proto.RepositoryIndexResponse;
import io.millrace.inference.grpc.proto.RepositoryIndexResponse.ModelIndex;
import io.millrace.inference.grpc.proto.RepositoryModelLoadRequest;
import io.millrace.inference.grpc.proto.RepositoryModelLoadResponse;
import io.millrace.inference.grpc.proto.RepositoryModelUnloadRequest;
import io.millrace.inference.grpc.proto.RepositoryModelUnloadResponse;
import io.millrace.inference.protocol.OpenInference;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;

/** Which models there are, and having them in memory or not. */
final class RepositoryCalls {

    private final ModelServing serving;

    RepositoryCalls(ModelServing serving) {
        this.serving = serving;
    }

    RepositoryIndexResponse index(RepositoryIndexRequest request, GrpcCall call) {
        var response = RepositoryIndexResponse.newBuilder();
        for (Description model : serving.list(call.project())) {
            for (VersionState version : model.versions()) {
                if (version.isReady() || !request.getReady()) {
                    response.addModels(
                            ModelIndex.newBuilder()
                                    .setName(model.model().value())
                                    .setVersion(Integer.toString(version.version()))
                                    .setState(version.isReady() ? "READY" : "UNAVAILABLE")
                                    .setReason(version.message()));
                }
            }
        }
        return response.build();
    }

    RepositoryModelLoadResponse load(RepositoryModelLoadRequest request, GrpcCall call) {
        OpenInference.refuseContent(request.getParametersMap().keySet());
        ResourceName model = model(request.getModelName(), request.getTritonModelName());
        serving.load(call.project(), model);
        return RepositoryModelLoadResponse.newBuilder()
                .setModelName(model.value())
                .setIsLoaded(true)
                .build();
    }

    RepositoryModelUnloadResponse unload(RepositoryModelUnloadRequest request, GrpcCall call) {
        ResourceName model = model(request.getModelName(), request.getTritonModelName());
        serving.unload(call.project(), model);
        return RepositoryModelUnloadResponse.newBuilder()
                .setModelName(model.value())
                .setIsUnloaded(true)
                .build();
    }

    /** Where Triton's field is filled, the other one is the name of a repository. */
    private static ResourceName model(String kserve, String triton) {
        return ModelNames.parse(triton.isEmpty() ? kserve : triton);
    }
}
