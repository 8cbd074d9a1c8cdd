package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
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
import io.millrace.spi.CallObserver;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.TrafficReport;
import io.millrace.testkit.FakeModel;
import io.millrace.testkit.FakeModelEngine;
import io.millrace.testkit.RecordingMeters;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A residency over fake models, and the words in which tests speak about it. */
final class ResidencyWorld implements AutoCloseable {

    static final ProjectId PROJECT = new ProjectId("fashion");
    static final ResourceName MODEL = new ResourceName("m");
    static final VersionRef ANY = new VersionRef.Serving();
    private static final long MAX_ARCHIVE = 1 << 20;

    final FakeModelEngine engine = new FakeModelEngine();
    final FakeSource source = new FakeSource();
    final FakeConverter converter = new FakeConverter();
    final RecordingMeters meters = new RecordingMeters();
    final AtomicInteger probes = new AtomicInteger();
    final AtomicLong ahead = new AtomicLong();

    /** Who hears of answered calls. */
    volatile CallObserver heard = CallObserver.none();

    final FaultyBlobs blobs;
    private final Path folder;
    private ResidencyConfig config;
    ModelResidency residency;

    ResidencyWorld(Path folder) {
        this.folder = folder;
        this.blobs =
                new FaultyBlobs(FileBlobStore.open(folder.resolve("blobs"), IdSource.random()));
        this.config =
                ResidencyConfig.standard(folder.resolve("models"))
                        .withRetries(Duration.ofMillis(20), Duration.ofMillis(20));
        this.residency = start();
    }

    private ModelResidency start() {
        var probeEngine = new FakeModelEngine();
        var started =
                new ModelResidency(
                        config,
                        blobs,
                        List.of(source),
                        List.of(engine),
                        List.of(converter),
                        (_, unpacked) -> {
                            probes.incrementAndGet();
                            return ModelTrial.run(probeEngine, unpacked);
                        },
                        new MovableTime(ahead),
                        IdSource.random(),
                        meters,
                        (model, version, signature, inputs, outputs, records) ->
                                heard.answered(
                                        model, version, signature, inputs, outputs, records));
        started.start();
        return started;
    }

    /** The machine's clock, which a test can move on. */
    private record MovableTime(AtomicLong ahead) implements TimeSource {
        @Override
        public Instant now() {
            return TimeSource.system().now();
        }

        @Override
        public long nanoTime() {
            return TimeSource.system().nanoTime() + ahead.get();
        }

        @Override
        public void pause(Duration duration) {
            TimeSource.system().pause(duration);
        }
    }

    void advance(Duration duration) {
        ahead.addAndGet(duration.toNanos());
    }

    void restart() {
        residency.close();
        residency = start();
    }

    /** Goes on with room for so many fake models. */
    void restartWithRoomFor(int models) {
        residency.close();
        config = config.withMemory(new DataSize(models * (MemoryBudget.estimate(64) + 1)));
        residency = start();
    }

    ModelSpec.Version version(int number, String model) {
        return new ModelSpec.Version(number, blob(Zips.fakeModel(model)));
    }

    String blob(InputStream content) {
        return "blob:sha256:" + blobs.put(content, MAX_ARCHIVE);
    }

    static ModelSpec spec(ModelSpec.Version... versions) {
        return ModelSpec.of("fake", List.of(versions), Map.of());
    }

    static ModelSpec production(int production, ModelSpec.Version... versions) {
        return spec(versions).withAliases(Map.of("production", production));
    }

    static ResourceKey key(String model) {
        return ResourceKey.of(Kind.MODEL, PROJECT, model);
    }

    void serve(ModelSpec spec) {
        serve("m", spec);
    }

    void serve(String model, ModelSpec spec) {
        residency.serve(key(model), spec, () -> {});
    }

    /** Serves and waits until a version answers those who name none. */
    void serveUntil(int serving, ModelSpec spec) {
        serve(spec);
        awaitServing(serving);
    }

    void awaitServing(int version) {
        await().untilAsserted(() -> assertThat(residency.serving(key("m"))).hasValue(version));
    }

    void awaitReady(int version) {
        await().untilAsserted(() -> assertThat(status(version).state()).isEqualTo(State.READY));
    }

    ModelVersionStatus status(int version) {
        return status("m", version);
    }

    ModelVersionStatus status(String model, int version) {
        return residency.observe(key(model)).stream()
                .filter(status -> status.version() == version)
                .findFirst()
                .orElseThrow();
    }

    String remark() {
        return residency.remark(key("m"));
    }

    TrafficReport traffic() {
        return residency.traffic(key("m")).orElseThrow();
    }

    TrafficReport.VersionTraffic traffic(int version) {
        return traffic().versions().stream()
                .filter(traffic -> traffic.version() == version)
                .findFirst()
                .orElseThrow();
    }

    Answer call(String model, VersionRef version, String routing, float... row) {
        return call(model, version, routing, Tensor.ofFloats(Shape.of(1, row.length), row));
    }

    Answer call(String model, VersionRef version, String routing, Tensor input) {
        return residency.infer(
                new Call(
                        PROJECT,
                        new ResourceName(model),
                        version,
                        "",
                        List.of(input),
                        Duration.ofSeconds(20),
                        routing));
    }

    /** Which version answers a call that names none. */
    int answers() {
        return call("m", ANY, "", 1, 2).version();
    }

    int answers(String routing) {
        return call("m", ANY, routing, 1, 2).version();
    }

    int answers(int version) {
        return call("m", new VersionRef.Numbered(version), "", 1, 2).version();
    }

    FakeModel lastLoaded() {
        return engine.loaded().getLast();
    }

    long inMemory() {
        return engine.loaded().stream().filter(model -> !model.isClosed()).count();
    }

    static void assertFails(Runnable call, ErrorCode code, String says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            assertThat(e.text()).contains(says);
                        });
    }

    @Override
    public void close() {
        engine.loaded().forEach(FakeModel::release);
        residency.close();
        assertThat(engine.loaded()).allMatch(FakeModel::isClosed);
        assertThat(engine.loaded())
                .as("none is closed during a call")
                .allSatisfy(model -> assertThat(model.batches()).doesNotContain(-1));
    }

    Path folder() {
        return folder;
    }
}
