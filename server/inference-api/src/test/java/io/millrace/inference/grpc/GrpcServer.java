package io.millrace.inference.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http2.Http2Config;
import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.grpc.proto.GRPCInferenceServiceGrpc;
import io.millrace.inference.grpc.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.millrace.inference.protocol.BodyMemory;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.spi.GraphServing;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.TransformerServing;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingTracing;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A server with HTTP/1.1, h2c and gRPC on one port, and a channel to it. */
final class GrpcServer implements AutoCloseable {

    static final GrpcConfig SMALL = new GrpcConfig(DataSize.ofMebibytes(8), Duration.ofSeconds(20));

    final FakeModelServing serving = new FakeModelServing();
    final RecordingTracing tracing = new RecordingTracing(false);
    final RecordingMeters meters = new RecordingMeters();
    final RequestLog log = new RequestLog(meters, TimeSource.system());
    final BodyMemory memory;
    final AtomicBoolean isReady = new AtomicBoolean(true);
    final GrpcInference inference;
    final ManagedChannel channel;
    private final WebServer server;

    GrpcServer(GrpcConfig config) {
        this(config, TimeSource.system());
    }

    GrpcServer(GrpcConfig config, TimeSource time) {
        this(config, time, new BodyMemory(DataSize.ofMebibytes(512)));
    }

    GrpcServer(GrpcConfig config, TimeSource time, BodyMemory memory) {
        this.memory = memory;
        inference =
                new GrpcInference(
                        config,
                        new InferencePorts(
                                serving,
                                new NoGraphs(),
                                log,
                                memory,
                                isReady::get,
                                meters,
                                time,
                                () -> "invented",
                                tracing,
                                TransformerServing.none()));
        var http2 =
                Http2Config.builder()
                        .initialWindowSize(4 << 20)
                        .maxFrameSize(1 << 20)
                        .maxConcurrentStreams(1000)
                        .build();
        server =
                WebServer.builder()
                        .host("127.0.0.1")
                        .port(0)
                        .shutdownHook(false)
                        .connectionOptions(options -> options.tcpNoDelay(true))
                        .addConnectionSelector(inference.connections(http2))
                        .addProtocol(http2)
                        .addRouting(
                                HttpRouting.builder()
                                        .get("/", (_, response) -> response.send("plain")))
                        .build()
                        .start();
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                        .usePlaintext()
                        .maxInboundMessageSize(128 << 20)
                        .build();
    }

    int port() {
        return server.port();
    }

    GRPCInferenceServiceBlockingStub stub() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    GRPCInferenceServiceBlockingStub stub(String key, String value) {
        var metadata = new Metadata();
        metadata.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value);
        return stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    /** Adds a model that gives back its one input {@code x} as {@code y}. */
    GrpcServer echo(String name, DataType type) {
        serving.put(ProjectId.DEFAULT, name, pair(type), Call::inputs);
        return this;
    }

    static Signature pair(DataType type) {
        return new Signature(
                Signature.DEFAULT,
                List.of(new TensorSpec("x", type, Shape.of(-1, 2))),
                List.of(new TensorSpec("y", type, Shape.of(-1, 2))));
    }

    static float[] floats(Tensor tensor) {
        return ((Tensor.Numeric) tensor).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.stop();
    }

    /** Graphs are not called over gRPC. */
    private static final class NoGraphs implements GraphServing {
        @Override
        public Answer run(GraphServing.Call call) {
            throw MillraceException.notFound("there are no graphs here");
        }

        @Override
        public List<ResourceName> list(ProjectId project) {
            return List.of();
        }
    }
}
