package io.millrace.training.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.SplitSpec;
import io.millrace.api.SplitSpec.Order;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.Header;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SamplesTest {

    @TempDir private Path folder;
    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    private final RecordingMeters meters = new RecordingMeters();

    private Samples samples() {
        return new Samples(folder, log, time, IdSource.random(), meters);
    }

    private SampleSet lay(DatasetSpec spec) throws InterruptedException {
        return samples().lay(List.of("run"), spec, false, LayingProgress.NONE);
    }

    private void sendDigits(String topic, int count) {
        log.ensureTopics(List.of(topic));
        for (int i = 0; i < count; i++) {
            Given.send(log, topic, i % 3, i, i + 1);
        }
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(each -> !each.endsWith("owners")).toList();
        }
    }

    @Test
    void readsExactlyTheRange() throws Exception {
        sendDigits("digits", 20);
        SampleSet set = lay(Given.bytes("digits:0:5:15", Given.split(0.2, 0.1, Order.STRATIFIED)));
        assertThat(set.records()).isEqualTo(10);
        assertThat(set.train() + set.validation() + set.test()).isEqualTo(10);
        assertThat(set.train()).isEqualTo(7);
        assertThat(set.x()).isEqualTo(new TensorSpec("x", DataType.UINT8, Shape.of(-1, 2)));
        Npy x = Npy.read(set.xFile());
        assertThat(x.header().shape()).isEqualTo(Shape.of(10, 2));
        assertThat(x.header().type()).isEqualTo(DataType.UINT8);
        assertThat(x.values().remaining()).isEqualTo(20);
        assertThat(x.values().get(0)).isEqualTo((byte) 5);
        assertThat(x.values().get(19)).isEqualTo((byte) 15);
        Npy y = Npy.read(set.yFile());
        assertThat(y.header().shape()).isEqualTo(Shape.of(10, 1));
        assertThat(y.values().get(1)).isEqualTo((byte) (6 % 3));
        assertThat(Npy.rows(set.trainFile())).hasSize(7);
        assertThat(set.unlabelledFile()).doesNotExist();
        assertThat(meters.total("millrace_training_samples_total")).isEqualTo(10);
    }

    @Test
    void holdsBackSamplesOfTheRangesThatSaySo() throws Exception {
        sendDigits("digits", 40);
        var split = new SplitSpec(0.25, 0.25, Order.STRATIFIED, 7, Given.ranges("digits:0:20:28"));
        SampleSet set = lay(Given.bytes("digits:0:0:20,digits:0:20:28", split));
        assertThat(List.of(set.train(), set.validation(), set.test())).containsExactly(24L, 2L, 2L);
        assertThat(Npy.rows(set.testFile())).allMatch(row -> row >= 20);
        assertThat(Npy.rows(set.validationFile())).allMatch(row -> row >= 20);
        assertThat(lay(Given.bytes("digits:0:0:20,digits:0:20:28", split))).isEqualTo(set);
    }

    @Test
    void readsRangeAfterRangeAndSamplesWithoutLabel() throws Exception {
        sendDigits("a", 5);
        sendDigits("b", 5);
        log.ensureTopics(List.of("more"));
        Given.send(log, "more", null, new byte[] {77, 78});
        DatasetSpec plain = Given.bytes("b:0:3:5,a:0:0:2", SplitSpec.NONE);
        var spec =
                new DatasetSpec(
                        plain.ranges(),
                        Given.ranges("more"),
                        plain.decode(),
                        plain.label(),
                        plain.split(),
                        "");
        SampleSet set = lay(spec);
        ByteBuffer values = Npy.read(set.xFile()).values();
        byte[] all = new byte[values.remaining()];
        values.get(all);
        assertThat(all).containsExactly(3, 4, 4, 5, 0, 1, 1, 2);
        assertThat(set.unlabelled()).isEqualTo(1);
        Npy unlabelled = Npy.read(set.unlabelledFile());
        assertThat(unlabelled.header().shape()).isEqualTo(Shape.of(1, 2));
        assertThat(unlabelled.values().get(0)).isEqualTo((byte) 77);
        assertThat(set.dataset().unlabelled()).hasToString("[more:0:0:1]");
    }

    @Test
    void moreThanABatchIsWrittenWhole() throws Exception {
        int count = 300_000;
        sendDigits("many", count);
        SampleSet set = lay(Given.bytes("many:0:0:" + count, Given.split(0.1, 0, Order.AS_SENT)));
        Npy x = Npy.read(set.xFile());
        assertThat(x.header().shape()).isEqualTo(Shape.of(count, 2));
        for (int i = 0; i < count; i += 997) {
            assertThat(x.values().get(2 * i)).isEqualTo((byte) i);
        }
        assertThat(Npy.rows(set.trainFile())).hasSize(270_000);
    }

    @Test
    void aRangeThatTheLogDoesNotHaveIsAClearError() {
        sendDigits("digits", 5);
        assertThatThrownBy(() -> lay(Given.bytes("digits:0:0:9", SplitSpec.NONE)))
                .hasMessageContaining("digits:0:0:9 ends at 9, but the log ends at 5");
        assertThatThrownBy(() -> lay(Given.bytes("none:0:0:9", SplitSpec.NONE)))
                .hasMessageContaining("the log has no topic none");
        assertThatThrownBy(() -> lay(Given.bytes("digits:3:0:9", SplitSpec.NONE)))
                .hasMessageContaining("topic digits has 1 partitions: there is no partition 3");
        assertThatThrownBy(() -> lay(Given.bytes("digits:0:2:2", SplitSpec.NONE)))
                .hasMessageContaining("no labelled sample");
        assertThat(folder.resolve("x.npy")).doesNotExist();
    }

    @Test
    void whatRetentionRemovedIsAnErrorAndNoSmallerDataset() {
        sendDigits("digits", 10);
        var short_ = new ShortenedLog(log, 4);
        var samples = new Samples(folder, short_, time, IdSource.random(), meters);
        assertThatThrownBy(() ->
                        samples.lay(
                                List.of("run"),
                                Given.bytes("digits:0:0:10", SplitSpec.NONE),
                                true,
                                LayingProgress.NONE))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("retention has removed a part of digits:0:0:10")
                .hasMessageContaining("the oldest record that is left is 4");
        short_.shortenAfterFirstLook();
        assertThatThrownBy(() ->
                        samples.lay(
                                List.of("run"),
                                Given.bytes("digits:0:2:10", SplitSpec.NONE),
                                true,
                                LayingProgress.NONE))
                .hasMessageContaining("retention has removed");
    }

    @Test
    void holesOfTransactionsAreNoFault() throws Exception {
        log.ensureTopics(List.of("holes"));
        Given.send(log, "holes", 1, 1, 1);
        try (var transactor = log.transactor("t")) {
            transactor.begin();
            transactor.append(
                    new io.millrace.spi.OutgoingRecord(
                            "holes", new byte[] {2}, new byte[] {2, 2}, List.of(), 1),
                    _ -> {});
            transactor.abort();
        }
        Given.send(log, "holes", 3, 3, 3);
        SampleSet set = lay(Given.bytes("holes:0:0:3", SplitSpec.NONE));
        assertThat(set.records()).isEqualTo(2);
    }

    @Test
    void whatRetentionRemovedIsNotHiddenByALaterHole() throws Exception {
        log.ensureTopics(List.of("holes"));
        for (int i = 0; i < 6; i++) {
            Given.send(log, "holes", i, i, i);
        }
        try (var transactor = log.transactor("t")) {
            transactor.begin();
            transactor.append(
                    new io.millrace.spi.OutgoingRecord(
                            "holes", new byte[] {2}, new byte[] {2, 2}, List.of(), 1),
                    _ -> {});
            transactor.abort();
        }
        Given.send(log, "holes", 7, 7, 7);
        var short_ = new ShortenedLog(log, 4);
        short_.shortenAfterFirstLook();
        var samples = new Samples(folder, short_, time, IdSource.random(), meters);
        assertThatThrownBy(() ->
                        samples.lay(
                                List.of("run"),
                                Given.bytes("holes:0:0:8", SplitSpec.NONE),
                                true,
                                LayingProgress.NONE))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("retention has removed");
    }

    @Test
    void aRecordOfTheWrongLengthIsToldWithItsPlace() throws Exception {
        sendDigits("digits", 4);
        Given.send(log, "digits", new byte[] {1}, new byte[] {1, 2, 3});
        Given.send(log, "digits", null, new byte[] {1, 2});
        sendDigits("digits", 2);
        DatasetSpec spec = Given.bytes("digits:0:0:8", SplitSpec.NONE);
        assertThatThrownBy(() -> lay(spec))
                .isInstanceOf(MillraceException.class)
                .hasMessage(
                        "the record digits/0/4 (topic/partition/offset): payload: expected 2 numbers of uint8, which is 2 bytes, got 3 bytes")
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.INVALID);
        assertThat(folders()).isEmpty();

        SampleSet set = samples().lay(List.of("run"), spec, true, LayingProgress.NONE);
        assertThat(set.records()).isEqualTo(6);
        assertThat(set.leftOut()).isEqualTo(2);
        assertThat(Npy.read(set.xFile()).header().shape()).isEqualTo(Shape.of(6, 2));
        assertThat(Npy.read(set.yFile()).header().shape()).isEqualTo(Shape.of(6, 1));
        assertThat(meters.total("millrace_training_samples_left_out_total")).isEqualTo(2);
    }

    @Test
    void theWidthOfTheFirstRecordDecidesAndIsKept() throws Exception {
        log.ensureTopics(List.of("narrow"));
        for (int i = 0; i < 4; i++) {
            ByteBuffer value = ByteBuffer.allocate(8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            value.putFloat(i).putFloat(0.5f);
            Given.send(log, "narrow", new byte[] {(byte) i}, value.array());
        }
        var spec =
                new DatasetSpec(
                        Given.ranges("narrow:0:0:4"),
                        List.of(),
                        Given.raw(DataType.FP64, 2),
                        Given.key(DataType.INT64),
                        SplitSpec.NONE,
                        "");
        SampleSet set = lay(spec);
        assertThat(set.x().type()).isEqualTo(DataType.FP32);
        assertThat(set.y().type()).isEqualTo(DataType.UINT8);
        assertThat(set.dataset().decode().type()).contains(DataType.FP32);
        assertThat(Npy.read(set.xFile()).values().getFloat(8 * 3)).isEqualTo(3f);
    }

    @Test
    void labelsThatAreTextBecomeNumbersOfClasses() throws Exception {
        log.ensureTopics(List.of("iris"));
        for (String line : List.of("1,2,rose", "3,4,lily", "5,6,rose")) {
            Given.send(log, "iris", null, line.getBytes(StandardCharsets.UTF_8));
        }
        var decode = new DecodeSpec(DecodeSpec.Format.CSV, List.of(), Optional.empty(), 1);
        var label =
                new DecodeSpec(DecodeSpec.Format.CSV, List.of("2"), Optional.of(DataType.BYTES), 1);
        var spec =
                new DatasetSpec(
                        Given.ranges("iris:0:0:3"),
                        List.of(),
                        decode,
                        new LabelSpec(LabelSpec.Place.FIELD, "", label),
                        SplitSpec.NONE,
                        "");
        SampleSet set = lay(spec);
        assertThat(set.classes()).containsExactly("rose", "lily");
        assertThat(set.dataset().decode().fields()).containsExactly("0", "1");
        ByteBuffer y = Npy.read(set.yFile()).values();
        assertThat(List.of(y.getLong(0), y.getLong(8), y.getLong(16))).containsExactly(0L, 1L, 0L);
        assertThat(Npy.read(set.xFile()).values().getFloat(4 * 3)).isEqualTo(4f);
        assertThat(lay(spec)).isEqualTo(set);
    }

    @Test
    void labelsMayStandInAHeader() throws Exception {
        log.ensureTopics(List.of("headed"));
        Given.send(log, "headed", null, new byte[] {1, 2}, List.of(Header.of("class", "7")), 1);
        var label = new DecodeSpec(DecodeSpec.Format.JSON, List.of(), Optional.empty(), 1);
        DatasetSpec plain = Given.bytes("headed:0:0:1", SplitSpec.NONE);
        SampleSet set =
                lay(
                        new DatasetSpec(
                                plain.ranges(),
                                List.of(),
                                plain.decode(),
                                new LabelSpec(LabelSpec.Place.HEADER, "class", label),
                                SplitSpec.NONE,
                                ""));
        assertThat(Npy.read(set.yFile()).values().getFloat(0)).isEqualTo(7f);
        assertThat(set.y().shape()).isEqualTo(Shape.of(-1));
    }

    @Test
    void theSameIsLaidDownOnceAndGoesWithItsLastOwner() throws Exception {
        sendDigits("digits", 9);
        DatasetSpec spec = Given.bytes("digits:0:0:9", Given.split(0.3, 0, Order.SHUFFLED));
        SampleSet first = samples().lay(List.of("run 1"), spec, false, LayingProgress.NONE);
        SampleSet second = samples().lay(List.of("run 2"), spec, false, LayingProgress.NONE);
        assertThat(second).isEqualTo(first);
        assertThat(folders()).containsExactly(first.folder());
        samples().release("run 1");
        assertThat(first.xFile()).exists();
        samples().release("run 2");
        assertThat(folders()).isEmpty();
        samples().release("never there");
    }

    @Test
    void aDamagedNoteOfAnOwnerRemovesNothing() throws Exception {
        sendDigits("digits", 9);
        SampleSet set =
                samples()
                        .lay(
                                List.of("other"),
                                Given.bytes("digits:0:0:9", SplitSpec.NONE),
                                false,
                                LayingProgress.NONE);
        lay(Given.bytes("digits:0:0:8", SplitSpec.NONE));
        try (Stream<Path> notes = Files.list(folder.resolve("owners"))) {
            for (Path note : notes.toList()) {
                if (Files.readString(note).endsWith("run")) {
                    Files.writeString(note, "");
                }
            }
        }
        samples().release("run");
        assertThat(set.xFile()).exists();
    }

    @Test
    void anOwnerThatTakesOtherSamplesLetsGoOfTheFirst() throws Exception {
        sendDigits("digits", 9);
        SampleSet first = lay(Given.bytes("digits:0:0:9", SplitSpec.NONE));
        SampleSet second = lay(Given.bytes("digits:0:0:8", SplitSpec.NONE));
        assertThat(second.folder()).isNotEqualTo(first.folder());
        assertThat(folders()).containsExactly(second.folder());
    }

    @Test
    void anOpenRangeIsTakenUpToNow() throws Exception {
        sendDigits("digits", 4);
        DatasetSpec spec = Given.bytes("digits", SplitSpec.NONE);
        assertThat(lay(spec).records()).isEqualTo(4);
        sendDigits("digits", 2);
        assertThat(lay(spec).records()).isEqualTo(6);
        assertThat(folders()).hasSize(1);
    }

    @Test
    void whoGoesOnIsGivenWhatItHad() throws Exception {
        sendDigits("digits", 4);
        DatasetSpec spec = Given.bytes("digits", SplitSpec.NONE);
        assertThat(samples().kept("run", spec)).isEmpty();
        SampleSet set = lay(spec);
        sendDigits("digits", 2);
        assertThat(samples().kept("run", spec)).contains(set);
        assertThat(samples().kept("run", Given.bytes("digits:0", SplitSpec.NONE))).isEmpty();
        assertThat(samples().kept("another", spec)).isEmpty();
        samples().release("run");
        assertThat(samples().kept("run", spec)).isEmpty();
    }

    @Test
    void aTopicThatWasMadeAnewIsReadAgain() throws Exception {
        sendDigits("digits", 4);
        DatasetSpec spec = Given.bytes("digits:0:0:4", SplitSpec.NONE);
        lay(spec);
        InMemoryStreamLog other = InMemoryStreamLog.immediate(time, 1);
        other.ensureTopics(List.of("digits"));
        for (int i = 0; i < 4; i++) {
            Given.send(other, "digits", 1, 99, 99);
        }
        SampleSet set =
                new Samples(folder, other, time, IdSource.random(), meters)
                        .lay(List.of("run"), spec, false, LayingProgress.NONE);
        assertThat(Npy.read(set.xFile()).values().get(0)).isEqualTo((byte) 99);
    }

    @Test
    void samplesOutliveTheirRecords() throws Exception {
        sendDigits("digits", 4);
        DatasetSpec spec = Given.bytes("digits:0:0:4", SplitSpec.NONE);
        SampleSet set = lay(spec);
        SampleSet again =
                new Samples(folder, new ShortenedLog(log, 3), time, IdSource.random(), meters)
                        .lay(List.of("run"), spec, false, LayingProgress.NONE);
        assertThat(again).isEqualTo(set);
    }

    @Test
    void whatWasNotFinishedIsRemovedAtTheStart() throws Exception {
        Path left = Files.createDirectories(folder.resolve(".unfinished-x"));
        Files.writeString(left.resolve("x.npy"), "half");
        samples().start();
        assertThat(left).doesNotExist();
    }

    @Test
    void samplesThatLeaveNoneToTrainOnAreRefused() {
        sendDigits("digits", 1);
        assertThatThrownBy(
                        () -> lay(Given.bytes("digits:0:0:1", Given.split(0.2, 0, Order.SHUFFLED))))
                .hasMessageContaining("1 samples leave none to train on");
    }

    @Test
    void anInterruptedThreadStopsAndLeavesNothing() throws Exception {
        sendDigits("digits", 40_000);
        DatasetSpec spec = Given.bytes("digits:0:0:40000", SplitSpec.NONE);
        assertThatThrownBy(() ->
                        samples()
                                .lay(
                                        List.of("run"),
                                        spec,
                                        false,
                                        (_, _) -> Thread.currentThread().interrupt()))
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(folders()).isEmpty();
    }
}
