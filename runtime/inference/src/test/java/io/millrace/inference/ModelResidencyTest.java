package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import io.millrace.testkit.FakeModelEngine;
import io.millrace.testkit.RecordingMeters;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelResidencyTest {

    private static final ProjectId PROJECT = new ProjectId("fashion");
    private static final ResourceKey KEY = ResourceKey.of(Kind.MODEL, PROJECT, "m");
    private static final long MAX_ARCHIVE = 1 << 20;

    @TempDir Path folder;
    private final FakeModelEngine engine = new FakeModelEngine();
    private final AtomicInteger probes = new AtomicInteger();
    private final AtomicInteger changes = new AtomicInteger();
    private final RecordingMeters meters = new RecordingMeters();
    private final Queue<ProbeVerdict> verdicts = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Error> probeError = new AtomicReference<>();
    private FaultyBlobs blobs;
    private ModelResidency residency;

    @BeforeEach
    void start() {
        blobs = new FaultyBlobs(FileBlobStore.open(folder.resolve("blobs"), IdSource.random()));
        residency = residency();
        residency.start();
    }

    @AfterEach
    void stop() {
        residency.close();
        assertThat(engine.loaded()).allMatch(model -> model.isClosed());
    }

    private ModelResidency residency() {
        return residency(ResidencyConfig.standard(folder.resolve("models")));
    }

    private ModelResidency residency(ResidencyConfig config) {
        var probeEngine = new FakeModelEngine();
        return new ModelResidency(
                config,
                blobs,
                List.of(engine),
                (_, unpacked) -> {
                    probes.incrementAndGet();
                    Error error = probeError.get();
                    if (error != null) {
                        throw error;
                    }
                    ProbeVerdict verdict = verdicts.poll();
                    if (verdict != null) {
                        return verdict;
                    }
                    return ModelTrial.run(probeEngine, unpacked);
                },
                TimeSource.system(),
                IdSource.random(),
                meters);
    }

    @Test
    void servesWhatIsDeclaredAndSaysWhenSomethingChanged() {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        assertThat(changes.get()).isPositive();
        assertThat(infer(new VersionRef.Serving(), 1, 2)).containsExactly(2f, 4f);
        ModelVersionStatus status = residency.observe(KEY).getFirst();
        assertThat(status.sha256()).hasSize(64);
        assertThat(status.sizeBytes()).isEqualTo(7);
        assertThat(status.message()).isEmpty();
        assertThat(status.signature())
                .isEqualTo("serving_default [x: float32[-1,2]] -> [y: float32[-1,2]]");
        assertThat(
                        residency
                                .describe(PROJECT, new ResourceName("m"), new VersionRef.Serving())
                                .version())
                .contains(1);
        assertThat(meters.total("millrace_model_requests_total")).isEqualTo(1);
    }

    @Test
    void probesTheSameContentOnlyOnceAndNotAgainAfterARestart() {
        serve(version(1, "width=2"), version(2, "width=2"));
        awaitState(1, State.READY);
        awaitState(2, State.READY);
        int before = probes.get();
        residency.close();
        residency = residency();
        residency.start();
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        assertThat(probes.get()).isEqualTo(before).isLessThanOrEqualTo(2);
    }

    @Test
    void rejectsWithAReasonAndServesTheRest() {
        serve(
                version(1, "width=2"),
                version(2, "load=refuse"),
                new ModelSpec.Version(3, blob(new ByteArrayInputStream(new byte[10]))),
                new ModelSpec.Version(4, blob(zip("readme.txt"))),
                new ModelSpec.Version(5, "blob:sha256:" + "0".repeat(64)),
                new ModelSpec.Version(6, "https://example.com/m.zip"));
        awaitState(1, State.READY);
        awaitRejected(2, "refuses to load");
        awaitRejected(3, "not a complete zip");
        awaitRejected(4, "model.fake");
        awaitRejected(5, "upload it again");
        awaitRejected(6, "https://example.com/m.zip");
        assertThat(infer(new VersionRef.Serving(), 1, 2)).containsExactly(2f, 4f);
        assertFails(
                () -> infer(new VersionRef.Numbered(2), 1, 2),
                ErrorCode.UNAVAILABLE,
                "Model with name m is not ready. Version 2: this fake model refuses to load");
    }

    private static InputStream zip(String name) {
        return new ByteArrayInputStream(Zips.zip().with(name, "x").bytes());
    }

    @Test
    void resolvesNumbersAliasesAndTheServingVersion() {
        serve(Map.of("old", 1), version(1, "width=2"), version(2, "width=2\nseed=2"));
        awaitState(1, State.READY);
        awaitState(2, State.READY);
        assertThat(answer(new VersionRef.Serving(), 2).version()).isEqualTo(2);
        assertThat(answer(new VersionRef.Alias("old"), 2).version()).isEqualTo(1);
        serve(Map.of("production", 1), version(1, "width=2"), version(2, "width=2\nseed=2"));
        assertThat(answer(new VersionRef.Serving(), 2).version()).isEqualTo(1);
        assertFails(() -> answer(new VersionRef.Alias("new"), 2), ErrorCode.NOT_FOUND, "'new'");
        assertFails(
                () -> answer(new VersionRef.Numbered(9), 2),
                ErrorCode.NOT_FOUND,
                "Model with name m has no version 9.");
        assertFails(
                () ->
                        residency.describe(
                                new ProjectId("other"),
                                new ResourceName("m"),
                                new VersionRef.Serving()),
                ErrorCode.NOT_FOUND,
                "Model with name m does not exist.");
    }

    @Test
    void theOldVersionServesUntilTheNewProductionIsReadyAndWhenItIsRejected() {
        serve(Map.of("production", 1), version(1, "width=2"));
        awaitState(1, State.READY);
        serve(Map.of("production", 2), version(1, "width=2"), version(2, "load=refuse"));
        awaitRejected(2, "refuses");
        assertThat(answer(new VersionRef.Serving(), 2).version()).isEqualTo(1);
    }

    @Test
    void afterARestartTheHighestReadyVersionServesWhileProductionIsRejected() {
        ModelSpec.Version[] versions = {
            version(1, "width=2"), version(2, "width=2"), version(3, "load=refuse")
        };
        restart(Duration.ofSeconds(1));
        serve(Map.of("production", 3), versions);
        awaitRejected(3, "refuses");
        awaitState(1, State.READY);
        awaitState(2, State.READY);
        assertThat(residency.serving(KEY)).hasValue(2);
        assertThat(answer(new VersionRef.Serving(), 2).version()).isEqualTo(2);
        assertThat(residency.serving(ResourceKey.of(Kind.MODEL, PROJECT, "none"))).isEmpty();
    }

    @Test
    void untilItWasTriedOnceNothingServesInPlaceOfProduction() {
        restart(Duration.ofHours(1));
        var production = version(2, "width=3");
        blobs.hold(production.uri());
        serve(Map.of("production", 2), version(1, "width=2"), production);
        awaitState(1, State.READY);
        assertThat(residency.serving(KEY)).isEmpty();
        blobs.release(production.uri());
        awaitState(2, State.READY);
        assertThat(residency.serving(KEY)).hasValue(2);
    }

    @Test
    void wrongInputsSayWhatWasExpectedAndReceived() {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        assertFails(
                () -> answer(new VersionRef.Serving(), 3),
                ErrorCode.INVALID,
                "input 'x': expected float32[-1,2], received float32[1,3]");
        assertFails(
                () -> residency.infer(call(new VersionRef.Serving(), "nope", rows(1, 2, 0))),
                ErrorCode.NOT_FOUND,
                "no signature 'nope'; it has [serving_default]");
        assertFails(
                () -> residency.infer(call(new VersionRef.Serving(), "", rows(0, 2, 0))),
                ErrorCode.INVALID,
                "is empty");
    }

    @Test
    void declaringTheSameAgainDoesNothing() {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        serve(version(1, "width=2"));
        assertThat(residency.observe(KEY).getFirst().state()).isEqualTo(State.READY);
        assertThat(engine.loaded()).hasSize(1);
    }

    @Test
    void noCallFailsWhileVersionsAreReplacedAndNoneIsClosedDuringACall() throws Exception {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        try (var callers = Executors.newFixedThreadPool(3)) {
            var running = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < 3; i++) {
                Callable<Boolean> task =
                        () -> {
                            for (int call = 0; call < 3_000; call++) {
                                assertThat(infer(new VersionRef.Serving(), 1, 2))
                                        .containsExactly(2f, 4f);
                            }
                            return true;
                        };
                running.add(callers.submit(task));
            }
            for (int next = 2; next < 12; next++) {
                serve(version(next - 1, "width=2"), version(next, "width=2"));
                awaitState(next, State.READY);
            }
            for (Future<Boolean> caller : running) {
                assertThat(caller.get(30, TimeUnit.SECONDS)).isTrue();
            }
        }
        await().untilAsserted(() ->
                assertThat(engine.loaded().stream().filter(m -> !m.isClosed())).hasSize(1));
        assertThat(engine.loaded()).allSatisfy(m -> assertThat(m.batches()).doesNotContain(-1));
    }

    @Test
    void aSlowModelDoesNotDelayAnother() throws Exception {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        ResourceKey slow = ResourceKey.of(Kind.MODEL, PROJECT, "slow");
        residency.serve(slow, spec(Map.of(), version(1, "width=3")), () -> {});
        await().until(() -> residency.observe(slow).getFirst().state() == State.READY);
        engine.loaded().get(1).hold();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                callers.execute(() ->
                        residency.infer(
                                new Call(
                                        PROJECT,
                                        new ResourceName("slow"),
                                        new VersionRef.Serving(),
                                        "",
                                        List.of(rows(1, 3, 0)),
                                        Duration.ofSeconds(30),
                                        "")));
            }
            await().until(() -> engine.loaded().get(1).running() > 0);
            for (int i = 0; i < 100; i++) {
                Future<float[]> quick = callers.submit(() -> infer(new VersionRef.Serving(), 1, 2));
                assertThat(quick.get(5, TimeUnit.SECONDS)).containsExactly(2f, 4f);
            }
            engine.loaded().get(1).release();
        }
    }

    @Test
    void removingAModelFreesItAndForgetsIt() {
        serve(version(1, "width=2"));
        awaitState(1, State.READY);
        residency.remove(KEY);
        assertThat(residency.observe(KEY)).isEmpty();
        assertThat(engine.loaded().getFirst().isClosed()).isTrue();
        assertFails(
                () -> answer(new VersionRef.Serving(), 2),
                ErrorCode.NOT_FOUND,
                "Model with name m does not exist.");
    }

    @Test
    void anUnknownFrameworkIsRejected() {
        residency.serve(
                KEY, ModelSpec.of("OpenVINO 2019_R2", List.of(version(1, "")), Map.of()), () -> {});
        awaitRejected(1, "no engine for the framework 'OpenVINO 2019_R2'; this server has [fake]");
    }

    @Test
    void whatFailsForNowIsNotTriedAgainByDeclaringIt() {
        restart(Duration.ofHours(1));
        var declared = new AtomicInteger();
        var brokenVersion = version(1, "width=2");
        blobs.fail(brokenVersion.uri(), Integer.MAX_VALUE);
        var spec = new AtomicReference<>(spec(Map.of(), brokenVersion));
        // What control does: each change is a reason to declare all of it again.
        var changed =
                new Runnable() {
                    @Override
                    public void run() {
                        if (declared.incrementAndGet() < 1_000) {
                            residency.serve(KEY, spec.get(), this);
                        }
                    }
                };
        residency.serve(KEY, spec.get(), changed);
        awaitState(1, State.PENDING, "no space left");
        spec.set(spec(Map.of(), brokenVersion, version(2, "width=3")));
        residency.serve(KEY, spec.get(), changed);
        awaitState(2, State.READY, "");
        assertThat(blobs.opened(brokenVersion.uri())).isEqualTo(1);
        assertThat(declared.get()).isLessThan(20);
        assertThat(status(1).state()).isEqualTo(State.PENDING);
    }

    @Test
    void whatFailsForNowIsTriedAgainByItself() {
        restart(Duration.ofMillis(10));
        var version = version(1, "width=2");
        blobs.fail(version.uri(), 3);
        serve(version);
        awaitState(1, State.READY, "");
        assertThat(blobs.opened(version.uri())).isEqualTo(4);
    }

    @Test
    void aVersionThatIsGoneIsNotTriedAgain() {
        restart(Duration.ofMillis(200));
        var gone = version(1, "width=2");
        blobs.fail(gone.uri(), Integer.MAX_VALUE);
        serve(gone);
        awaitState(1, State.PENDING, "no space left");
        int opened = blobs.opened(gone.uri());
        var waits = version(2, "width=3");
        blobs.fail(waits.uri(), 3);
        serve(waits);
        awaitState(2, State.READY, "");
        // One try may have been under way when it went; the other needed three more since then.
        assertThat(blobs.opened(gone.uri())).isLessThanOrEqualTo(opened + 1);
    }

    @Test
    void anErrorWhileLoadingIsTriedAgain() {
        restart(Duration.ofMillis(10));
        probeError.set(new OutOfMemoryError("made by a test: no native memory"));
        serve(version(1, "width=2"));
        await().untilAsserted(() -> assertThat(status(1).message()).contains("no native memory"));
        probeError.set(null);
        awaitState(1, State.READY, "");
    }

    @Test
    void aRejectionThatMayPassIsTriedAgainButNotForEver() {
        restart(Duration.ofMillis(10));
        verdicts.add(new ProbeVerdict.Rejected("it took longer than 60 s", false));
        verdicts.add(new ProbeVerdict.Rejected("it took longer than 60 s", false));
        serve(version(1, "width=2"));
        awaitState(1, State.READY, "");
        assertThat(probes.get()).isEqualTo(3);

        for (int i = 0; i < 10; i++) {
            verdicts.add(new ProbeVerdict.Rejected("SIGABRT", false));
        }
        serve(version(2, "width=3"));
        await().until(() -> probes.get() >= 7);
        awaitRejected(2, "SIGABRT");
        serve(version(2, "width=3"));
        // Nothing more comes of it, not even when it is declared again.
        await().during(Duration.ofMillis(300)).until(() -> probes.get() == 7);
        assertThat(status(2).state()).isEqualTo(State.REJECTED);
    }

    @Test
    void aRejectionForGoodIsNotTriedAgain() {
        restart(Duration.ofMillis(10));
        verdicts.add(new ProbeVerdict.Rejected("fails on zeros", true));
        serve(version(1, "width=2"));
        awaitRejected(1, "fails on zeros");
        await().during(Duration.ofMillis(200)).until(() -> probes.get() == 1);
    }

    @Test
    void anotherLargestBatchIsAppliedWithoutLoadingAgain() {
        serve(version(1, "width=2"));
        awaitState(1, State.READY, "");
        var loaded = engine.loaded().getFirst();
        int before = loaded.batches().size();
        residency.serve(
                KEY,
                ModelSpec.of("Fake 1.0", List.of(version(1, "width=2")), Map.of())
                        .withBatching(io.millrace.api.BatchingSpec.STANDARD.withMaxBatchSize(2)),
                changes::incrementAndGet);
        residency.infer(call(new VersionRef.Serving(), "", rows(4, 2, 1)));
        assertThat(loaded.batches().subList(before, loaded.batches().size())).containsExactly(2, 2);
        assertThat(engine.loaded()).hasSize(1);
    }

    private void restart(Duration firstRetry) {
        residency.close();
        residency =
                residency(
                        ResidencyConfig.standard(folder.resolve("models"))
                                .withRetries(firstRetry, firstRetry));
        residency.start();
    }

    private void awaitState(int version, State state, String says) {
        awaitState(version, state);
        await().untilAsserted(() -> assertThat(status(version).message()).contains(says));
    }

    private void serve(ModelSpec.Version... versions) {
        serve(Map.of(), versions);
    }

    private void serve(Map<String, Integer> aliases, ModelSpec.Version... versions) {
        residency.serve(KEY, spec(aliases, versions), changes::incrementAndGet);
    }

    private static ModelSpec spec(Map<String, Integer> aliases, ModelSpec.Version... versions) {
        return ModelSpec.of("Fake 1.0", List.of(versions), aliases);
    }

    private ModelSpec.Version version(int number, String model) {
        return new ModelSpec.Version(number, blob(Zips.fakeModel(model)));
    }

    private String blob(InputStream content) {
        return "blob:sha256:" + blobs.put(content, MAX_ARCHIVE);
    }

    private void awaitState(int version, State state) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(status(version).state()).isEqualTo(state));
    }

    private void awaitRejected(int version, String says) {
        awaitState(version, State.REJECTED);
        assertThat(status(version).message()).contains(says);
    }

    private ModelVersionStatus status(int version) {
        return residency.observe(KEY).stream()
                .filter(status -> status.version() == version)
                .findFirst()
                .orElseThrow();
    }

    private float[] infer(VersionRef version, float... row) {
        Answer answer =
                residency.infer(call(version, "", Tensor.ofFloats(Shape.of(1, row.length), row)));
        return ((Tensor.Numeric) answer.outputs().getFirst())
                .data()
                .toArray(ValueLayout.JAVA_FLOAT);
    }

    private Answer answer(VersionRef version, int width) {
        return residency.infer(call(version, "", rows(1, width, 0)));
    }

    private static Call call(VersionRef version, String signature, Tensor input) {
        return new Call(
                PROJECT,
                new ResourceName("m"),
                version,
                signature,
                List.of(input),
                Duration.ofSeconds(20),
                "");
    }

    private static Tensor rows(int rows, int width, float value) {
        var values = new float[rows * width];
        java.util.Arrays.fill(values, value);
        return Tensor.ofFloats(Shape.of(rows, width), values);
    }

    private static void assertFails(Runnable call, ErrorCode code, String says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            assertThat(e.text()).contains(says);
                        });
    }
}
