package io.millrace.inference.grpc;

import static io.millrace.inference.grpc.GrpcInferenceTest.is;
import static io.millrace.inference.grpc.Requests.floats;
import static io.millrace.inference.grpc.Requests.raw;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.inference.grpc.proto.GRPCInferenceServiceGrpc;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferResponse;
import io.millrace.inference.grpc.proto.ServerLiveRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is below the messages: deadlines, resets, sizes, many callers, other protocols beside. */
@Timeout(60)
class GrpcTransportTest {

    private static final ModelInferRequest ONE_ROW = raw("echo", "FP32", floats(1, 2), 1, 2);

    private GrpcServer server;

    @BeforeEach
    void start() {
        server = new GrpcServer(GrpcServer.SMALL).echo("echo", DataType.FP32);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theCallersDeadlineBoundsTheCall() {
        server.stub().withDeadlineAfter(60, TimeUnit.SECONDS).modelInfer(ONE_ROW);
        assertThat(server.serving.calls().getLast().timeout())
                .isLessThanOrEqualTo(Duration.ofSeconds(60))
                .isGreaterThan(Duration.ofSeconds(1));
        GRPCInferenceServiceGrpc.newBlockingStub(server.channel).modelInfer(ONE_ROW);
        assertThat(server.serving.calls().getLast().timeout())
                .isEqualTo(GrpcServer.SMALL.timeout());
    }

    @Test
    void aDeadlineThatPassesWhileItIsQueuedEndsTheCall() {
        var interrupted = new CountDownLatch(1);
        server.serving.before(call -> waitForInterrupt(new CountDownLatch(1), interrupted));
        assertThatThrownBy(() ->
                        server.stub()
                                .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                                .modelInfer(ONE_ROW))
                .satisfies(is(Status.Code.DEADLINE_EXCEEDED, ""));
        // The client resets the stream then, and the call leaves the queue.
        await().atMost(Duration.ofSeconds(20)).until(() -> interrupted.getCount() == 0);
    }

    @Test
    void cancellingInterruptsTheCallAndLeavesTheConnectionUsable() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        server.serving.before(call -> waitForInterrupt(begun, interrupted));
        var context = Context.current().withCancellation();
        var failure = new AtomicReference<Throwable>();
        Thread caller =
                Thread.ofVirtual()
                        .start(
                                context.wrap(() -> {
                                    try {
                                        server.stub().modelInfer(ONE_ROW);
                                    } catch (RuntimeException e) {
                                        failure.set(e);
                                    }
                                }));
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        context.cancel(null);
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
        caller.join(Duration.ofSeconds(20));
        assertThat(failure.get()).satisfies(is(Status.Code.CANCELLED, ""));
        server.serving.before(_ -> {});
        for (int i = 0; i < 50; i++) {
            assertThat(server.stub().modelInfer(ONE_ROW).getRawOutputContents(0))
                    .isEqualTo(floats(1, 2));
        }
        assertThat(server.serving.calls()).hasSize(50); // not the cancelled one
        assertThat(server.inference.protocol().openCalls().count()).isZero();
    }

    @Test
    void callersWhoCancelDoNotCostTheOthersTheConnection() throws Exception {
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var queued = new Semaphore(0);
        server.echo("patient", DataType.FP32);
        server.serving.before(call -> {
            if (call.model().value().equals("patient")) {
                begun.countDown();
                waitFor(goOn);
            } else {
                queued.release();
                waitForInterrupt(new CountDownLatch(1), new CountDownLatch(1));
            }
        });
        var patient =
                GRPCInferenceServiceGrpc.newFutureStub(server.channel)
                        .modelInfer(raw("patient", "FP32", floats(3, 4), 1, 2));
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        // More than Helidon takes for an attack unless it is told otherwise.
        for (int i = 0; i < 120; i++) {
            var cancelled =
                    GRPCInferenceServiceGrpc.newFutureStub(server.channel).modelInfer(ONE_ROW);
            assertThat(queued.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            cancelled.cancel(true);
        }
        goOn.countDown();
        assertThat(patient.get(20, TimeUnit.SECONDS).getRawOutputContents(0))
                .isEqualTo(floats(3, 4));
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "cancelled", e);
        }
    }

    /** As a queue does that a caller waits in. */
    private static void waitForInterrupt(CountDownLatch begun, CountDownLatch interrupted) {
        begun.countDown();
        try {
            if (new CountDownLatch(1).await(30, TimeUnit.SECONDS)) {
                throw MillraceException.internal("nobody counts this down", null);
            }
        } catch (InterruptedException e) {
            interrupted.countDown();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "cancelled", e);
        }
    }

    @Test
    void aMessageOverTheLimitIsRefusedAndTheConnectionStaysUsable() {
        int values = 3 << 20; // 12 MiB, the limit is 8
        var large = raw("echo", "FP32", ByteString.copyFrom(new byte[values * 4]), values / 2, 2);
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> server.stub().modelInfer(large))
                    .satisfies(
                            is(Status.Code.RESOURCE_EXHAUSTED, "is larger than the 8Mi allowed"));
        }
        server.stub().modelInfer(ONE_ROW);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> server.inference.protocol().openCalls().count() == 0);
    }

    @Test
    void aMessageBelowTheLimitPassesWhateverItTakes() {
        int values = (8 << 20) / 4 - 64;
        byte[] bytes = new byte[values * 4];
        new java.util.SplittableRandom(1).nextBytes(bytes);
        var request = raw("echo", "FP32", ByteString.copyFrom(bytes), values / 2, 2);
        ModelInferResponse response = server.stub().modelInfer(request);
        assertThat(response.getRawOutputContents(0)).isEqualTo(ByteString.copyFrom(bytes));
    }

    @Test
    void theStandardLimitIsWhatTheProtocolAsksForAtLeast() {
        assertThat(GrpcConfig.standard().maxMessage())
                .isGreaterThanOrEqualTo(new DataSize(8_388_608))
                .isEqualTo(DataSize.ofMebibytes(64));
    }

    @Test
    void compressedMessagesAreUnderstoodUpToTheSameLimit() {
        int values = 1 << 20; // over many frames, were it not compressed
        var request = raw("echo", "FP32", ByteString.copyFrom(new byte[values * 4]), values / 2, 2);
        assertThat(
                        server.stub()
                                .withCompression("gzip")
                                .modelInfer(request)
                                .getRawOutputContents(0)
                                .size())
                .isEqualTo(values * 4);
        var bomb =
                raw("echo", "FP32", ByteString.copyFrom(new byte[values * 12]), values * 3 / 2, 2);
        assertThatThrownBy(() -> server.stub().withCompression("gzip").modelInfer(bomb))
                .satisfies(
                        is(Status.Code.RESOURCE_EXHAUSTED, "decompressed is larger than the 8Mi"));
    }

    @Test
    void manyCallersOnOneConnectionGetTheirOwnAnswers() throws Exception {
        List<Callable<Integer>> callers = new ArrayList<>();
        for (int caller = 0; caller < 32; caller++) {
            int seed = caller;
            callers.add(() -> callOften(seed));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> done : threads.invokeAll(callers, 50, TimeUnit.SECONDS)) {
                assertThat(done.get()).isEqualTo(40);
            }
        }
        assertThat(server.serving.calls()).hasSize(32 * 40);
        assertThat(server.inference.protocol().openCalls().count()).isZero();
    }

    private int callOften(int seed) {
        int right = 0;
        for (int i = 0; i < 40; i++) {
            int rows = 1 + (seed * 40 + i) % 300;
            float[] values = new float[rows * 2];
            java.util.Arrays.fill(values, seed * 1000f + i);
            ByteString bytes = floats(values);
            var answer = server.stub().modelInfer(raw("echo", "FP32", bytes, rows, 2));
            if (answer.getRawOutputContents(0).equals(bytes)) {
                right++;
            }
        }
        return right;
    }

    @Test
    void otherProtocolsGoOnBesideIt() throws Exception {
        for (var version : HttpClient.Version.values()) {
            if (version.name().equals("HTTP_3")) {
                continue; // over UDP
            }
            try (var client = HttpClient.newBuilder().version(version).build()) {
                var answer =
                        client.send(
                                HttpRequest.newBuilder(
                                                URI.create("http://127.0.0.1:" + server.port()))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                assertThat(answer.body()).isEqualTo("plain");
                assertThat(answer.version()).isEqualTo(version);
            }
            assertThat(server.stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                    .isTrue();
        }
    }

    @Test
    void theHealthServiceFollowsReadiness() {
        var health =
                HealthGrpc.newBlockingStub(server.channel).withDeadlineAfter(20, TimeUnit.SECONDS);
        for (String service : List.of("", "inference.GRPCInferenceService")) {
            var request = HealthCheckRequest.newBuilder().setService(service).build();
            assertThat(health.check(request).getStatus()).isEqualTo(ServingStatus.SERVING);
            server.isReady.set(false);
            assertThat(health.check(request).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
            server.isReady.set(true);
        }
        assertThatThrownBy(() ->
                        health.check(HealthCheckRequest.newBuilder().setService("other").build()))
                .satisfies(is(Status.Code.NOT_FOUND, "there is no service other"));
        assertThatThrownBy(() -> health.watch(HealthCheckRequest.getDefaultInstance()).hasNext())
                .satisfies(
                        is(
                                Status.Code.UNIMPLEMENTED,
                                "there is no method grpc.health.v1.Health/Watch"));
    }
}
