package io.millrace.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.SavedModel;

@Timeout(120)
class TensorFlowEngineTest {

    private final TensorFlowEngine engine = new TensorFlowEngine();

    @TempDir Path folder;

    @Test
    void wrongRankShapeOrTypeNeverReachesTensorFlow() {
        SavedModels.convolution(folder);
        try (LoadedModel model = engine.load(engine.locate(folder))) {
            Signature signature = model.signatures().getFirst();
            for (Shape wrong :
                    List.of(
                            Shape.of(1, 27, 28, 1),
                            Shape.of(1, 28, 28),
                            Shape.of(28, 28, 1),
                            Shape.of(784),
                            Shape.of(),
                            Shape.of(1, 1, 28, 28, 1))) {
                var values = new float[(int) wrong.elements()];
                assertInvalid(
                        () -> model.run(signature, List.of(Tensor.ofFloats(wrong, values))),
                        "image",
                        "[-1,28,28,1]",
                        wrong.toString());
            }
            var doubles = MemorySegment.ofArray(new double[784]);
            assertInvalid(
                    () ->
                            model.run(
                                    signature,
                                    List.of(
                                            new Tensor.Numeric(
                                                    DataType.FP64,
                                                    Shape.of(1, 28, 28, 1),
                                                    doubles))),
                    "float32",
                    "float64");
            assertInvalid(() -> model.run(signature, List.of()), "takes 1 inputs, got 0");
            assertInvalid(
                    () ->
                            model.run(
                                    signature,
                                    List.of(Tensor.ofFloats(Shape.of(0, 28, 28, 1), new float[0]))),
                    "holds nothing");
            var right = Tensor.ofFloats(Shape.of(1, 28, 28, 1), new float[784]);
            assertThat(model.run(signature, List.of(right)).getFirst().shape())
                    .isEqualTo(Shape.of(1, 8));
        }
    }

    @Test
    void servesSeveralInputsOfSeveralTypesUnderAnySignatureName() {
        SavedModels.mixed(folder);
        try (LoadedModel model = engine.load(engine.locate(folder))) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature.name()).isEqualTo("mixed");
            assertThat(signature.inputs())
                    .extracting(TensorSpec::name)
                    .containsExactlyInAnyOrder("a", "n", "s");
            var inputs = signature.inputs().stream().map(TensorFlowEngineTest::twoRows).toList();
            List<Tensor> outputs = model.run(signature, inputs);
            for (int i = 0; i < outputs.size(); i++) {
                switch (signature.outputs().get(i).name()) {
                    case "sum" -> assertThat(floatAt(outputs.get(i), 3)).isEqualTo(5f);
                    case "square" -> assertThat(longAt(outputs.get(i), 1)).isEqualTo(1L << 60);
                    case "text" ->
                            assertThat(((Tensor.Bytes) outputs.get(i)).values().get(1))
                                    .asString(StandardCharsets.UTF_8)
                                    .isEqualTo("zwei");
                    default -> throw new AssertionError(signature.outputs().get(i).name());
                }
            }
        }
    }

    private static Tensor twoRows(TensorSpec spec) {
        return switch (spec.type()) {
            case FP32 -> Tensor.ofFloats(Shape.of(2, 2), new float[] {1, 2, 3, 4});
            case INT64 ->
                    new Tensor.Numeric(
                            DataType.INT64,
                            Shape.of(2),
                            MemorySegment.ofArray(new long[] {3, 1L << 30}));
            default ->
                    new Tensor.Bytes(
                            Shape.of(2),
                            List.of(
                                    "EINS".getBytes(StandardCharsets.UTF_8),
                                    "ZWEI".getBytes(StandardCharsets.UTF_8)));
        };
    }

    private static float floatAt(Tensor tensor, int index) {
        return ((Tensor.Numeric) tensor).data().getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    private static long longAt(Tensor tensor, int index) {
        return ((Tensor.Numeric) tensor).data().getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    @Test
    void refusesAGraphThatReadsFiles() {
        SavedModels.reader(folder);
        assertInvalid(
                () -> engine.load(engine.locate(folder)).close(),
                "ReadFile",
                "could reach outside");
    }

    @Test
    void fillsATableFromTheModelsOwnVocabulary() throws IOException {
        SavedModels.vocabulary(folder, "eins", "zwei", "drei");
        try (LoadedModel model = engine.load(engine.locate(folder))) {
            var words =
                    new Tensor.Bytes(
                            Shape.of(3),
                            List.of(
                                    "drei".getBytes(StandardCharsets.UTF_8),
                                    "vier".getBytes(StandardCharsets.UTF_8),
                                    "eins".getBytes(StandardCharsets.UTF_8)));
            Tensor numbers = model.run(model.signatures().getFirst(), List.of(words)).getFirst();
            assertThat(((Tensor.Numeric) numbers).data().toArray(ValueLayout.JAVA_LONG))
                    .containsExactly(2, -1, 0);
        }
        Path file = folder.resolve(SavedModelFolder.GRAPH_FILE);
        var changed = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
        var twice = changed.build().toBuilder();
        twice.getMetaGraphsBuilder(0).addAssetFileDef(twice.getMetaGraphs(0).getAssetFileDef(0));
        Files.write(file, twice.build().toByteArray());
        assertInvalid(() -> engine.load(folder).close(), "cannot load", "fed more than once");
        changed.getMetaGraphsBuilder(0).clearAssetFileDef();
        Files.write(file, changed.build().toByteArray());
        assertInvalid(
                () -> engine.load(engine.locate(folder)).close(),
                "InitializeTableFromTextFile",
                "node 'fill'",
                "none of the model's assets");
    }

    @Test
    void refusesAssetsThatLeadOutOfTheModel() throws IOException {
        SavedModels.doubling(folder, 2);
        Path file = folder.resolve(SavedModelFolder.GRAPH_FILE);
        SavedModel good = SavedModel.parseFrom(Files.readAllBytes(file));
        for (String name :
                List.of("../../../../etc/passwd", "/etc/passwd", "a/../../b", "", ".", "a//b")) {
            Files.write(file, withAsset(good, name).toByteArray());
            assertInvalid(() -> engine.load(engine.locate(folder)).close(), "asset", "leads out");
        }
        Files.write(file, withAsset(good, "words/vocabulary.txt").toByteArray());
        engine.load(engine.locate(folder)).close();
    }

    private static SavedModel withAsset(SavedModel good, String name) {
        var changed = good.toBuilder();
        changed.getMetaGraphsBuilder(0).addAssetFileDefBuilder().setFilename(name);
        return changed.build();
    }

    @Test
    void findsTheModelFlatOrNestedAndIgnoresWhatMacsAdd() throws IOException {
        Path nested = folder.resolve("fashion/export/1");
        SavedModels.doubling(nested, 2);
        Path mac = Files.createDirectories(folder.resolve("__MACOSX/fashion"));
        Files.write(mac.resolve("saved_model.pb"), new byte[] {1});
        Files.write(nested.resolve("fingerprint.pb"), new byte[] {1});
        Files.write(nested.resolve("keras_metadata.pb"), new byte[] {1});
        assertThat(engine.locate(folder)).isEqualTo(nested);
        assertThat(engine.locate(nested)).isEqualTo(nested);
        engine.load(nested).close();
    }

    @Test
    void refusesSeveralModelsAndSaysWhatItFound() throws IOException {
        SavedModels.doubling(folder.resolve("a"), 2);
        SavedModels.doubling(folder.resolve("b"), 2);
        assertInvalid(() -> engine.locate(folder), "found 2", "a, b");
        Path keras = Files.createDirectories(folder.resolve("c"));
        Files.write(keras.resolve("model.keras"), new byte[] {1});
        assertInvalid(() -> engine.locate(keras), "saved_model.pb", "model.keras");
    }

    @Test
    void refusesDamagedGraphsAndMissingVariables() throws IOException {
        SavedModels.doubling(folder, 2);
        Path graph = folder.resolve("saved_model.pb");
        byte[] good = Files.readAllBytes(graph);
        Files.write(graph, java.util.Arrays.copyOf(good, good.length / 2));
        assertInvalid(() -> engine.load(folder).close(), "damaged");
        Files.write(graph, "not a graph".getBytes(StandardCharsets.UTF_8));
        assertInvalid(() -> engine.load(folder).close(), "damaged");
        Files.write(graph, new byte[0]);
        assertInvalid(() -> engine.load(folder).close(), "serve");
    }

    @Test
    void refusesASignatureThatNamesNothingInTheGraph() throws IOException {
        SavedModels.doubling(folder, 2);
        Path graph = folder.resolve("saved_model.pb");
        var changed = SavedModel.parseFrom(Files.readAllBytes(graph)).toBuilder();
        var metaGraph = changed.getMetaGraphsBuilder(0);
        var signature = metaGraph.getSignatureDefOrThrow("serving_default").toBuilder();
        signature.putOutputs(
                "y", signature.getOutputsOrThrow("y").toBuilder().setName("nowhere:0").build());
        metaGraph.putSignatureDef("serving_default", signature.build());
        Files.write(graph, changed.build().toByteArray());
        assertInvalid(() -> engine.load(folder).close(), "nowhere");
    }

    @Test
    void memoryDoesNotGrowOverLoadsAndCalls() throws IOException {
        SavedModels.convolution(folder);
        loadAndCall(40);
        long before = residentKibibytes();
        loadAndCall(60);
        long grown = residentKibibytes() - before;
        assertThat(grown).as("kibibytes after 60 loads of 200 calls").isLessThan(16 * 1024);
    }

    @Test
    @Timeout(300)
    void memoryComesBackOverAThousandLoads() throws IOException {
        SavedModels.doubling(folder, 4);
        var row = Tensor.ofFloats(Shape.of(1, 4), new float[4]);
        loadAndUnload(100, row);
        long before = residentKibibytes();
        loadAndUnload(1_000, row);
        assertThat(residentKibibytes())
                .as("kibibytes after 1,000 loads, %d before", before)
                .isLessThan(before + before / 20);
    }

    private void loadAndUnload(int times, Tensor input) {
        for (int i = 0; i < times; i++) {
            try (LoadedModel model = engine.load(folder)) {
                model.run(model.signatures().getFirst(), List.of(input));
            }
        }
    }

    private void loadAndCall(int times) {
        for (int i = 0; i < times; i++) {
            try (LoadedModel model = engine.load(folder)) {
                Signature signature = model.signatures().getFirst();
                var input = Tensor.ofFloats(Shape.of(8, 28, 28, 1), new float[8 * 784]);
                for (int call = 0; call < 200; call++) {
                    model.run(signature, List.of(input));
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
