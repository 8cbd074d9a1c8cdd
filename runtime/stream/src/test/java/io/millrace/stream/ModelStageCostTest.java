package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ModelServing;
import io.millrace.testkit.TestingTime;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a record costs beside the model itself, in memory, which a busy machine does not change. */
class ModelStageCostTest {

    private static final int PIXELS = 784;
    private static final int RECORDS = 512;
    private static final Signature SIGNATURE =
            new Signature(
                    Signature.DEFAULT,
                    List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 28, 28))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 10))));

    /** Answers at once with what it made before. */
    private record Ready(List<Tensor> answer) implements ModelServing {
        @Override
        public Answer infer(Call call) {
            return new Answer(1, SIGNATURE, answer);
        }

        @Override
        public Description describe(ProjectId project, ResourceName model, VersionRef version) {
            return new Description(model, List.of(), "fake", Optional.of(1), List.of(SIGNATURE));
        }

        @Override
        public List<Description> list(ProjectId project) {
            return List.of();
        }

        @Override
        public String stickyHeader(ProjectId project, ResourceName model) {
            return "";
        }

        @Override
        public void load(ProjectId project, ResourceName model) {
            throw MillraceException.notFound("it is always there");
        }

        @Override
        public void unload(ProjectId project, ResourceName model) {
            throw MillraceException.notFound("it is always there");
        }
    }

    @Test
    void aRecordCostsItsTensorItsAnswerAndLittleElse() {
        var answers = Tensor.ofFloats(Shape.of(256, 10), new float[2_560]);
        var stage =
                new ModelStage(
                        "step 1 model/net",
                        Plans.KEY,
                        new ModelStep(
                                new ResourceName("net"),
                                new VersionRef.Serving(),
                                new DecodeSpec(
                                        DecodeSpec.Format.RAW,
                                        List.of(),
                                        Optional.of(DataType.UINT8),
                                        1 / 255.0),
                                new EncodeSpec(EncodeSpec.Format.JSON, List.of(), 1, List.of())),
                        new Ready(List.of(answers)),
                        new TaskControl(new TestingTime(), List.of(), () -> {}));
        var partition = new LogPartition(Plans.INPUT, 0);
        List<LogRecord> records =
                IntStream.range(0, RECORDS)
                        .mapToObj(i ->
                                new LogRecord(partition, i, null, new byte[PIXELS], List.of(), 0))
                        .toList();
        var batch = new Batch();
        var verdicts = new Verdicts();
        int[] pending = IntStream.range(0, RECORDS).toArray();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long rounds = 60;
        long begun = 0;
        for (int round = 0; round < 2 * rounds; round++) {
            if (round == rounds) { // those before were to warm up
                begun = threads.getCurrentThreadAllocatedBytes();
            }
            batch.start(records);
            verdicts.start(RECORDS);
            stage.attempt(batch, pending, RECORDS, verdicts);
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - begun;
        assertThat(verdicts.code(RECORDS - 1)).isNull();
        assertThat(bytes / (rounds * RECORDS))
                .as("bytes a record")
                .isGreaterThan(PIXELS * 4)
                .isLessThan(PIXELS * 4 + 400);
        stage.close();
    }
}
