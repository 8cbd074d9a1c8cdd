package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.TrainingPlan;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import io.millrace.training.run.RunSamples;
import io.millrace.training.run.SampleStore.LiveSamples;
import io.millrace.training.samples.Samples;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoredSamplesTest {

    @TempDir private Path folder;
    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    private final RecordingMeters meters = new RecordingMeters();

    @BeforeEach
    void makeTheTopic() {
        log.ensureTopics(List.of("digits"));
    }

    private StoredSamples store() {
        var samples = new Samples(folder.resolve("samples"), log, time, IdSource.random(), meters);
        return new StoredSamples(samples, log, folder.resolve("live"), time, meters);
    }

    private void send(int label, byte... value) {
        log.append(
                new OutgoingRecord("digits", new byte[] {(byte) label}, value, List.of(), 1_000),
                failure -> assertThat(failure).isNull());
    }

    private static TrainingPlan plan(String range) {
        return plan("uid", range);
    }

    private static TrainingPlan plan(String uid, String range) {
        return plan(uid, range, PAIR);
    }

    private static final DecodeSpec PAIR =
            new DecodeSpec(
                    DecodeSpec.Format.RAW,
                    List.of(),
                    Optional.of(DataType.UINT8),
                    1,
                    DecodeSpec.Order.AS_LISTED,
                    false,
                    List.of(2),
                    Optional.empty(),
                    Optional.empty());

    private static TrainingPlan plan(String uid, String range, DecodeSpec raw) {
        var key = new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);
        return new TrainingPlan(
                ResourceKey.of(Kind.TRAINING_RUN, ProjectId.DEFAULT, "r"),
                uid,
                new TrainingRunSpec(
                        new ResourceName("m"),
                        new ResourceName("digits"),
                        Optional.empty(),
                        new TrainingSettings(
                                8,
                                Map.of(),
                                Map.of(),
                                0,
                                false,
                                TrainingSettings.DEFAULT_TIMEOUT,
                                TrainingSettings.DEFAULT_MEMORY),
                        Optional.empty(),
                        Optional.empty(),
                        false),
                new ModelDefinitionSpec(
                        ModelDefinitionSpec.Library.KERAS,
                        "",
                        new FunctionSpec.Source("m.py", "model = 1"),
                        List.of()),
                1,
                new DatasetSpec(
                        List.of(TopicRange.parse(range)),
                        List.of(),
                        raw,
                        new LabelSpec(LabelSpec.Place.KEY, "", key),
                        new SplitSpec(0.1, 0.2, SplitSpec.Order.STRATIFIED, 7),
                        ""),
                1);
    }

    @Test
    void laysThemDownForARun() throws Exception {
        for (int i = 0; i < 20; i++) {
            send(i % 2, (byte) i, (byte) i);
        }
        var said = new ArrayList<String>();

        RunSamples set = store().prepare(plan("digits:0:0:20"), said::add);

        assertThat(set.train() + set.validation() + set.test()).isEqualTo(20);
        assertThat(set.test()).isEqualTo(4);
        assertThat(set.folder().resolve("x.npy")).isRegularFile();
        assertThat(set.lineage())
                .containsEntry("ranges", "digits:0:0:20")
                .containsEntry("split", "stratified");
        assertThat(said).allMatch(line -> line.contains("of 20 records"));
        assertThat(store().prepare(plan("digits:0:0:20"), said::add).folder())
                .isEqualTo(set.folder());
    }

    @Test
    void aRunKeepsWhatItBeganWithAlthoughItsDatasetGrows() throws Exception {
        for (int i = 0; i < 20; i++) {
            send(i % 2, (byte) i, (byte) i);
        }
        TrainingPlan early = plan("early", "digits:0:0");
        RunSamples first = store().prepare(early, _ -> {});
        for (int i = 0; i < 20; i++) {
            send(i % 2, (byte) i, (byte) i);
        }

        RunSamples second = store().prepare(plan("late", "digits:0:0"), _ -> {});
        RunSamples again = store().prepare(early, _ -> {});

        assertThat(second.train()).isGreaterThan(first.train());
        assertThat(again.folder()).isEqualTo(first.folder());
        assertThat(again.train()).isEqualTo(first.train());

        store().release(early);

        assertThat(first.folder()).doesNotExist();
        assertThat(second.folder()).isDirectory();
    }

    @Test
    void saysWhatTheSamplesAreLikeWhereTheDeclarationLeavesItOpen() throws Exception {
        for (int i = 0; i < 20; i++) {
            send(i % 2, "1,2".getBytes(StandardCharsets.UTF_8));
        }
        var open = new DecodeSpec(DecodeSpec.Format.CSV, List.of(), Optional.empty(), 1);
        TrainingPlan plan = plan("open", "digits:0:0:20", open);

        RunSamples set = store().prepare(plan, _ -> {});

        assertThat(plan.dataset().decode().fields()).isEmpty();
        assertThat(set.dataset().decode().fields()).containsExactly("0", "1");
        assertThat(set.dataset().label()).isEqualTo(plan.dataset().label());
        try (LiveSamples live = store().follow(plan, "")) {
            assertThat(live.dataset()).isEmpty();
            assertThat(live.next(Duration.ZERO)).isPresent();
            assertThat(live.dataset().orElseThrow().decode()).isEqualTo(set.dataset().decode());
        }
    }

    @Test
    void readsNothingThatBelongsToOthers() {
        for (String topic : List.of("other.source.cameras", "__consumer_offsets")) {
            TrainingPlan plan = plan(topic + ":0:0:20");
            assertThatThrownBy(() -> store().prepare(plan, _ -> {}))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("belongs to");
            assertThatThrownBy(() -> store().follow(plan, ""))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("belongs to");
        }
    }

    @Test
    void aRecordThatCannotBeDecodedIsNamed() {
        send(0, (byte) 1, (byte) 1);
        send(1, (byte) 1);
        send(1, (byte) 1, (byte) 1);
        assertThatThrownBy(() -> store().prepare(plan("digits:0:0:3"), _ -> {}))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("digits/0/1");
    }

    @Test
    void followsALiveStream() throws Exception {
        send(0, (byte) 1, (byte) 1);
        try (LiveSamples live = store().follow(plan("digits:0:0"), "")) {
            var piece = live.next(Duration.ZERO).orElseThrow();
            assertThat(piece.samples()).isEqualTo(1);
            assertThat(piece.position()).isEqualTo("digits/0/1");
            assertThat(Files.exists(piece.folder().resolve("x.npy"))).isTrue();
        }
    }
}
