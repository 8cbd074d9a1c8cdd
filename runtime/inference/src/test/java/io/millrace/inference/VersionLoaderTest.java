package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.inference.ServedVersion.Prepared;
import io.millrace.testkit.FakeModelEngine;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionLoaderTest {

    private static final ModelSpec SPEC =
            ModelSpec.of("fake", List.of(new ModelSpec.Version(1, "blob:sha256:0")), Map.of());

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    @TempDir Path folder;
    private final FakeModelEngine engine = new FakeModelEngine();
    private final List<ServedVersion> declared = new ArrayList<>();
    private VersionLoader loader;
    private ServedModel model;

    @BeforeEach
    void declare() throws IOException {
        var time = TimeSource.system();
        var meters = new RecordingMeters();
        var config =
                ResidencyConfig.standard(folder)
                        .withRetries(FIRST_RETRY, Duration.ofMinutes(5))
                        .withMemory(DataSize.ofMebibytes(1));
        loader =
                new VersionLoader(
                        config, new MemoryBudget(config, time, meters, List::of), time, meters);
        var notes =
                new ModelNotes(
                        folder.resolve("notes"), folder.resolve("staging"), IdSource.random());
        var key = ResourceKey.of(Kind.MODEL, new ProjectId("fashion"), "m");
        model = new ServedModel(key, meters, notes, new Recorded(), time, config);
        model.declare(SPEC, () -> {}, _ -> true);
        Files.writeString(folder.resolve("model.fake"), "width=2");
    }

    @Test
    void whatHasGoneWhileItWaitedForItsTurnIsNotLoaded() {
        ServedVersion version = declared.getFirst();
        model.retireAll();
        assertThat(loader.load(model, version, prepared())).isEmpty();
        assertThat(engine.loaded()).isEmpty();
    }

    @Test
    void whatIsStillDeclaredIsLoaded() {
        assertThat(loader.load(model, declared.getFirst(), prepared())).isEmpty();
        assertThat(engine.loaded()).hasSize(1);
        model.retireAll();
        assertThat(engine.loaded().getFirst().isClosed()).isTrue();
    }

    @Test
    void whatFindsNoRoomLooksAgainSoonHoweverOftenThereWasNone() {
        ServedVersion version = declared.getFirst();
        for (int i = 0; i < 10; i++) {
            assertThat(loader.load(model, version, prepared(2 << 20))).contains(FIRST_RETRY);
        }
        assertThat(model.observe().getFirst().message()).contains("it takes about 2Mi of memory");
        assertThat(loader.load(model, version, prepared())).isEmpty();
        assertThat(model.observe().getFirst().message()).isEmpty();
        model.retireAll();
    }

    private Prepared prepared() {
        return prepared(1);
    }

    private Prepared prepared(long bytes) {
        return new Prepared(
                engine,
                new ModelLibrary.Content(folder, folder),
                new ProbeVerdict.Accepted(List.of(), List.of()),
                bytes);
    }

    /** Keeps what is to be prepared, and does nothing. */
    private final class Recorded implements ServedModel.Work {
        @Override
        public void prepare(ServedModel of, ServedVersion version) {
            declared.add(version);
        }

        @Override
        public void load(ServedModel of, ServedVersion version) {
            // The test does that itself.
        }
    }
}
