package io.millrace.inference.transformer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.TransformerSpec;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing;
import io.millrace.spi.Secrets;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import io.millrace.spi.TransformerServing.Call;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TransformerRuntimeTest {

    private static final ProjectId PROJECT = new ProjectId("lab");
    private static final ResourceName NAME = new ResourceName("mnist");
    private static final ResourceKey MODEL = ResourceKey.of(Kind.MODEL, PROJECT, NAME);
    private static final String ROWS = "{\"instances\":[[1,2]]}";

    private final FakeModelServing models = new FakeModelServing();
    private final FakeTransformers functions = new FakeTransformers();
    private final KnownSecrets secrets = new KnownSecrets();
    private final RecordingMeters meters = new RecordingMeters();
    private final TransformerRuntime runtime =
            new TransformerRuntime(models, functions, secrets, meters, TimeSource.system());
    private final AtomicInteger changes = new AtomicInteger();

    /** Secrets that a test changes. */
    private static final class KnownSecrets implements Secrets {
        private final Map<ResourceName, Secret> all = new HashMap<>();
        private @Nullable Listener listener;

        @Override
        public synchronized Optional<Secret> find(ProjectId project, ResourceName name) {
            return Optional.ofNullable(all.get(name));
        }

        @Override
        public Watch watch(Listener whoListens) {
            listener = whoListens;
            return () -> {};
        }

        void put(String name, String value) {
            synchronized (this) {
                all.put(new ResourceName(name), new Secret(Map.of("AWS_ACCESS_KEY_ID", value)));
            }
            Listener told = listener;
            if (told != null) {
                told.changed(PROJECT, new ResourceName(name));
            }
        }
    }

    @BeforeEach
    void start() {
        var rows = new TensorSpec("x", DataType.FP32, Shape.of(-1, 2));
        models.put(
                PROJECT,
                "mnist",
                new Signature(Signature.DEFAULT, List.of(rows), List.of(rows)),
                ModelServing.Call::inputs);
        runtime.start();
    }

    @AfterEach
    void stop() {
        runtime.close();
        assertThat(functions.workers).allMatch(worker -> worker.isClosed);
    }

    private static FunctionSpec function(String code) {
        return new FunctionSpec(
                FunctionSpec.Language.PYTHON,
                "python",
                List.of(),
                new FunctionSpec.Source("f.py", code),
                List.of(),
                Duration.ofSeconds(30),
                DataSize.ofMebibytes(64));
    }

    private static TransformerSpec spec(int workers, Optional<Duration> deduplicate) {
        return spec(workers, deduplicate, Optional.empty());
    }

    private static TransformerSpec spec(
            int workers, Optional<Duration> deduplicate, Optional<ResourceName> secret) {
        return new TransformerSpec(
                new ResourceName("f"),
                workers,
                TransformerSpec.Protocol.V1,
                Map.of(),
                List.of(),
                Map.of("MODE", "test"),
                secret,
                TransformerSpec.Reply.BODY,
                deduplicate);
    }

    private void deploy(TransformerSpec spec, String code) {
        runtime.deploy(MODEL, spec, function(code), changes::incrementAndGet);
    }

    private static Call call(TransformerRequest request, Duration timeout) {
        return new Call(PROJECT, NAME, new VersionRef.Serving(), request, "", timeout);
    }

    private Answered answer(TransformerRequest request) {
        return runtime.call(call(request, Duration.ofSeconds(30)));
    }

    private String ask(String body) {
        return text(answer(TransformerRequest.v1(body.getBytes(UTF_8))));
    }

    private static String text(Answered answer) {
        return answer.status() + " " + new String(answer.body(), UTF_8);
    }

    @Test
    void requestsGoThroughItAndTheModelBehindIt() {
        assertThat(runtime.covers(PROJECT, NAME)).isFalse();
        assertThat(ask(ROWS)).isEqualTo("200 {\"predictions\":[[1.0,2.0]]}");
        deploy(spec(1, Optional.empty()), "a");
        assertThat(runtime.covers(PROJECT, NAME)).isTrue();
        assertThat(runtime.replyTo(PROJECT, NAME)).isEqualTo(TransformerSpec.Reply.BODY);
        assertThat(ask(ROWS)).isEqualTo("200 [a {\"predictions\":[[1.0,2.0]]}]");
        assertThat(ask("{\"instances\":[[1]]}")).startsWith("400 [a {\"error\":");
        Call bare =
                new Call(
                        PROJECT,
                        NAME,
                        new VersionRef.Serving(),
                        TransformerRequest.v1(ROWS.getBytes(UTF_8)),
                        "",
                        Duration.ofSeconds(30),
                        true);
        assertThat(text(runtime.call(bare))).isEqualTo("200 {\"predictions\":[[1.0,2.0]]}");
        runtime.remove(MODEL);
        assertThat(ask(ROWS)).isEqualTo("200 {\"predictions\":[[1.0,2.0]]}");
    }

    @Test
    void aModelWithoutOneAnswersV2AndDoesNotExplain() {
        String body =
                "{\"id\":\"1\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}";
        Answered answer =
                answer(new TransformerRequest(Form.V2, false, Map.of(), body.getBytes(UTF_8), -1));
        assertThat(text(answer)).contains("\"model_name\":\"mnist\"").contains("[1.0,2.0]");
        assertThatThrownBy(() ->
                        answer(
                                new TransformerRequest(
                                        Form.EXPLAIN, false, Map.of(), new byte[0], -1)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
    }

    @Test
    void workersShareTheRequests() throws Exception {
        var together = new CyclicBarrier(2);
        functions.before =
                _ -> {
                    try {
                        together.await(30, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                };
        deploy(spec(2, Optional.empty()), "a");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> first = threads.submit(() -> ask(ROWS));
            Future<String> second = threads.submit(() -> ask(ROWS));
            assertThat(first.get()).startsWith("200");
            assertThat(second.get()).startsWith("200");
        }
        assertThat(functions.workers).hasSize(2).allMatch(worker -> worker.batches.size() == 1);
    }

    @Test
    void whatWaitsIsTakenTogetherWhereTheCodeDoesThat() throws Exception {
        functions.takesBatches = true;
        var hold = new CountDownLatch(1);
        var isHeld = new CountDownLatch(1);
        functions.before =
                requests -> {
                    isHeld.countDown();
                    awaits(hold);
                };
        deploy(spec(1, Optional.empty()), "a");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<String>>();
            answers.add(threads.submit(() -> ask(ROWS)));
            assertThat(isHeld.await(30, TimeUnit.SECONDS)).isTrue();
            var waiting = new AtomicInteger();
            for (int i = 0; i < 9; i++) {
                answers.add(
                        threads.submit(() -> {
                            waiting.incrementAndGet();
                            return ask(ROWS);
                        }));
            }
            await().until(() -> waiting.get() == 9);
            hold.countDown();
            for (Future<String> answer : answers) {
                assertThat(answer.get()).startsWith("200");
            }
        }
        FakeTransformers.Worker worker = functions.workers.getFirst();
        assertThat(worker.batches.stream().mapToInt(Integer::intValue).sum()).isEqualTo(10);
        assertThat(worker.batches.getFirst()).isEqualTo(1);
    }

    private static void awaits(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCallerWhoGivesUpLeavesTheProcessAloneAndAsksTheModelNoMore() throws Exception {
        var hold = new CountDownLatch(1);
        functions.before = _ -> awaits(hold);
        deploy(spec(1, Optional.empty()), "a");
        var late = call(TransformerRequest.v1(ROWS.getBytes(UTF_8)), Duration.ofMillis(50));
        assertThatThrownBy(() -> runtime.call(late))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT));
        hold.countDown();
        functions.before = _ -> {};
        assertThat(ask(ROWS)).startsWith("200");
        assertThat(models.calls()).as("of the second alone").hasSize(1);
        assertThat(functions.workers).hasSize(1).noneMatch(worker -> worker.isClosed);
    }

    @Test
    void newCodeTakesOverWhenItIsUp() {
        deploy(spec(1, Optional.empty()), "old");
        functions.isUp = false;
        deploy(spec(1, Optional.empty()), "new");
        assertThat(ask(ROWS)).startsWith("200 [old ");
        assertThat(runtime.state(MODEL).orElseThrow().message()).isEqualTo("being loaded");
        int before = changes.get();
        functions.workers.getLast().isRunning = true;
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(ask(ROWS)).startsWith("200 [new "));
        await().atMost(Duration.ofSeconds(20)).until(() -> functions.workers.getFirst().isClosed);
        assertThat(changes.get()).isGreaterThan(before);
        deploy(spec(1, Optional.empty()), "new");
        assertThat(functions.workers).as("the same again changes nothing").hasSize(2);
    }

    @Test
    void whatIsNotUpOrBlockedSaysSo() {
        functions.isUp = false;
        functions.before =
                _ -> {
                    throw new MillraceException(ErrorCode.UNAVAILABLE, "never up");
                };
        runtime.block(MODEL, "function 'f' does not exist");
        assertThatThrownBy(() -> ask(ROWS))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("function 'f' does not exist");
        assertThat(runtime.covers(PROJECT, NAME)).as("nothing goes around it").isTrue();
    }

    @Test
    void anEventThatComesTwiceIsAnsweredOnce() throws Exception {
        deploy(spec(2, Optional.of(Duration.ofMinutes(10))), "a");
        assertThat(text(event("1", ROWS))).startsWith("200");
        assertThat(text(event("1", "{\"instances\":[[3,4]]}"))).contains("[1.0,2.0]");
        assertThat(models.calls()).hasSize(1);
        // Nor while the first is under way; but errors are forgotten.
        assertThat(text(event("2", "broken"))).startsWith("400");
        assertThat(text(event("2", ROWS))).startsWith("200");
        var hold = new CountDownLatch(1);
        functions.before = _ -> awaits(hold);
        var first = CompletableFuture.supplyAsync(() -> event("3", ROWS));
        await().until(() -> functions.workers.stream().mapToInt(w -> w.batches.size()).sum() == 4);
        var second = CompletableFuture.supplyAsync(() -> event("3", ROWS));
        hold.countDown();
        assertThat(text(first.get(30, TimeUnit.SECONDS))).startsWith("200");
        assertThat(text(second.get(30, TimeUnit.SECONDS))).startsWith("200");
        assertThat(models.calls()).hasSize(3);
    }

    private Answered event(String id, String body) {
        return answer(
                new TransformerRequest(
                        Form.V1,
                        true,
                        Map.of("ce-id", id, "ce-source", "s"),
                        body.getBytes(UTF_8),
                        -1));
    }

    @Test
    void valuesOfASecretAreVariablesAndNewOnesMeanNewProcesses() {
        var spec = spec(1, Optional.empty(), Optional.of(new ResourceName("minio")));
        assertThatThrownBy(() -> deploy(spec, "a"))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("secret 'minio' does not exist");
        runtime.block(MODEL, "secret");
        secrets.put("minio", "first");
        await().atMost(Duration.ofSeconds(20)).until(() -> changes.get() > 0);
        deploy(spec, "a");
        assertThat(environment(0))
                .containsEntry("AWS_ACCESS_KEY_ID", "first")
                .containsEntry("MODE", "test");
        secrets.put("minio", "second");
        await().atMost(Duration.ofSeconds(20)).until(() -> functions.workers.size() == 2);
        assertThat(environment(1)).containsEntry("AWS_ACCESS_KEY_ID", "second");
        assertThat(functions.workers.getFirst().launch.toString()).doesNotContain("first");
    }

    private Map<String, String> environment(int worker) {
        return functions.workers.get(worker).launch.transformer().orElseThrow().environment();
    }
}
