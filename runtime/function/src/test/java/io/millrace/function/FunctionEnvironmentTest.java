package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.FunctionSpec;
import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import io.millrace.spi.EnvironmentState;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FunctionEnvironmentTest {

    @TempDir Path data;

    private static FunctionSpec spec(String environment, String... requirements) {
        return new FunctionSpec(
                FunctionSpec.Language.PYTHON,
                environment,
                List.of(requirements),
                new FunctionSpec.Source("f.py", "def main(ctx, msg): pass\n"),
                List.of(),
                Duration.ofSeconds(5),
                DataSize.ofMebibytes(256));
    }

    private ProcessFunctionRuntime runtime(FunctionRuntimeConfig config) {
        return new ProcessFunctionRuntime(
                config,
                _ -> "127.0.0.1:1",
                new RecordingStepLogs(),
                new RecordingMeters(),
                TimeSource.system(),
                IdSource.random());
    }

    @Test
    void saysWhichEnvironmentsThereAre() {
        try (var runtime = runtime(FunctionRuntimeConfig.of(data))) {
            runtime.prepare(RunningFunction.FUNCTION, spec("tensorflow-pyton"), () -> {});
            assertThat(runtime.environment(RunningFunction.FUNCTION))
                    .hasValueSatisfying(state ->
                            assertThat(((EnvironmentState.Failed) state).message())
                                    .isEqualTo(
                                            "environment 'tensorflow-pyton' is not known;"
                                                    + " did you mean 'tensorflow-python'?"
                                                    + " Known are python,"
                                                    + " tensorflow-python, pytorch-python; further packages"
                                                    + " go into spec.requirements"));
            runtime.remove(RunningFunction.FUNCTION);
            assertThat(runtime.environment(RunningFunction.FUNCTION)).isEmpty();
        }
    }

    @Test
    void tellsWhoeverPreparedItWhenBuildingFails() {
        var calls = new AtomicInteger();
        var config = FunctionRuntimeConfig.of(data).withPythons(List.of("no-such-python"));
        try (var runtime = runtime(config)) {
            runtime.prepare(RunningFunction.FUNCTION, spec("python"), calls::incrementAndGet);
            runtime.prepare(RunningFunction.FUNCTION, spec("python"), calls::incrementAndGet);
            await().untilAsserted(() ->
                    assertThat(runtime.environment(RunningFunction.FUNCTION))
                            .hasValueSatisfying(state ->
                                    assertThat(state).isInstanceOf(EnvironmentState.Failed.class)));
            assertThat(calls.get()).isBetween(1, 2);
            assertThat(runtime.environment(RunningFunction.FUNCTION).orElseThrow().toString())
                    .contains("no-such-python is not installed")
                    .contains("apt install python3 python3-venv");
        }
    }
}
