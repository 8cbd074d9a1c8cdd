package io.millrace.training.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.SplitSpec;
import io.millrace.api.SplitSpec.Order;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.CallRecords;
import io.millrace.spi.ModelServing;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.VersionJudge.Failed;
import io.millrace.spi.VersionJudge.Judged;
import io.millrace.spi.VersionJudge.Trial;
import io.millrace.spi.VersionJudge.Verdict;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import io.millrace.training.samples.Samples;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class HeldBackJudgeTest {

    private static final ProjectId PROJECT = new ProjectId("lab");
    private static final ResourceKey OWNER = ResourceKey.of(Kind.EXPERIMENT, PROJECT, "even");
    private static final ResourceKey MODEL = ResourceKey.of(Kind.MODEL, PROJECT, "parity");
    private static final int RECORDS = 400;

    @TempDir private Path folder;
    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    private final FakeModelServing models = new FakeModelServing();
    private final AtomicInteger news = new AtomicInteger();
    private HeldBackJudge judge;

    /** One byte each: the label is whether it is odd. */
    @BeforeEach
    void sends() {
        judge =
                new HeldBackJudge(
                        new Samples(folder, log, time, IdSource.random(), new RecordingMeters()),
                        models);
        log.ensureTopics(List.of("numbers"));
        for (int i = 0; i < RECORDS; i++) {
            log.append(
                    new OutgoingRecord(
                            "numbers",
                            new byte[] {(byte) (i % 2)},
                            new byte[] {(byte) (i % 100)},
                            List.of(),
                            1_000),
                    failure -> assertThat(failure).isNull());
        }
    }

    @AfterEach
    void closes() {
        judge.close();
    }

    private static DatasetSpec samples(double test) {
        var raw = new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);
        return new DatasetSpec(
                List.of(TopicRange.of("numbers", 0, 0, 200), TopicRange.of("numbers", 0, 200, 400)),
                List.of(),
                raw,
                new LabelSpec(LabelSpec.Place.KEY, "", raw),
                new SplitSpec(
                        0,
                        test,
                        Order.STRATIFIED,
                        1,
                        List.of(TopicRange.of("numbers", 0, 200, 400))),
                "");
    }

    private static Trial trial(HeldBackMetric metric, Integer... versions) {
        return new Trial(samples(0.75), MODEL, List.of(versions), metric);
    }

    /** A model of one float that computes so. */
    private void serves(DoubleUnaryOperator model) {
        serves(Shape.ANY, model);
    }

    private void serves(long items, DoubleUnaryOperator model) {
        var signature =
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(items, 1))),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(items, 1))));
        models.put(PROJECT, "parity", signature, call -> List.of(answers(signature, call, model)));
    }

    private static Tensor answers(
            Signature signature, ModelServing.Call call, DoubleUnaryOperator model) {
        signature.check(call.inputs());
        assertThat(call.records()).as("nobody who watches hears of it").isSameAs(CallRecords.TRIAL);
        var input = (Tensor.Numeric) call.inputs().getFirst();
        ByteBuffer numbers = input.data().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        float[] answers = new float[(int) input.shape().extent(0)];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = (float) model.applyAsDouble(numbers.getFloat());
        }
        return Tensor.ofFloats(Shape.of(answers.length, 1), answers);
    }

    private Verdict verdict(Trial trial) {
        judge.judge(OWNER, trial, news::incrementAndGet);
        return await().atMost(Duration.ofSeconds(30))
                .until(() -> judge.observe(OWNER, trial), Optional::isPresent)
                .orElseThrow();
    }

    private Judged judged(Trial trial) {
        assertThat(verdict(trial)).isInstanceOf(Judged.class);
        return (Judged) verdict(trial);
    }

    @Test
    void countsRightAnswersToTheSamplesThatWereHeldBack() throws IOException {
        // Right for odd numbers, and for even ones below 50.
        serves(x -> x % 2 == 1 || x >= 50 ? 0.9 : 0.1);

        Judged judged = judged(trial(HeldBackMetric.ACCURACY, 1, 7));

        assertThat(judged.samples()).isEqualTo(150);
        assertThat(judged.scores()).containsOnlyKeys(1);
        assertThat(judged.scores().get(1)).isBetween(0.65, 0.85);
        assertThat(judged.refusals()).containsOnlyKeys(7);
        assertThat(judged.refusals().get(7)).contains("has no version 7");
        assertThat(news).hasValue(1);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.filter(file -> !file.endsWith("owners")))
                    .as("samples that nobody else uses are removed")
                    .isEmpty();
        }
    }

    @Test
    void countsErrors() {
        serves(x -> x % 2 + 0.5);
        assertThat(judged(trial(HeldBackMetric.MEAN_ABSOLUTE_ERROR, 1)).scores().get(1))
                .isCloseTo(0.5, within(1e-6));
        assertThat(judged(trial(HeldBackMetric.MEAN_SQUARED_ERROR, 1)).scores().get(1))
                .isCloseTo(0.25, within(1e-6));
        assertThat(judged(trial(HeldBackMetric.ROOT_MEAN_SQUARED_ERROR, 1)).scores().get(1))
                .isCloseTo(0.5, within(1e-6));
    }

    @Test
    void fillsUpBatchesOfModelsThatTakeNoOtherSize() {
        serves(64, x -> x % 2);
        Judged judged = judged(trial(HeldBackMetric.ACCURACY, 1));
        assertThat(judged.scores()).containsEntry(1, 1.0);
        assertThat(models.calls()).hasSize(3);
    }

    @Test
    void answersThatAreNoNumbersAreNoScore() {
        serves(_ -> Double.NaN);
        assertThat(judged(trial(HeldBackMetric.MEAN_ABSOLUTE_ERROR, 1)).refusals().get(1))
                .contains("no finite numbers");
        assertThat(judged(trial(HeldBackMetric.ACCURACY, 1)).scores()).containsEntry(1, 0.5);
    }

    @Test
    void inputsThatDoNotFitAreNamed() {
        var signature =
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 28, 28))),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 10))));
        models.put(PROJECT, "parity", signature, _ -> List.of());
        assertThat(judged(trial(HeldBackMetric.ACCURACY, 1)).refusals().get(1))
                .contains("float32[-1,28,28]")
                .contains("uint8[-1,1]");
    }

    @Test
    void aModelThatIsAwayForNowIsJudgedLater() {
        models.putNotReady(PROJECT, "parity", "it is being loaded");
        assertThat(verdict(trial(HeldBackMetric.ACCURACY, 1)))
                .isInstanceOfSatisfying(
                        Failed.class,
                        failed -> {
                            assertThat(failed.isTransient()).isTrue();
                            assertThat(failed.message()).contains("version 1 cannot answer now");
                        });
        judge.remove(OWNER);
        assertThat(judge.observe(OWNER, trial(HeldBackMetric.ACCURACY, 1))).isEmpty();
        serves(x -> x % 2);
        assertThat(judged(trial(HeldBackMetric.ACCURACY, 1)).scores()).containsEntry(1, 1.0);
    }

    @Test
    void withoutSamplesThereIsNoVerdict() {
        serves(x -> x);
        assertThat(verdict(new Trial(samples(0), MODEL, List.of(1), HeldBackMetric.ACCURACY)))
                .isEqualTo(new Failed("the dataset holds back no test samples", false));
        DatasetSpec lost =
                samples(0.5)
                        .with(
                                List.of(TopicRange.of("lost", 0, 0, 10)),
                                List.of(),
                                new SplitSpec(0, 0.5, Order.STRATIFIED, 1));
        assertThat(verdict(new Trial(lost, MODEL, List.of(1), HeldBackMetric.ACCURACY)))
                .isInstanceOfSatisfying(
                        Failed.class,
                        failed -> assertThat(failed.message()).contains("no topic lost"));
    }
}
