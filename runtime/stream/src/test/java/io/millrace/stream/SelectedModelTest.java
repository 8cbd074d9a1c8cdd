package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.ModelChoice;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.PipelineSpec.OneModel;
import io.millrace.api.PipelineSpec.SelectedModel;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ModelServing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Several models in one step, answered with a template. */
class SelectedModelTest {

    private static final String REQUEST = "{\"a\": %s, \"b\": 0}";

    @Test
    void eachRecordIsAnsweredByTheModelThatItNamesAndTheOrderStays() {
        try (var world = world()) {
            for (int i = 0; i < 20; i++) {
                ask(world, i % 3 == 0 ? "ANN" : "LSTM", i);
            }
            world.task().doWork();
            var expected = new ArrayList<String>();
            for (int i = 0; i < 20; i++) {
                // One of them answers with the double of what it is given.
                expected.add(
                        i % 3 == 0
                                ? "{\"ANN\": %s}".formatted((float) (2 * i))
                                : "{\"LSTM\": %s}".formatted((float) i));
            }
            assertThat(world.outputs()).isEqualTo(expected);
            assertThat(
                            world.sink.accepted().stream()
                                    .map(output -> header(output.headers(), HeaderNames.PROVENANCE))
                                    .map(provenance ->
                                            provenance.substring(provenance.lastIndexOf(' ')))
                                    .limit(3))
                    .containsExactly(" model/ANN@1", " model/LSTM@1", " model/LSTM@1");
            assertThat(
                            world.models.calls().stream()
                                    .collect(
                                            Collectors.toMap(
                                                    call -> call.model().value(),
                                                    EchoModel::items,
                                                    Integer::sum)))
                    .containsEntry("ANN", 7)
                    .containsEntry("LSTM", 13);
            assertThat(world.models.calls()).as("one of each for each of three slices").hasSize(6);
        }
    }

    @Test
    void anyOtherNameIsAnErrorOfTheRecordThatNamesIt() {
        try (var world = world()) {
            ask(world, "LSTM", 1);
            ask(world, "lstm", 2);
            world.putWith(Plans.INPUT, REQUEST.formatted(3));
            ask(world, "ANN", 4);
            world.task().doWork();
            assertThat(world.outputs()).containsExactly("{\"LSTM\": 1.0}", "{\"ANN\": 8.0}");
            assertThat(world.deadLetters().stream().map(SelectedModelTest::reason))
                    .containsExactly(
                            "the record asks for the model 'lstm', allowed are [LSTM, ANN]",
                            "the choice of the model needs the level {model} of the topic, which the"
                                    + " record does not have");
        }
    }

    @Test
    void theBatchWaitsForAModelThatIsAwaySoThatNothingOvertakes() {
        try (var world = world()) {
            var refused = new AtomicInteger();
            var written = new ArrayList<Integer>();
            world.models.before(call -> {
                if (call.model().value().equals("ANN") && refused.incrementAndGet() < 5) {
                    written.add(world.outputs().size());
                    throw EchoModel.notReady();
                }
            });
            ask(world, "ANN", 1);
            ask(world, "LSTM", 2);
            ask(world, "ANN", 3);
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly("{\"ANN\": 2.0}", "{\"LSTM\": 2.0}", "{\"ANN\": 6.0}");
            assertThat(written).containsOnly(0);
            assertThat(world.deadLetters()).isEmpty();
            assertThat(
                            world.models.calls().stream()
                                    .filter(call -> call.model().value().equals("LSTM")))
                    .as("what is done is not done again")
                    .hasSize(1);
        }
    }

    @Test
    void aModelThatExplodesOnOneItemCostsTheOthersNothing() {
        try (var world = world()) {
            ask(world, "ANN", 1);
            ask(world, "LSTM", EchoModel.POISON);
            ask(world, "LSTM", 2);
            world.models.put(
                    Plans.PROJECT,
                    "LSTM",
                    signature(Shape.of(-1, 2)),
                    call -> {
                        var input = (Tensor.Numeric) call.inputs().getFirst();
                        if (first(input, 0) == EchoModel.POISON) {
                            throw MillraceException.invalid("explodes");
                        }
                        return List.of(input);
                    });
            world.task().doWork();
            assertThat(world.outputs()).containsExactly("{\"ANN\": 2.0}", "{\"LSTM\": 2.0}");
            assertThat(world.deadLetters()).hasSize(1);
        }
    }

    @Test
    void aModelOfExactlyOneItemIsCalledItemByItemAndItsRealShapeCounts() {
        var plan = aPipeline().step(step(new OneModel(new ResourceName("one")))).to("out").plan();
        try (var world = new TaskWorld(plan)) {
            var declared =
                    new Signature(
                            Signature.DEFAULT,
                            List.of(new TensorSpec("x", DataType.FP32, Shape.of(1, 2, 1))),
                            List.of(new TensorSpec("y", DataType.FP32, Shape.of(1, 1, 1))));
            world.models.put(
                    Plans.PROJECT, "one", declared, call -> List.of(call.inputs().getFirst()));
            for (int i = 0; i < 4; i++) {
                world.putWith(Plans.INPUT, REQUEST.formatted(i));
            }
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            "{\"one\": 0.0}", "{\"one\": 1.0}", "{\"one\": 2.0}", "{\"one\": 3.0}");
            assertThat(EchoModel.callSizes(world.models)).containsExactly(1, 1, 1, 1);
        }
    }

    @Test
    void anArrayOfRequestsIsAnsweredWithOneListInItsTurn() {
        try (var world = world()) {
            ask(world, "LSTM", 1);
            askAll(world, "LSTM", "[{\"a\": 2, \"b\": 0}, {\"a\": 3, \"b\": 0}]");
            askAll(world, "ANN", " [ ] ");
            askAll(world, "ANN", "[{\"a\": 2, \"b\": 0}, {\"a\": 3}]");
            askAll(world, "ANN", "[{\"a\": 2, \"b\": 0}");
            ask(world, "ANN", 4);
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly(
                            "{\"LSTM\": 1.0}",
                            "{\"LSTM\": [[2.0], [3.0]]}",
                            "{\"ANN\": []}",
                            "{\"ANN\": 8.0}");
            assertThat(world.deadLetters().stream().map(SelectedModelTest::reason))
                    .satisfiesExactly(
                            reason ->
                                    assertThat(reason)
                                            .startsWith("item 1: the field 'b' is missing"),
                            reason -> assertThat(reason).startsWith("JSON ends too early"));
            assertThat(world.deadLetters())
                    .allSatisfy(letter ->
                            assertThat(header(letter.headers(), HeaderNames.PROVENANCE))
                                    .contains(" model/ANN"));
        }
    }

    @Test
    void anArrayWaitsForAModelThatIsAwayLikeAnyOtherRequest() {
        try (var world = world()) {
            var refused = new AtomicInteger();
            world.models.before(call -> {
                if (refused.incrementAndGet() < 5) {
                    throw EchoModel.notReady();
                }
            });
            var many = new ArrayList<String>();
            var expected = new ArrayList<String>();
            for (int i = 0; i < 600; i++) {
                many.add(REQUEST.formatted(i));
                expected.add("[" + (float) i + "]");
            }
            askAll(world, "LSTM", many.toString());
            world.task().doWork();
            assertThat(world.outputs())
                    .containsExactly("{\"LSTM\": [" + String.join(", ", expected) + "]}");
            assertThat(EchoModel.callSizes(world.models)).containsExactly(256, 256, 88);
        }
    }

    @Test
    void aSelectorThatCannotBeReadIsRefusedBeforeAnythingRuns() {
        var choice = new SelectedModel("{model", List.of(new ResourceName("LSTM")));
        var plan = aPipeline().step(step(choice)).to("out").plan();
        assertThatThrownBy(() -> TaskAssembly.check(plan))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID));
    }

    private static TaskWorld world() {
        var choice =
                new SelectedModel(
                        "{model}", List.of(new ResourceName("LSTM"), new ResourceName("ANN")));
        var world = new TaskWorld(aPipeline().step(step(choice)).to("out").plan());
        Signature signature = signature(Shape.of(-1, 2));
        world.models.put(
                Plans.PROJECT, "LSTM", signature, call -> List.of(call.inputs().getFirst()));
        world.models.put(Plans.PROJECT, "ANN", signature, SelectedModelTest::doubled);
        return world;
    }

    private static Signature signature(Shape shape) {
        return new Signature(
                Signature.DEFAULT,
                List.of(new TensorSpec("x", DataType.FP32, shape)),
                List.of(new TensorSpec("y", DataType.FP32, shape)));
    }

    private static ModelStep step(ModelChoice choice) {
        return new ModelStep(
                choice,
                new VersionRef.Serving(),
                new DecodeSpec(DecodeSpec.Format.JSON, List.of("a", "b"), Optional.empty(), 1),
                new EncodeSpec(
                        EncodeSpec.Format.JSON,
                        List.of(),
                        0,
                        List.of(),
                        Optional.of("{\"{{model}}\": {{output[0]}}}")));
    }

    private static List<Tensor> doubled(ModelServing.Call call) {
        var input = (Tensor.Numeric) call.inputs().getFirst();
        var values = new float[(int) input.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * first(input, i);
        }
        return List.of(Tensor.ofFloats(input.shape(), values));
    }

    private static float first(Tensor.Numeric tensor, int index) {
        return tensor.data()
                .get(
                        java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(
                                java.nio.ByteOrder.LITTLE_ENDIAN),
                        4L * index);
    }

    private static void ask(TaskWorld world, String model, float number) {
        world.putWith(
                Plans.INPUT,
                REQUEST.formatted(number),
                Header.of(HeaderNames.CAPTURE_PREFIX + "model", model));
    }

    private static void askAll(TaskWorld world, String model, String requests) {
        world.putWith(
                Plans.INPUT, requests, Header.of(HeaderNames.CAPTURE_PREFIX + "model", model));
    }

    private static String reason(LogRecord letter) {
        return header(letter.headers(), HeaderNames.DEAD_REASON);
    }

    private static String header(List<Header> headers, String name) {
        String value = Header.find(headers, name);
        return value == null ? "" : value;
    }
}
