package io.millrace.model.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TfliteEngineTest {

    /** Kernels of two builds add in different orders. */
    private static final Offset<Float> NEAR = within(2e-6f);

    /** Activations are rounded to 8 bits on the way, by each build in its own manner. */
    private static final Offset<Float> NEAR_IN_8_BITS = within(1e-3f);

    private final TfliteEngine engine = new TfliteEngine();

    @TempDir Path folder;

    @Test
    void answersWhatTensorFlowAnswers() {
        try (LoadedModel model = load("dense")) {
            float[] outputs = floats(run(model, Shape.of(3, 16), Models.numbers("dense.input")));
            assertThat(outputs).hasSize(30).containsExactly(Models.numbers("dense.output"), NEAR);
        }
        try (LoadedModel model = load("lstm")) {
            Tensor output = run(model, Shape.of(1, 6, 1), Models.numbers("lstm.input"));
            assertThat(output.shape()).isEqualTo(Shape.of(1, 6, 1));
            assertThat(floats(output))
                    .containsExactly(Models.numbers("lstm.output"), NEAR_IN_8_BITS);
        }
    }

    @Test
    void anLstmThatSaysItCanBeBatchedFailsCleanlyAtTwoRowsAndGoesOnWithOne() {
        for (String name : List.of("lstm", "no_signatures")) {
            try (LoadedModel model = load(name)) {
                assertThat(model.signatures().getFirst().inputs().getFirst().shape())
                        .isEqualTo(Shape.of(-1, 6, 1));
                float[] one = Models.numbers("lstm.input");
                float[] before = floats(run(model, Shape.of(1, 6, 1), one));
                for (int i = 0; i < 20; i++) {
                    assertFails(
                            ErrorCode.INVALID,
                            () -> run(model, Shape.of(2, 6, 1), new float[12]),
                            "[2,6,1]",
                            "RESHAPE",
                            "failed to prepare");
                    assertThat(floats(run(model, Shape.of(1, 6, 1), one))).isEqualTo(before);
                }
            }
        }
    }

    @Test
    void aModelThatFailsWhenItRunsIsToldApartFromOneThatCannotBeShaped() {
        try (LoadedModel model = load("batch_one_only")) {
            for (int i = 0; i < 20; i++) {
                assertFails(
                        ErrorCode.USER_CODE,
                        () -> run(model, Shape.of(2, 4), new float[8]),
                        "reshape.cc:",
                        "failed to invoke");
                assertThat(floats(run(model, Shape.of(1, 4), new float[] {1, 2, 3, 4})))
                        .containsExactly(3, 6, 9, 12);
            }
        }
    }

    @Test
    void takesAFixedBatchAsItIs() {
        try (LoadedModel model = load("fixed")) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature.inputs().getFirst().shape()).isEqualTo(Shape.of(1, 4));
            assertThat(floats(run(model, Shape.of(1, 4), new float[] {1, 2, 3, 4})))
                    .containsExactly(10);
            assertInvalid(() -> run(model, Shape.of(2, 4), new float[8]), "[1,4]", "[2,4]");
        }
    }

    @Test
    void everyCallStartsFromTheSameState() {
        // y = x + 2·state + 0.5, and the state would be the y before.
        try (LoadedModel model = load("recurrent")) {
            for (int i = 0; i < 3; i++) {
                assertThat(floats(run(model, Shape.of(1, 2), new float[] {1, 2})))
                        .containsExactly(1.5f, 2.5f);
            }
        }
        // y = x + count, which each call would raise.
        try (LoadedModel model = load("stateful")) {
            for (int i = 0; i < 3; i++) {
                assertThat(floats(run(model, Shape.of(2), new float[] {1, 2})))
                        .containsExactly(2, 3);
            }
        }
    }

    @Test
    void namesSignaturesAndTensorsAsTheFileDoes() {
        try (LoadedModel model = load("two_signatures")) {
            assertThat(model.signatures())
                    .extracting(Signature::name)
                    .containsExactlyInAnyOrder("add", "scale");
            for (Signature signature : model.signatures()) {
                Tensor x = Tensor.ofFloats(Shape.of(2, 2), new float[] {1, 2, 3, 4});
                Tensor by = Tensor.ofFloats(Shape.of(), new float[] {3});
                List<Tensor> inputs =
                        signature.inputs().stream()
                                .map(spec -> spec.name().equals("x") ? x : by)
                                .toList();
                Map<String, Tensor> outputs = byName(signature, model.run(signature, inputs));
                if (signature.name().equals("add")) {
                    assertThat(floats(at(outputs, "sum"))).containsExactly(11, 12, 13, 14);
                } else {
                    assertThat(floats(at(outputs, "scaled"))).containsExactly(3, 6, 9, 12);
                    assertThat(at(outputs, "by").shape()).isEqualTo(Shape.of());
                    assertThat(floats(at(outputs, "by"))).containsExactly(3);
                }
            }
        }
        try (LoadedModel model = load("no_signatures")) {
            Signature only = model.signatures().getFirst();
            assertThat(only.name()).isEqualTo("serving_default");
            assertThat(only.inputs().getFirst().name()).isEqualTo("serving_default_lstm_input:0");
        }
    }

    @Test
    void servesAllTypesThatHaveAPlaceInMemory() {
        try (LoadedModel model = load("types")) {
            Signature signature = model.signatures().getFirst();
            List<Tensor> inputs =
                    signature.inputs().stream().map(TfliteEngineTest::someValues).toList();
            Map<String, Tensor> outputs = byName(signature, model.run(signature, inputs));
            assertThat(memory(outputs, "not").toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(0, 1, 0);
            assertThat(at(outputs, "bytes").shape()).isEqualTo(Shape.of(2, 1));
            assertThat(memory(outputs, "bytes").toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(1, (byte) 200);
            assertThat(memory(outputs, "shorts").toArray(ValueLayout.JAVA_SHORT))
                    .containsExactly((short) -1, (short) 2, (short) -3, (short) 4);
            assertThat(at(outputs, "shorts").shape()).isEqualTo(Shape.of(2, 2));
            assertThat(memory(outputs, "square").toArray(ValueLayout.JAVA_LONG))
                    .containsExactly(9L, 1L << 40);
            assertThat(memory(outputs, "doubles").toArray(ValueLayout.JAVA_DOUBLE))
                    .containsExactly(6.0);
            assertThat(at(outputs, "half").type()).isEqualTo(DataType.FP16);
            assertThat(Float.float16ToFloat(memory(outputs, "half").get(ValueLayout.JAVA_SHORT, 0)))
                    .isEqualTo(3f);
        }
    }

    private static Tensor someValues(TensorSpec spec) {
        return switch (spec.name()) {
            case "flags" -> numeric(spec, Shape.of(3), MemorySegment.ofArray(new byte[] {1, 0, 1}));
            case "bytes" ->
                    numeric(spec, Shape.of(2), MemorySegment.ofArray(new byte[] {1, (byte) 200}));
            case "shorts" ->
                    numeric(
                            spec,
                            Shape.of(2, 2),
                            MemorySegment.ofArray(new short[] {-1, 2, -3, 4}));
            case "numbers" ->
                    numeric(spec, Shape.of(2), MemorySegment.ofArray(new long[] {3, 1 << 20}));
            default -> numeric(spec, Shape.of(1), MemorySegment.ofArray(new double[] {3.9}));
        };
    }

    @Test
    void servesStrings() {
        try (LoadedModel model = load("strings")) {
            Signature signature = model.signatures().getFirst();
            for (List<String> words :
                    List.of(
                            List.of("zwei"),
                            List.of("drei", "", "ä", "vier", "eins"),
                            List.of("x".repeat(100_000), "zwei"))) {
                var input =
                        new Tensor.Bytes(
                                Shape.of(words.size()),
                                words.stream()
                                        .map(word -> word.getBytes(StandardCharsets.UTF_8))
                                        .toList());
                Map<String, Tensor> outputs =
                        byName(signature, model.run(signature, List.of(input)));
                var known = Map.of("eins", 1L, "zwei", 2L, "drei", 3L, "ä", 4L);
                assertThat(memory(outputs, "number").toArray(ValueLayout.JAVA_LONG))
                        .containsExactly(
                                words.stream()
                                        .mapToLong(word -> known.getOrDefault(word, -1L))
                                        .toArray());
                assertThat(((Tensor.Bytes) at(outputs, "first")).values())
                        .extracting(value -> new String(value, StandardCharsets.UTF_8))
                        .containsExactlyElementsOf(words);
            }
        }
    }

    @Test
    void passesQuantisedNumbersAsTheFileStoresThem() {
        try (LoadedModel model = load("quantised")) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature.inputs().getFirst().type()).isEqualTo(DataType.INT8);
            float[] numbers = Models.numbers("quantised.input");
            var input = new byte[numbers.length];
            for (int i = 0; i < input.length; i++) {
                input[i] = (byte) numbers[i];
            }
            Tensor output =
                    model.run(
                                    signature,
                                    List.of(
                                            numeric(
                                                    signature.inputs().getFirst(),
                                                    Shape.of(2, 8),
                                                    MemorySegment.ofArray(input))))
                            .getFirst();
            byte[] found = ((Tensor.Numeric) output).data().toArray(ValueLayout.JAVA_BYTE);
            float[] expected = Models.numbers("quantised.output");
            for (int i = 0; i < found.length; i++) {
                assertThat((float) found[i]).isCloseTo(expected[i], within(1f));
            }
        }
    }

    @Test
    void refusesOperatorsThatItDoesNotHave() {
        assertInvalid(
                () -> load("flex").close(), "TensorFlow ops", "FlexMatrixInverse", "BUILTINS only");
        assertInvalid(() -> load("custom").close(), "custom operators", "AcmeDouble");
    }

    @Test
    void checksEveryCallAgain() {
        try (LoadedModel model = load("doubling")) {
            Signature signature = model.signatures().getFirst();
            assertInvalid(() -> run(model, Shape.of(3), new float[3]), "[-1,3]", "[3]");
            assertInvalid(() -> run(model, Shape.of(1, 4), new float[4]), "[-1,3]", "[1,4]");
            assertInvalid(() -> run(model, Shape.of(0, 3), new float[0]), "holds nothing");
            assertInvalid(() -> model.run(signature, List.of()), "takes 1 inputs, got 0");
            var doubles = MemorySegment.ofArray(new double[3]);
            assertInvalid(
                    () ->
                            model.run(
                                    signature,
                                    List.of(
                                            new Tensor.Numeric(
                                                    DataType.FP64, Shape.of(1, 3), doubles))),
                    "float32",
                    "float64");
        }
    }

    @Test
    void refusesCallsAfterItWasClosed() {
        LoadedModel model = load("doubling");
        run(model, Shape.of(1, 3), new float[3]);
        model.close();
        model.close();
        assertFails(
                ErrorCode.UNAVAILABLE,
                () -> run(model, Shape.of(1, 3), new float[3]),
                "has been closed");
    }

    @Test
    void findsTheFileFlatNestedOrUploadedAsItIs() throws IOException {
        Path nested = Models.write(folder.resolve("a/b"), "fixed");
        Files.writeString(folder.resolve("README.md"), "how to");
        Files.createDirectories(folder.resolve("__MACOSX/a"));
        Files.writeString(folder.resolve("__MACOSX/a/._fixed.tflite"), "");
        assertThat(engine.locate(folder)).isEqualTo(nested);
        assertThat(engine.locate(nested)).isEqualTo(nested);
        Path upload = Files.createDirectories(folder.resolve("raw"));
        Path raw = upload.resolve("model");
        Files.write(raw, Models.bytes("fixed"));
        assertThat(engine.locate(upload)).isEqualTo(raw);
    }

    @Test
    void refusesFoldersWithoutOneModelAndSaysWhatItFound() throws IOException {
        assertInvalid(() -> engine.locate(folder), "no file at all");
        Files.writeString(folder.resolve("saved_model.pb"), "not mine");
        assertInvalid(() -> engine.locate(folder), "*.tflite", "saved_model.pb");
        Models.write(folder, "fixed");
        Models.write(folder, "dense");
        assertInvalid(() -> engine.locate(folder), "found 2", "dense.tflite, fixed.tflite");
    }

    private LoadedModel load(String name) {
        return engine.load(Models.write(folder, name));
    }

    private static Tensor run(LoadedModel model, Shape shape, float[] values) {
        return model.run(model.signatures().getFirst(), List.of(Tensor.ofFloats(shape, values)))
                .getFirst();
    }

    private static Tensor numeric(TensorSpec spec, Shape shape, MemorySegment data) {
        return new Tensor.Numeric(spec.type(), shape, data);
    }

    private static Map<String, Tensor> byName(Signature signature, List<Tensor> outputs) {
        var named = new HashMap<String, Tensor>();
        for (int i = 0; i < outputs.size(); i++) {
            named.put(signature.outputs().get(i).name(), outputs.get(i));
        }
        return named;
    }

    private static Tensor at(Map<String, Tensor> outputs, String name) {
        return java.util.Objects.requireNonNull(outputs.get(name), name);
    }

    private static MemorySegment memory(Map<String, Tensor> outputs, String name) {
        return ((Tensor.Numeric) at(outputs, name)).data();
    }

    private static float[] floats(Tensor tensor) {
        return ((Tensor.Numeric) tensor).data().toArray(ValueLayout.JAVA_FLOAT);
    }

    private static void assertInvalid(Runnable call, String... says) {
        assertFails(ErrorCode.INVALID, call, says);
    }

    private static void assertFails(ErrorCode code, Runnable call, String... says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            assertThat(e.text()).contains(says);
                        });
    }
}
