package io.millrace.function;

import io.millrace.api.DataSize;
import io.millrace.api.FunctionSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A function in a real worker, for tests. */
final class RunningFunction implements AutoCloseable {

    /** Built once and kept between runs: making it takes pip some seconds. */
    static final Path ENVIRONMENTS = Path.of("target", "test-environments").toAbsolutePath();

    static final ResourceKey PIPELINE =
            ResourceKey.of(Kind.PIPELINE, new ProjectId("lab"), "line-1");
    static final ResourceKey FUNCTION = ResourceKey.of(Kind.FUNCTION, new ProjectId("lab"), "f");

    final RecordingStepLogs logs = new RecordingStepLogs();
    final RecordingMeters meters = new RecordingMeters();
    final ProcessFunctionRuntime runtime;
    final FunctionWorker worker;

    private RunningFunction(Path data, FunctionLaunch launch) {
        runtime =
                new ProcessFunctionRuntime(
                        config(data),
                        project -> "127.0.0.1:1/" + project,
                        logs,
                        meters,
                        TimeSource.system(),
                        IdSource.random());
        worker = runtime.start(launch);
    }

    static FunctionRuntimeConfig config(Path data) {
        return FunctionRuntimeConfig.of(data).withEnvironments(ENVIRONMENTS);
    }

    static RunningFunction of(Path data, String code) {
        return of(data, code, Duration.ofSeconds(20), DataSize.ofMebibytes(512));
    }

    static RunningFunction of(Path data, String code, Duration timeout, DataSize memory) {
        return new RunningFunction(data, launch(code, timeout, memory));
    }

    static FunctionLaunch launch(String code, Duration timeout, DataSize memory) {
        return new FunctionLaunch(
                PIPELINE,
                FUNCTION,
                spec(code, timeout, memory),
                0,
                0,
                Map.of("limit", "42"),
                "input",
                "apparel-predict");
    }

    static FunctionSpec spec(String code, Duration timeout, DataSize memory) {
        return new FunctionSpec(
                FunctionSpec.Language.PYTHON,
                "python",
                List.of(),
                new FunctionSpec.Source("classify.py", code),
                List.of(),
                timeout,
                memory);
    }

    static FunctionMessage message(String payload) {
        return message(payload.getBytes(StandardCharsets.UTF_8));
    }

    static FunctionMessage message(byte[] payload) {
        return new FunctionMessage(
                payload, "cameras/1", 1_700_000_000_123_456_789L, Map.of("MQTT", "ByteArray"));
    }

    List<FunctionResult> process(String... payloads) {
        List<FunctionMessage> batch = new ArrayList<>();
        for (String payload : payloads) {
            batch.add(message(payload));
        }
        return worker.process(batch);
    }

    /** As in {@code sent a,b} or {@code USER_CODE: reason}: easy to compare and to read. */
    static String text(FunctionResult result) {
        return switch (result) {
            case FunctionResult.Sent(List<byte[]> payloads) ->
                    "sent "
                            + String.join(
                                    ",",
                                    payloads.stream()
                                            .map(p -> new String(p, StandardCharsets.UTF_8))
                                            .toList());
            case FunctionResult.Failed(var code, String reason) -> code + ": " + reason;
        };
    }

    List<String> texts(String... payloads) {
        return process(payloads).stream().map(RunningFunction::text).toList();
    }

    @Override
    public void close() {
        worker.close();
        runtime.close();
    }
}
