package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sixteen callers of the model {@code swapped} that never pause: V1 and V2 over HTTP from here,
 * gRPC from Python. Each answer has to be right for one of the versions, in whole, and where the
 * protocol says the version, for that one.
 */
final class ServingLoad implements AutoCloseable {

    private static final int V1_CALLERS = 6;
    private static final int V2_CALLERS = 6;
    private static final int GRPC_CALLERS = 4;

    private final ServerProcess server;
    private final Map<Integer, Integer> factors;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicBoolean isRunning = new AtomicBoolean(true);
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
    private final List<Thread> callers = new ArrayList<>();
    private final Path pythonSaid;
    private final Process python;

    ServingLoad(ServerProcess server, Map<Integer, Integer> factors) {
        this.server = server;
        this.factors = factors;
        factors.keySet().forEach(version -> answers.put(version, new LongAdder()));
        try {
            pythonSaid = Files.createTempFile("millrace-load", ".out");
            python = python();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < V1_CALLERS; i++) {
            start("v1-" + i, this::callV1);
        }
        for (int i = 0; i < V2_CALLERS; i++) {
            start("v2-" + i, this::callV2);
        }
    }

    private Process python() throws IOException {
        var command =
                new ArrayList<>(
                        List.of(
                                PythonClient.serving().toString(),
                                PythonClient.script("grpc_load.py").toString(),
                                "--address",
                                "127.0.0.1:" + server.ports().http(),
                                "--threads",
                                Integer.toString(GRPC_CALLERS)));
        factors.forEach((version, factor) -> {
            command.add("--factor");
            command.add(version + "=" + factor);
        });
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(pythonSaid.toFile())
                .start();
    }

    private void start(String name, Runnable call) {
        callers.add(
                Thread.ofPlatform()
                        .name(name)
                        .start(() -> {
                            while (isRunning.get()) {
                                call.run();
                            }
                        }));
    }

    private void callV1() {
        String body = send("/v1/models/swapped:predict", "{\"instances\":[[1,2,3],[4,5,6]]}");
        for (var version : factors.entrySet()) {
            if (body.equals("{\"predictions\":" + rows(version.getValue()) + "}")) {
                count(version.getKey());
                return;
            }
        }
        failures.add("V1: " + body);
    }

    private static String rows(int factor) {
        return "[[%d.0,%d.0,%d.0],[%d.0,%d.0,%d.0]]"
                .formatted(factor, 2 * factor, 3 * factor, 4 * factor, 5 * factor, 6 * factor);
    }

    private void callV2() {
        String body =
                send(
                        "/v2/models/swapped/infer",
                        "{\"id\":\"i\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],"
                                + "\"datatype\":\"FP32\",\"data\":[1,2,3]}]}");
        for (var version : factors.entrySet()) {
            int factor = version.getValue();
            if (body.contains("\"model_version\":\"" + version.getKey() + "\"")
                    && body.contains(
                            "\"data\":[%d.0,%d.0,%d.0]"
                                    .formatted(factor, 2 * factor, 3 * factor))) {
                count(version.getKey());
                return;
            }
        }
        failures.add("V2: " + body);
    }

    private void count(int version) {
        LongAdder counter = answers.get(version);
        if (counter != null) {
            counter.increment();
        }
    }

    private String send(String path, String body) {
        try {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(server.url().resolve(path))
                                    .timeout(Duration.ofSeconds(30))
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200
                    ? answer.body()
                    : answer.statusCode() + " " + answer.body();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e.toString();
        }
    }

    /** Waits until callers from here have got answers of a version from now on. */
    void awaitAnswersOf(int version, Duration atMost) {
        LongAdder counter = answers.getOrDefault(version, new LongAdder());
        long before = counter.sum();
        await().atMost(atMost)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> counter.sum() > before + 20 || !failures.isEmpty());
        assertThat(failures).isEmpty();
    }

    /** Ends the load; what Python saw counts among the failures if anything was wrong. */
    void finish() {
        isRunning.set(false);
        try {
            python.getOutputStream().close();
            if (!python.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the load over gRPC did not end");
            }
            for (Thread caller : callers) {
                caller.join();
            }
            String said = Files.readString(pythonSaid, StandardCharsets.UTF_8);
            if (python.exitValue() != 0 || !said.contains("answered {")) {
                failures.add("gRPC: " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    long calls() {
        return answers.values().stream().mapToLong(LongAdder::sum).sum();
    }

    @Override
    public void close() {
        isRunning.set(false);
        python.destroyForcibly();
        http.close();
        try {
            Files.deleteIfExists(pythonSaid);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
