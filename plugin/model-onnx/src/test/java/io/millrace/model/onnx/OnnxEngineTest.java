package io.millrace.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import io.millrace.testkit.OnnxGraphs;
import io.millrace.testkit.ProtoMessage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class OnnxEngineTest {

    private final OnnxEngine engine = new OnnxEngine();

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(value = DataType.class, names = "BYTES", mode = EnumSource.Mode.EXCLUDE)
    void servesEveryTypeOfNumber(DataType type) {
        try (LoadedModel model = load(OnnxModels.identity(ElementTypes.toOnnx(type), "n", 3))) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature)
                    .isEqualTo(
                            new Signature(
                                    "serving_default",
                                    List.of(new TensorSpec("x", type, Shape.of(-1, 3))),
                                    List.of(new TensorSpec("y", type, Shape.of(-1, 3)))));
            var bytes = new byte[6 * type.bytes()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (type == DataType.BOOL ? i % 2 : 3 + 5 * i);
            }
            var input = new Tensor.Numeric(type, Shape.of(2, 3), MemorySegment.ofArray(bytes));
            for (int call = 0; call < 3; call++) {
                var output = (Tensor.Numeric) model.run(signature, List.of(input)).getFirst();
                assertThat(output.type()).isEqualTo(type);
                assertThat(output.shape()).isEqualTo(Shape.of(2, 3));
                assertThat(output.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            }
        }
    }

    @Test
    void truthValuesReachNativeCodeAsZeroAndOneOnly() {
        try (LoadedModel model = load(OnnxModels.identity(OnnxGraphs.BOOL, "n"))) {
            var input =
                    new Tensor.Numeric(
                            DataType.BOOL,
                            Shape.of(4),
                            MemorySegment.ofArray(new byte[] {0, 1, 7, -1}));
            assertThat(numbers(call(model, input)).toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(0, 1, 1, 1);
        }
    }

    @Test
    void servesStringsInUtf8() {
        try (LoadedModel model = load(OnnxModels.identity(OnnxGraphs.STRING, "n", 2))) {
            List<String> texts = List.of("", "plain", "größer", "日本 🚂 e\u0301");
            var input = strings(Shape.of(2, 2), texts);
            for (int call = 0; call < 3; call++) {
                var output = (Tensor.Bytes) call(model, input);
                assertThat(output.shape()).isEqualTo(Shape.of(2, 2));
                assertThat(output.values().stream().map(OnnxEngineTest::text)).isEqualTo(texts);
            }
            assertInvalid(() -> call(model, strings(Shape.of(1, 2), List.of("a", "b\0c"))), "zero");
        }
    }

    @Test
    void stringsThatNativeCodeComparesAreUtf8Too() {
        var encoder =
                OnnxGraphs.node("LabelEncoder", "word", "number")
                        .text(7, "ai.onnx.ml")
                        .message(
                                5,
                                new ProtoMessage()
                                        .text(1, "keys_strings")
                                        .text(9, "car")
                                        .text(9, "🚂")
                                        .number(20, 8))
                        .message(5, OnnxGraphs.ints("values_int64s", 5, 9));
        var graph =
                new ProtoMessage()
                        .message(1, encoder)
                        .text(2, "encode")
                        .message(11, OnnxGraphs.value("word", OnnxGraphs.STRING, "n"))
                        .message(12, OnnxGraphs.value("number", OnnxGraphs.INT64, "n"));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            var output = call(model, strings(Shape.of(3), List.of("🚂", "car", "other")));
            assertThat(numbers(output).toArray(ValueLayout.JAVA_LONG)).containsExactly(9, 5, -1);
        }
    }

    @Test
    void servesScalars() {
        try (LoadedModel model = load(OnnxModels.identity(OnnxGraphs.FLOAT))) {
            assertThat(model.signatures().getFirst().inputs().getFirst().shape())
                    .isEqualTo(Shape.of());
            var output = call(model, Tensor.ofFloats(Shape.of(), new float[] {4}));
            assertThat(output.shape()).isEqualTo(Shape.of());
            assertThat(numbers(output).get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(4);
        }
    }

    @Test
    void wrongRankShapeTypeOrNumberNeverReachesOnnxRuntime() {
        try (LoadedModel model = load(OnnxModels.convolution())) {
            for (Shape wrong :
                    List.of(
                            Shape.of(1, 1, 27, 28),
                            Shape.of(1, 28, 28),
                            Shape.of(784),
                            Shape.of(),
                            Shape.of(1, 1, 28, 28, 1))) {
                var values = new float[(int) wrong.elements()];
                assertInvalid(
                        () -> call(model, Tensor.ofFloats(wrong, values)),
                        "image",
                        "[-1,1,28,28]",
                        wrong.toString());
            }
            var doubles = MemorySegment.ofArray(new double[784]);
            var ofAnotherType = new Tensor.Numeric(DataType.FP64, Shape.of(1, 1, 28, 28), doubles);
            assertInvalid(() -> call(model, ofAnotherType), "float32", "float64");
            assertInvalid(() -> call(model), "takes 1 inputs, got 0");
            var empty = Tensor.ofFloats(Shape.of(0, 1, 28, 28), new float[0]);
            assertInvalid(() -> call(model, empty), "holds nothing");
            var right = Tensor.ofFloats(Shape.of(1, 1, 28, 28), new float[784]);
            assertThat(call(model, right).shape()).isEqualTo(Shape.of(1, 10));
            var other = new Signature("other", List.of(), List.of());
            assertThatThrownBy(() -> model.run(other, List.of(right)))
                    .hasMessageContaining("no signature 'other'");
        }
    }

    @Test
    void aModelWithoutInputsGivesItsConstantEachTime() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Identity", "two", "y"))
                        .text(2, "constant")
                        .message(
                                5,
                                OnnxGraphs.tensor("two", OnnxGraphs.FLOAT, 1)
                                        .bytes(9, OnnxGraphs.floats(2)))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.FLOAT, 1));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            for (int call = 0; call < 3; call++) {
                assertThat(numbers(call(model)).get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(2);
            }
        }
    }

    @Test
    void givesSeveralOutputsInTheirOrderFromSeveralInputs() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Add", "a,b", "sum"))
                        .message(1, OnnxGraphs.node("Sub", "a,b", "difference"))
                        .message(1, OnnxGraphs.node("Greater", "a,b", "more"))
                        .text(2, "several")
                        .message(11, OnnxGraphs.value("b", OnnxGraphs.FLOAT, "n"))
                        .message(11, OnnxGraphs.value("a", OnnxGraphs.FLOAT, "n"))
                        .message(12, OnnxGraphs.value("difference", OnnxGraphs.FLOAT, "n"))
                        .message(12, OnnxGraphs.value("more", OnnxGraphs.BOOL, "n"))
                        .message(12, OnnxGraphs.value("sum", OnnxGraphs.FLOAT, "n"));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature.toString())
                    .isEqualTo(
                            "[b: float32[-1], a: float32[-1]] -> [difference: float32[-1], more:"
                                    + " bool[-1], sum: float32[-1]]");
            for (int rows = 1; rows < 4; rows++) {
                var b = new float[rows];
                var a = new float[rows];
                java.util.Arrays.fill(a, rows);
                java.util.Arrays.fill(b, 10);
                for (int call = 0; call < 3; call++) {
                    var shape = Shape.of(rows);
                    List<Tensor> outputs =
                            model.run(
                                    signature,
                                    List.of(Tensor.ofFloats(shape, b), Tensor.ofFloats(shape, a)));
                    assertThat(numbers(outputs.get(0)).getAtIndex(ValueLayout.JAVA_FLOAT, rows - 1))
                            .isEqualTo(rows - 10f);
                    assertThat(numbers(outputs.get(1)).get(ValueLayout.JAVA_BYTE, rows - 1))
                            .isZero();
                    assertThat(numbers(outputs.get(2)).getAtIndex(ValueLayout.JAVA_FLOAT, rows - 1))
                            .isEqualTo(rows + 10f);
                }
            }
            // Two inputs whose extents have the same name, and another number each.
            var unequal =
                    List.<Tensor>of(
                            Tensor.ofFloats(Shape.of(2), new float[2]),
                            Tensor.ofFloats(Shape.of(3), new float[3]));
            assertThatThrownBy(() -> model.run(signature, unequal))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.USER_CODE));
        }
    }

    @Test
    void inputsWithADefaultAreNotAskedFor() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Mul", "x,two", "y"))
                        .text(2, "optional")
                        .message(
                                5,
                                OnnxGraphs.tensor("two", OnnxGraphs.FLOAT, 1)
                                        .bytes(9, OnnxGraphs.floats(2)))
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.FLOAT, "n"))
                        .message(11, OnnxGraphs.value("two", OnnxGraphs.FLOAT, 1))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.FLOAT, "n"));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            assertThat(model.signatures().getFirst().inputs())
                    .extracting(TensorSpec::name)
                    .containsExactly("x");
            var output = call(model, Tensor.ofFloats(Shape.of(1), new float[] {3}));
            assertThat(numbers(output).get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(6);
        }
    }

    @Test
    void outputsWhoseShapeDependsOnValuesComeInTheirShapeEachTime() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("NonZero", "x", "places"))
                        .text(2, "places")
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.FLOAT, "n"))
                        .message(12, OnnxGraphs.value("places", OnnxGraphs.INT64, 1, "found"));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            float[][] inputs = {
                {0, 1, 1, 0}, {1, 0, 0, 1}, {1, 1, 1, 1}, {0, 0, 1, 0}, {0, 0, 0, 0}, {1, 1, 0, 0}
            };
            long[][] places = {{1, 2}, {0, 3}, {0, 1, 2, 3}, {2}, {}, {0, 1}};
            for (int i = 0; i < inputs.length; i++) {
                var output = call(model, Tensor.ofFloats(Shape.of(4), inputs[i]));
                assertThat(output.shape()).isEqualTo(Shape.of(1, places[i].length));
                assertThat(numbers(output).toArray(ValueLayout.JAVA_LONG)).isEqualTo(places[i]);
            }
        }
    }

    @Test
    void leavesOutWhatIsNoTensorOrSaysWhatToDo() {
        try (LoadedModel model = load(classifier(true))) {
            assertThat(model.signatures().getFirst().outputs())
                    .extracting(TensorSpec::name)
                    .containsExactly("label");
            var output = call(model, Tensor.ofFloats(Shape.of(2, 2), new float[] {1, 2, 3, 4}));
            assertThat(numbers(output).toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 2, 3, 4);
        }
        assertInvalid(() -> load(classifier(false)).close(), "probabilities", "sequence", "zipmap");
    }

    /** As scikit-learn's classifiers come: a map for each row. */
    private static ProtoMessage classifier(boolean hasLabel) {
        var map =
                new ProtoMessage()
                        .number(1, OnnxGraphs.INT64)
                        .message(
                                2,
                                new ProtoMessage()
                                        .message(
                                                1, new ProtoMessage().number(1, OnnxGraphs.FLOAT)));
        var maps =
                new ProtoMessage()
                        .message(
                                4,
                                new ProtoMessage().message(1, new ProtoMessage().message(5, map)));
        var graph =
                new ProtoMessage()
                        .message(
                                1,
                                OnnxGraphs.node("ZipMap", "x", "probabilities")
                                        .text(7, "ai.onnx.ml")
                                        .message(5, OnnxGraphs.ints("classlabels_int64s", 0, 1)))
                        .text(2, "classifier")
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.FLOAT, "n", 2))
                        .message(12, OnnxGraphs.value("probabilities", maps));
        if (hasLabel) {
            graph.message(1, OnnxGraphs.node("Identity", "x", "label"))
                    .message(12, OnnxGraphs.value("label", OnnxGraphs.FLOAT, "n", 2));
        }
        return OnnxGraphs.model(graph);
    }

    @Test
    void refusesInputsThatNobodyCanSend() {
        assertInvalid(() -> load(OnnxModels.identity(14, 1)).close(), "complex64");
        var tensor = new ProtoMessage().message(1, new ProtoMessage().number(1, OnnxGraphs.FLOAT));
        var sequence = new ProtoMessage().message(4, new ProtoMessage().message(1, tensor));
        var length =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("SequenceLength", "x", "y"))
                        .text(2, "length")
                        .message(11, OnnxGraphs.value("x", sequence))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.INT64));
        assertInvalid(() -> load(OnnxGraphs.model(length)).close(), "'x'", "sequence");
        var rankless =
                new ProtoMessage().message(1, new ProtoMessage().number(1, OnnxGraphs.FLOAT));
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Identity", "x", "y"))
                        .text(2, "rankless")
                        .message(11, OnnxGraphs.value("x", rankless))
                        .message(12, OnnxGraphs.value("y", rankless));
        assertInvalid(() -> load(OnnxGraphs.model(graph)).close(), "'x'", "no rank");
    }

    @Test
    void saysWhyOnnxRuntimeRefusesAModel() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Nonsense", "x", "y"))
                        .text(2, "nonsense")
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.FLOAT, 1))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.FLOAT, 1));
        assertThatThrownBy(() -> load(OnnxGraphs.model(graph)).close())
                .hasMessageContaining("cannot load")
                .hasMessageContaining("Nonsense")
                .hasMessageContaining("model.onnx")
                .hasMessageNotContaining(folder.toString());
    }

    @Test
    void aFailureOfTheModelIsTheModelsAndTheNextCallIsFine() {
        var graph =
                new ProtoMessage()
                        .message(1, OnnxGraphs.node("Gather", "table,x", "y"))
                        .text(2, "lookup")
                        .message(
                                5,
                                OnnxGraphs.tensor("table", OnnxGraphs.FLOAT, 2)
                                        .bytes(9, OnnxGraphs.floats(5, 6)))
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.INT64, "n"))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.FLOAT, "n"));
        try (LoadedModel model = load(OnnxGraphs.model(graph))) {
            for (long index : new long[] {1, 1, 7, 1, -9, 0}) {
                var input =
                        new Tensor.Numeric(
                                DataType.INT64,
                                Shape.of(1),
                                MemorySegment.ofArray(new long[] {index}));
                if (index == 0 || index == 1) {
                    assertThat(numbers(call(model, input)).get(ValueLayout.JAVA_FLOAT, 0))
                            .isEqualTo(5f + index);
                } else {
                    assertThatThrownBy(() -> call(model, input))
                            .isInstanceOfSatisfying(
                                    MillraceException.class,
                                    e -> assertThat(e.code()).isEqualTo(ErrorCode.USER_CODE))
                            .hasMessageContaining("the model failed");
                }
            }
        }
    }

    @Test
    void aClosedModelRefusesInsteadOfCrashing() {
        LoadedModel model = load(OnnxModels.doubling(1));
        var input = Tensor.ofFloats(Shape.of(1, 1), new float[] {1});
        call(model, input);
        model.close();
        model.close();
        assertThatThrownBy(() -> call(model, input))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                .hasMessageContaining("closed");
    }

    @Test
    void answersManyShapesFromManyThreads() throws Exception {
        try (LoadedModel model = load(OnnxModels.doubling(5));
                var threads = Executors.newFixedThreadPool(6)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int thread = 0; thread < 6; thread++) {
                int seed = thread;
                tasks.add(() -> {
                    for (int i = 0; i < 2_000; i++) {
                        int rows = 1 + (i * 7 + seed) % 40;
                        var values = new float[rows * 5];
                        java.util.Arrays.fill(values, seed * 10_000 + i);
                        var output = call(model, Tensor.ofFloats(Shape.of(rows, 5), values));
                        float[] doubled = numbers(output).toArray(ValueLayout.JAVA_FLOAT);
                        for (int j = 0; j < values.length; j++) {
                            if (doubled[j] != 2 * values[j]) {
                                return false;
                            }
                        }
                    }
                    return true;
                });
            }
            for (var result : threads.invokeAll(tasks)) {
                assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void aSteadyCallAllocatesLittleBesideItsAnswer() {
        try (LoadedModel model = load(OnnxModels.convolution())) {
            Signature signature = model.signatures().getFirst();
            List<Tensor> inputs = List.of(Tensor.ofFloats(Shape.of(1, 1, 28, 28), new float[784]));
            for (int i = 0; i < 20_000; i++) {
                model.run(signature, inputs);
            }
            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            int calls = 1_000;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < calls; i++) {
                model.run(signature, inputs);
            }
            long each = (threads.getCurrentThreadAllocatedBytes() - before) / calls;
            assertThat(each).as("bytes per call").isBetween(40L, 40L + 1024);
        }
    }

    @Test
    void memoryComesBackAfterAThousandLoads() throws IOException {
        Path file = OnnxModels.write(folder.resolve("model.onnx"), OnnxModels.convolution());
        loadAndCall(file, 200);
        long before = residentKibibytes();
        loadAndCall(file, 1_000);
        long after = residentKibibytes();
        assertThat((double) after / before)
                .as("resident memory, %d KiB before and %d KiB after", before, after)
                .isLessThan(1.05);
    }

    @Test
    void aLargeModelGivesItsMemoryBack() throws IOException {
        Path small = OnnxModels.write(folder.resolve("small.onnx"), OnnxModels.dense());
        Path large = OnnxModels.write(folder.resolve("large.onnx"), OnnxModels.stack(10, 1_000));
        engine.load(small).close();
        try (LoadedModel stays = engine.load(small)) {
            useInTurn(large, 2);
            // The first rounds also grow the JVM itself; a model that stayed would show in each.
            long before = residentKibibytes();
            useInTurn(large, 6);
            call(stays, Tensor.ofFloats(Shape.of(1, 784), new float[784]));
            assertThat(residentKibibytes() - before)
                    .as("kibibytes kept of six models of 40,000 each")
                    .isLessThan(40 * 1024);
        }
    }

    private void useInTurn(Path large, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            long without = residentKibibytes();
            try (LoadedModel model = engine.load(large)) {
                call(model, Tensor.ofFloats(Shape.of(64, 1_000), new float[64_000]));
                assertThat(residentKibibytes() - without).isGreaterThan(10 * 1024);
            }
        }
    }

    @Test
    void callsThatGrowAndShrinkKeepWithinTheirMemory() throws IOException {
        try (LoadedModel model = load(OnnxModels.dense())) {
            callWithRows(model, 3_000);
            long before = residentKibibytes();
            for (int i = 0; i < 200; i++) {
                callWithRows(model, 2_000 + 5 * i);
            }
            assertThat(residentKibibytes() - before).as("kibibytes").isLessThan(48 * 1024);
        }
    }

    private static void callWithRows(LoadedModel model, int rows) {
        var values = new float[rows * 784];
        java.util.Arrays.fill(values, 1);
        var output = call(model, Tensor.ofFloats(Shape.of(rows, 784), values));
        assertThat(output.shape()).isEqualTo(Shape.of(rows, 10));
    }

    private void loadAndCall(Path file, int times) {
        for (int i = 0; i < times; i++) {
            try (LoadedModel model = engine.load(file)) {
                for (int rows = 1; rows <= 8; rows *= 2) {
                    var input = Tensor.ofFloats(Shape.of(rows, 1, 28, 28), new float[rows * 784]);
                    call(model, input);
                    call(model, input);
                }
            }
        }
    }

    private static long residentKibibytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void refusesALibraryThatReportsItsUse() {
        OnnxLibrary.refuseTelemetry("1.28.0", null);
        OnnxLibrary.refuseTelemetry("1.29.0", "1");
        for (String version : new String[] {"1.29.0", "1.30.1", null}) {
            for (String disabled : new String[] {null, "", "0"}) {
                assertThatThrownBy(() -> OnnxLibrary.refuseTelemetry(version, disabled))
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                        .hasMessageContaining("ORT_DISABLE_TELEMETRY=1");
            }
        }
    }

    private LoadedModel load(ProtoMessage model) {
        return engine.load(OnnxModels.write(folder.resolve("model.onnx"), model));
    }

    private static Tensor call(LoadedModel model, Tensor... inputs) {
        return model.run(model.signatures().getFirst(), List.of(inputs)).getFirst();
    }

    private static MemorySegment numbers(Tensor tensor) {
        return ((Tensor.Numeric) tensor).data();
    }

    private static Tensor strings(Shape shape, List<String> texts) {
        return new Tensor.Bytes(
                shape, texts.stream().map(t -> t.getBytes(StandardCharsets.UTF_8)).toList());
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    private static void assertInvalid(Runnable call, String... says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.text()).contains(says);
                        });
    }
}
