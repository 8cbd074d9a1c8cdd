package io.millrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionWorker.WorkerState;
import io.millrace.spi.TransformerLaunch;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import io.millrace.spi.TransformerWorker;
import io.millrace.spi.TransformerWorker.Prediction;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** User code around a model, in a real process. */
@Timeout(120)
class TransformerWorkerTest {

    private static final TransformerWorker.Predictor ECHO =
            (_, _, body, _) ->
                    new Prediction(
                            200,
                            text(body).replace("instances", "predictions").getBytes(UTF_8),
                            TransformerRequest.ALL_JSON);

    private static final String CLASS =
            """
            import kserve, os, time
            class T(kserve.Model):
                def preprocess(self, payload, headers=None):
                    if payload.get('raise'): raise ValueError('bad picture')
                    if payload.get('exit'): os._exit(9)
                    if payload.get('hang'): time.sleep(600)
                    return {'instances': payload['instances']}
                def postprocess(self, result, headers=None):
                    return {'predictions': result['predictions'], 'by': headers.get('x-request-id')}
            """;

    @TempDir Path data;

    private final RecordingStepLogs logs = new RecordingStepLogs();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private TransformerWorker worker(String code, Duration timeout) {
        var runtime =
                new ProcessFunctionRuntime(
                        RunningFunction.config(data),
                        project -> "127.0.0.1:1/projects/" + project,
                        logs,
                        new RecordingMeters(),
                        TimeSource.system(),
                        IdSource.random());
        open.add(runtime);
        var model = ResourceKey.of(Kind.MODEL, RunningFunction.PIPELINE.project(), "mnist");
        TransformerWorker worker =
                runtime.transform(
                        new FunctionLaunch(
                                model,
                                RunningFunction.FUNCTION,
                                RunningFunction.spec(code, timeout, DataSize.ofMebibytes(512)),
                                0,
                                0,
                                Map.of("limit", "42"),
                                "mnist",
                                "mnist",
                                Optional.of(
                                        new TransformerLaunch(
                                                new ResourceName("mnist"),
                                                Protocol.V1,
                                                List.of("--bucket", "digits"),
                                                Map.of(
                                                        "S3_ENDPOINT",
                                                        "http://minio",
                                                        "MILLRACE_X",
                                                        "no",
                                                        "HOME",
                                                        "/root")))));
        open.add(worker);
        return worker;
    }

    private static TransformerRequest request(String body) {
        return new TransformerRequest(
                Form.V1,
                false,
                Map.of("x-request-id", "r1"),
                body.getBytes(UTF_8),
                TransformerRequest.ALL_JSON);
    }

    private static String call(TransformerWorker worker, String body) {
        return text(worker.handle(List.of(request(body)), ECHO).getFirst());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    /** As in {@code 200 {…}} or {@code USER_CODE: reason}. */
    private static String text(TransformerReply reply) {
        return switch (reply) {
            case Answered answered -> answered.status() + " " + text(answered.body());
            case TransformerReply.Failed(ErrorCode code, String reason) -> code + ": " + reason;
        };
    }

    @Test
    void goesBeforeAndAfterTheModel() {
        TransformerWorker worker = worker(CLASS, Duration.ofSeconds(20));
        assertThat(call(worker, "{\"instances\": [1, 2]}"))
                .isEqualTo("200 {\"predictions\":[1,2],\"by\":\"r1\"}");
        assertThat(call(worker, "{\"raise\": true}"))
                .isEqualTo("500 {\"error\":\"ValueError : bad picture\"}");
        assertThat(call(worker, "{\"instances\": [3]}")).startsWith("200 ");
        assertThat(logs.texts())
                .anyMatch(line -> line.contains("raise ValueError('bad picture')"))
                .anyMatch(line -> line.contains("requestId: r1, preprocess_ms: "));
    }

    @Test
    void toldItsArgumentsVariablesAndWhereItsModelIs() {
        String code =
                """
                import argparse, os
                from kserve import model_server
                parser = argparse.ArgumentParser(parents=[model_server.parser])
                parser.add_argument('--bucket')
                args = parser.parse_args()
                def postprocess(result, headers):
                    return [args.model_name, args.predictor_host, args.bucket,
                            os.environ['S3_ENDPOINT'], os.environ.get('MILLRACE_X'),
                            os.environ['HOME'] == '/root']
                """;
        TransformerWorker worker = worker(code, Duration.ofSeconds(20));
        assertThat(call(worker, "{\"instances\": []}"))
                .isEqualTo(
                        "200 [\"mnist\",\"127.0.0.1:1/projects/lab/predictor\",\"digits\","
                                + "\"http://minio\",null,false]");
    }

    @Test
    void aProcessThatEndsInMidCallCostsThatRequestOnly() {
        TransformerWorker worker = worker(CLASS, Duration.ofSeconds(20));
        assertThat(call(worker, "{\"exit\": true}"))
                .isEqualTo("USER_CODE: the function ended its process with exit code 9");
        assertThat(call(worker, "{\"instances\": [3]}")).startsWith("200 ");
    }

    @Test
    void aProcessThatIsKilledWhileItWaitsForTheModelCostsThatRequestOnly() {
        TransformerWorker worker = worker(CLASS, Duration.ofSeconds(20));
        assertThat(call(worker, "{\"instances\": [1]}")).startsWith("200 ");
        var reply =
                worker.handle(
                                List.of(request("{\"instances\": [1]}")),
                                (request, protocol, body, length) -> {
                                    kill(worker);
                                    return ECHO.predict(request, protocol, body, length);
                                })
                        .getFirst();
        assertThat(text(reply))
                .startsWith("USER_CODE: the function's process was ended by signal 9");
        assertThat(call(worker, "{\"instances\": [3]}")).startsWith("200 ");
    }

    private static void kill(TransformerWorker worker) {
        if (worker.state() instanceof WorkerState.Running(long pid)) {
            ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
            assertThat(process.destroyForcibly()).isTrue();
            await().atMost(20, TimeUnit.SECONDS).until(() -> !process.isAlive());
        }
    }

    @Test
    void hangingCodeIsEndedAndTheModelMayTakeItsTime() {
        TransformerWorker worker = worker(CLASS, Duration.ofSeconds(2));
        var slow = new CountDownLatch(1);
        var reply =
                worker.handle(
                                List.of(request("{\"instances\": [1]}")),
                                (request, protocol, body, length) -> {
                                    // Longer than the limit of the function.
                                    assertThat(awaits(slow, Duration.ofSeconds(3))).isFalse();
                                    return ECHO.predict(request, protocol, body, length);
                                })
                        .getFirst();
        assertThat(text(reply)).startsWith("200 ");
        assertThat(call(worker, "{\"hang\": true}"))
                .isEqualTo(
                        "TIMEOUT: the function took longer than its limit of 2 s for one message");
        assertThat(call(worker, "{\"instances\": [3]}")).startsWith("200 ");
    }

    private static boolean awaits(CountDownLatch latch, Duration limit) {
        try {
            return latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Test
    void anErrorOfTheModelKeepsItsStatus() {
        TransformerWorker worker = worker(CLASS, Duration.ofSeconds(20));
        var reply =
                worker.handle(
                                List.of(request("{\"instances\": [1]}")),
                                (_, _, _, _) ->
                                        new Prediction(
                                                503,
                                                "{\"error\":\"busy\"}".getBytes(UTF_8),
                                                TransformerRequest.ALL_JSON))
                        .getFirst();
        assertThat(text(reply)).isEqualTo("503 {\"error\":\"busy\"}");
    }

    @Test
    void asksForSeveralPredictionsAtOnce() {
        String code =
                """
                import asyncio
                async def predict(payload, headers, context):
                    asked = (context.predict_async({'instances': [i]}) for i in range(8))
                    return [a['predictions'][0] for a in await asyncio.gather(*asked)]
                """;
        TransformerWorker worker = worker(code, Duration.ofSeconds(20));
        var all = new CyclicBarrier(8);
        var reply =
                worker.handle(
                                List.of(request("{}")),
                                (request, protocol, body, length) -> {
                                    try {
                                        all.await(20, TimeUnit.SECONDS);
                                    } catch (Exception e) {
                                        throw new AssertionError("they did not come together", e);
                                    }
                                    return ECHO.predict(request, protocol, body, length);
                                })
                        .getFirst();
        assertThat(text(reply)).isEqualTo("200 [0,1,2,3,4,5,6,7]");
    }

    @Test
    void takesBatchesWhereTheCodeDoesAndBlamesOne() {
        String code =
                """
                import os
                def preprocess_batch(payloads, headers):
                    if {'exit': 1} in payloads: os._exit(3)
                    return [{'instances': [p['n'], len(payloads)]} for p in payloads]
                """;
        TransformerWorker worker = worker(code, Duration.ofSeconds(20));
        assertThat(call(worker, "{\"n\": 0}")).isEqualTo("200 {\"predictions\":[0,1]}");
        assertThat(worker.takesBatches()).isTrue();
        var asked = new AtomicInteger();
        var replies =
                worker.handle(
                        List.of(request("{\"n\": 5}"), request("{\"n\": 6}")),
                        (request, protocol, body, length) -> {
                            asked.addAndGet(request + 1);
                            return ECHO.predict(request, protocol, body, length);
                        });
        assertThat(replies.stream().map(TransformerWorkerTest::text))
                .containsExactly("200 {\"predictions\":[5,2]}", "200 {\"predictions\":[6,2]}");
        assertThat(asked).hasValue(3);
        replies =
                worker.handle(
                        List.of(
                                request("{\"n\": 5}"),
                                request("{\"exit\": 1}"),
                                request("{\"n\": 6}")),
                        ECHO);
        assertThat(replies.stream().map(TransformerWorkerTest::text))
                .containsExactly(
                        "200 {\"predictions\":[5,1]}",
                        "USER_CODE: the function ended its process with exit code 3",
                        "200 {\"predictions\":[6,1]}");
    }

    @Test
    void saysWhyItDoesNotStart() {
        TransformerWorker worker = worker("x = 1\n", Duration.ofSeconds(20));
        assertThat(call(worker, "{}"))
                .startsWith("USER_CODE: the function does not start: ")
                .contains("has no transformer");
    }
}
