package io.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.millrace.inference.grpc.proto.ServerLiveRequest;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ReflectionTest {

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v1alpha"})
    void tellsServicesAndTheirFiles(String version) throws Exception {
        try (var server = new GrpcServer(GrpcServer.SMALL);
                var session = new Session(server, version)) {
            var list = session.ask(ServerReflectionRequest.newBuilder().setListServices("*"));
            assertThat(list.getListServicesResponse().getServiceList())
                    .extracting(ServiceResponse::getName)
                    .containsExactly(
                            "grpc.health.v1.Health",
                            "grpc.reflection.v1.ServerReflection",
                            "inference.GRPCInferenceService");
            for (String symbol :
                    List.of(
                            "inference.GRPCInferenceService",
                            "inference.GRPCInferenceService.ModelInfer",
                            "inference.ModelInferRequest.InferInputTensor")) {
                var file =
                        session.ask(
                                ServerReflectionRequest.newBuilder()
                                        .setFileContainingSymbol(symbol));
                assertThat(file(file).getPackage()).isEqualTo("inference");
            }
            var named =
                    session.ask(
                            ServerReflectionRequest.newBuilder()
                                    .setFileByFilename("inference.proto"));
            assertThat(file(named).getServiceCount()).isEqualTo(1);
        }
    }

    @Test
    void saysWhatItDoesNotHave() throws Exception {
        try (var server = new GrpcServer(GrpcServer.SMALL);
                var session = new Session(server, "v1")) {
            for (var request :
                    List.of(
                            ServerReflectionRequest.newBuilder().setFileByFilename("none.proto"),
                            ServerReflectionRequest.newBuilder().setFileContainingSymbol("a.B"),
                            ServerReflectionRequest.newBuilder()
                                    .setAllExtensionNumbersOfType("a.B"))) {
                assertThat(session.ask(request).getErrorResponse().getErrorCode()).isEqualTo(5);
            }
            assertThat(
                            session.ask(ServerReflectionRequest.newBuilder())
                                    .getErrorResponse()
                                    .getErrorCode())
                    .isEqualTo(3);
        }
    }

    @Test
    void aStreamThatIsSilentForTooLongIsToldSo() throws Exception {
        var time = new TestingTime();
        try (var server = new GrpcServer(GrpcServer.SMALL, time);
                var session = new Session(server, "v1")) {
            session.ask(ServerReflectionRequest.newBuilder().setListServices("*"));
            time.advance(GrpcServer.SMALL.timeout());
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        time.advance(Duration.ofSeconds(1));
                        live(server); // whoever calls looks for streams that are left alone
                        return session.failure != null;
                    });
            assertThat(session.failure)
                    .satisfies(
                            GrpcInferenceTest.is(
                                    Status.Code.DEADLINE_EXCEEDED,
                                    "nothing was heard from the caller for 20 s"));
            live(server);
            assertThat(server.inference.protocol().openCalls().count()).isZero();
        }
    }

    @Test
    void aStreamThatGoesOnAskingLivesLongerThanACallMay() throws Exception {
        var time = new TestingTime();
        try (var server = new GrpcServer(GrpcServer.SMALL, time);
                var session = new Session(server, "v1")) {
            for (int i = 0; i < 5; i++) {
                session.ask(ServerReflectionRequest.newBuilder().setListServices("*"));
                time.advance(GrpcServer.SMALL.timeout().minusSeconds(5));
                live(server);
            }
            session.ask(ServerReflectionRequest.newBuilder().setListServices("*"));
        }
    }

    private static void live(GrpcServer server) {
        assertThat(server.stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                .isTrue();
    }

    private static FileDescriptorProto file(ServerReflectionResponse response)
            throws InvalidProtocolBufferException {
        return FileDescriptorProto.parseFrom(
                response.getFileDescriptorResponse().getFileDescriptorProto(0));
    }

    /** Questions and answers on one stream, as clients do it. */
    private static final class Session
            implements AutoCloseable, StreamObserver<ServerReflectionResponse> {

        private final BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
        private final StreamObserver<ServerReflectionRequest> questions;
        private volatile @Nullable Throwable failure;

        Session(GrpcServer server, String version) {
            MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> method =
                    ServerReflectionGrpc.getServerReflectionInfoMethod().toBuilder()
                            .setFullMethodName(
                                    "grpc.reflection."
                                            + version
                                            + ".ServerReflection/ServerReflectionInfo")
                            .build();
            questions =
                    ClientCalls.asyncBidiStreamingCall(
                            server.channel.newCall(method, io.grpc.CallOptions.DEFAULT), this);
        }

        ServerReflectionResponse ask(ServerReflectionRequest.Builder question)
                throws InterruptedException {
            questions.onNext(question.build());
            ServerReflectionResponse answer = answers.poll(20, TimeUnit.SECONDS);
            assertThat(answer).as(() -> "answer to " + question + ", " + failure).isNotNull();
            return answer;
        }

        @Override
        public void onNext(ServerReflectionResponse answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable error) {
            failure = error;
        }

        @Override
        public void onCompleted() {}

        @Override
        public void close() {
            questions.onCompleted();
        }
    }
}
