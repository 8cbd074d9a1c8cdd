package io.millrace.bench;

import io.millrace.api.FunctionSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.function.FileStepLogs;
import io.millrace.function.FunctionRuntimeConfig;
import io.millrace.function.ProcessFunctionRuntime;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Meters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** What a function step costs beside the user's own code: to the Python process and back. */
final class FunctionBench {

    private static final int[] BATCHES = {1, 8, 64, 512};
    private static final int ROUNDS = 200;
    private static final int WARM_UP = 50;
    private static final int PAYLOAD = 7_963;

    private final Path folder;
    private final Report report;

    FunctionBench(Path folder, Report report) {
        this.folder = folder;
        this.report = report;
    }

    void run() throws InterruptedException {
        report.section("Function step: a Python function that sends its message on, 7,963 B");
        report.line("| batch | per message: median | p99 |");
        report.line("|---|---|---|");
        var meters = new NoMeters();
        var key = ResourceKey.of(Kind.FUNCTION, ProjectId.DEFAULT, "echo");
        var spec =
                new FunctionSpec(
                        FunctionSpec.Language.PYTHON,
                        "python",
                        List.of(),
                        new FunctionSpec.Source(
                                "echo.py", "def main(ctx, msg):\n    ctx.send(msg)\n"),
                        List.of(),
                        FunctionSpec.DEFAULT_TIMEOUT,
                        FunctionSpec.DEFAULT_MEMORY);
        try (var logs = new FileStepLogs(folder.resolve("logs"), meters);
                var runtime =
                        new ProcessFunctionRuntime(
                                FunctionRuntimeConfig.of(folder.resolve("functions"))
                                        .withEnvironments(
                                                Path.of(System.getProperty("millrace.cache"))
                                                        .resolve("environments")),
                                _ -> "127.0.0.1:1",
                                logs,
                                meters,
                                TimeSource.system(),
                                IdSource.random())) {
            runtime.prepare(key, spec, () -> {});
            awaitEnvironment(runtime, key);
            try (var worker =
                    runtime.start(
                            new FunctionLaunch(
                                    ResourceKey.of(Kind.PIPELINE, ProjectId.DEFAULT, "bench"),
                                    key,
                                    spec,
                                    0,
                                    0,
                                    Map.of(),
                                    "input",
                                    "output"))) {
                for (int size : BATCHES) {
                    measure(worker, size);
                }
            }
        }
    }

    private void measure(io.millrace.spi.FunctionWorker worker, int size) {
        var batch = new ArrayList<FunctionMessage>();
        for (int i = 0; i < size; i++) {
            batch.add(new FunctionMessage(new byte[PAYLOAD], "topic", i, Map.of()));
        }
        long[] nanos = new long[ROUNDS];
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            List<FunctionResult> results = worker.process(batch);
            long took = System.nanoTime() - begin;
            for (FunctionResult result : results) {
                if (!(result instanceof FunctionResult.Sent)) {
                    throw MillraceException.internal("the function failed: " + result, null);
                }
            }
            if (round >= 0) {
                nanos[round] = took;
            }
        }
        Arrays.sort(nanos);
        report.line(
                "| %d | %.1f µs | %.1f µs |",
                size, nanos[ROUNDS / 2] / 1e3 / size, nanos[ROUNDS * 99 / 100] / 1e3 / size);
    }

    private static void awaitEnvironment(ProcessFunctionRuntime runtime, ResourceKey key)
            throws InterruptedException {
        while (true) {
            switch (runtime.environment(key).orElseThrow()) {
                case EnvironmentState.Ready() -> {
                    return;
                }
                case EnvironmentState.Failed(var message) ->
                        throw MillraceException.internal(message, null);
                case EnvironmentState.Building _ -> Thread.sleep(50);
            }
        }
    }

    /** Nobody reads the meters here. */
    private static final class NoMeters implements Meters {
        @Override
        public Count count(String name, String help, String... labels) {
            var adder = new LongAdder();
            return new Count() {
                @Override
                public void add(long amount) {
                    adder.add(amount);
                }

                @Override
                public long value() {
                    return adder.sum();
                }
            };
        }

        @Override
        public Timing timing(String name, String help, String... labels) {
            return _ -> {};
        }

        @Override
        public Sizes sizes(String name, String help, String... labels) {
            return _ -> {};
        }

        @Override
        public void forget(String... labels) {}

        @Override
        public void gauge(String name, String help, DoubleSupplier value, String... labels) {}
    }
}
