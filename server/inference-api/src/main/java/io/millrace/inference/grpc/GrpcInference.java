package io.millrace.inference.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.health.v1.HealthProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionProto;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.millrace.inference.grpc.proto.GRPCInferenceServiceGrpc;
import io.millrace.inference.grpc.proto.Inference;
import io.millrace.inference.protocol.InferencePorts;
import java.util.List;

/**
 * The Open Inference Protocol over gRPC, with the standard health service and server reflection.
 * Holds nothing that must be closed.
 */
public final class GrpcInference {

    private static final String REFLECTION_V1ALPHA =
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private final GrpcProtocol protocol;

    /**
     * Makes the services.
     *
     * @param config limits
     * @param ports the parts of the server that they call
     */
    public GrpcInference(GrpcConfig config, InferencePorts ports) {
        var infer = new InferCalls(config.timeout(), ports);
        var server = new ServerCalls(ports.serving(), ports.isReady());
        var repository = new RepositoryCalls(ports.serving());
        var health = new HealthCalls(ports.isReady());
        var reflection =
                new ReflectionCalls(
                        List.of(
                                Inference.getDescriptor(),
                                HealthProto.getDescriptor(),
                                ServerReflectionProto.getDescriptor()));
        this.protocol =
                new GrpcProtocol(
                        List.of(
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getModelInferMethod(),
                                        infer::infer),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getServerLiveMethod(),
                                        (_, _) -> server.live()),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getServerReadyMethod(),
                                        (_, _) -> server.ready()),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getServerMetadataMethod(),
                                        (_, _) -> server.metadata()),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getModelReadyMethod(),
                                        server::modelReady),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getModelMetadataMethod(),
                                        server::modelMetadata),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getRepositoryIndexMethod(),
                                        repository::index),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getRepositoryModelLoadMethod(),
                                        repository::load),
                                new GrpcMethod<>(
                                        GRPCInferenceServiceGrpc.getRepositoryModelUnloadMethod(),
                                        repository::unload),
                                new GrpcMethod<>(
                                        HealthGrpc.getCheckMethod(),
                                        (request, _) -> health.check(request)),
                                new GrpcMethod<>(
                                        ServerReflectionGrpc.getServerReflectionInfoMethod(),
                                        (request, _) -> reflection.answer(request)),
                                new GrpcMethod<>(
                                        reflectionV1alpha(),
                                        (request, _) -> reflection.answer(request))),
                        config,
                        ports.time(),
                        ports.bodies());
    }

    /**
     * For {@code WebServer.builder().addConnectionSelector(…)}: takes the connections of HTTP/2,
     * and leaves requests that are not gRPC to the listener's HTTP routing.
     *
     * @param http2 the same settings as the listener has for HTTP/2
     */
    public ServerConnectionSelector connections(Http2Config http2) {
        return new GrpcConnections(protocol, http2);
    }

    GrpcProtocol protocol() {
        return protocol;
    }

    /** The older name, which many clients still use alone. */
    private static MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse>
            reflectionV1alpha() {
        return ServerReflectionGrpc.getServerReflectionInfoMethod().toBuilder()
                .setFullMethodName(REFLECTION_V1ALPHA)
                .setType(MethodType.BIDI_STREAMING)
                .build();
    }
}
