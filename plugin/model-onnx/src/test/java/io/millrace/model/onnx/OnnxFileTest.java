package io.millrace.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import io.millrace.testkit.OnnxGraphs;
import io.millrace.testkit.ProtoMessage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found and refused before ONNX Runtime sees a file. */
@Timeout(60)
class OnnxFileTest {

    private static final int MUTATIONS = 400;

    private final OnnxEngine engine = new OnnxEngine();

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "mnist/model.onnx", "1/model.onnx", "a/b/Net.ONNX"})
    void findsTheModelAtTheRootOrInAFolder(String place) throws IOException {
        Path file = OnnxModels.write(folder.resolve(place), OnnxModels.doubling(2));
        Files.writeString(folder.resolve("config.pbtxt"), "platform: \"onnxruntime_onnx\"");
        Path mac = Files.createDirectories(folder.resolve("__MACOSX"));
        Files.write(mac.resolve("model.onnx"), new byte[] {1});
        Files.write(folder.resolve("._model.onnx"), new byte[] {1});
        assertThat(engine.locate(folder)).isEqualTo(file);
        assertThat(engine.locate(file)).isEqualTo(file);
        engine.load(file).close();
    }

    @Test
    void takesAFileThatWasNeverInAnArchive() {
        Path file = OnnxModels.write(folder.resolve("content"), OnnxModels.doubling(1));
        try (LoadedModel model = engine.load(engine.locate(file))) {
            assertThat(doubled(model, 4)).isEqualTo(8);
        }
    }

    @Test
    void saysWhatItFoundInsteadOfOneModel() throws IOException {
        assertInvalid(() -> engine.locate(folder), "no file at all");
        Files.write(folder.resolve("saved_model.pb"), new byte[] {1});
        assertInvalid(() -> engine.locate(folder), ".onnx", "saved_model.pb");
        OnnxModels.write(folder.resolve("a/x.onnx"), OnnxModels.doubling(1));
        OnnxModels.write(folder.resolve("b/y.onnx"), OnnxModels.doubling(1));
        assertInvalid(() -> engine.locate(folder), "found 2", "a/x.onnx, b/y.onnx");
    }

    @Test
    void refusesWhatIsNoWholeModel() {
        byte[] good = OnnxModels.doubling(2).toBytes();
        assertRefused(new byte[0], "empty");
        assertRefused("PK\3\4 a zip perhaps".getBytes(StandardCharsets.UTF_8), "damaged");
        assertRefused("<html>not found</html>".getBytes(StandardCharsets.UTF_8), "damaged");
        assertRefused(Arrays.copyOf(good, good.length / 2), "damaged");
        assertRefused(new ProtoMessage().number(1, 8).toBytes(), "no graph");
        assertRefused(
                OnnxGraphs.model(new ProtoMessage().text(2, "empty")).toBytes(),
                "no output",
                "export");
        assertRefused(
                new ProtoMessage()
                        .message(7, new ProtoMessage().message(12, OnnxGraphs.value("y", 1)))
                        .toBytes(),
                "operator set");
    }

    @Test
    void refusesEveryTruncation() {
        byte[] good = OnnxModels.doubling(2).toBytes();
        for (int length = 0; length < good.length; length++) {
            byte[] shorter = Arrays.copyOf(good, length);
            Path file = OnnxModels.write(folder.resolve("model.onnx"), shorter);
            try {
                OnnxFile.read(file);
                // Whole fields may be missing at the end: the operator sets of other domains.
                assertThat(length).isGreaterThan(good.length - 30);
            } catch (MillraceException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void anyMutationIsReadOrRefused(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<byte[]> models =
                List.of(
                        OnnxModels.doubling(2).toBytes(),
                        OnnxModels.convolution().toBytes(),
                        withExternal("weights.bin", OnnxFileTest::inLoop).toBytes(),
                        withExternal("weights.bin", OnnxFileTest::inSparse).toBytes());
        OnnxModels.write(folder.resolve("weights.bin"), OnnxGraphs.floats(2));
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = mutate(models.get(i % models.size()), random);
            Path file = OnnxModels.write(folder.resolve("model.onnx"), mutated);
            try {
                OnnxFile.read(engine.locate(folder));
            } catch (MillraceException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                assertThat(e.text()).hasSizeBetween(10, 1500);
                refused++;
            }
            assertThat(file).isRegularFile();
        }
        assertThat(refused).isBetween(MUTATIONS / 20, MUTATIONS);
    }

    /** Bits, bytes, lengths that lie, pieces cut out and doubled. */
    private static byte[] mutate(byte[] good, RandomGenerator random) {
        byte[] bytes = good.clone();
        // Headers and names are at the ends; the weights in the middle matter less.
        int near = Math.min(bytes.length, 200);
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(near);
            int place = random.nextBoolean() ? at : bytes.length - 1 - at;
            switch (random.nextInt(4)) {
                case 0 -> bytes[place] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[place] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, place, Math.min(place + 9, bytes.length), (byte) -1);
                default -> bytes = moved(bytes, place, random);
            }
            near = Math.min(bytes.length, 200);
        }
        return bytes;
    }

    private static byte[] moved(byte[] bytes, int at, RandomGenerator random) {
        int count = Math.min(1 + random.nextInt(16), bytes.length - at);
        byte[] head = Arrays.copyOf(bytes, at + (random.nextBoolean() ? count : 0));
        byte[] tail =
                Arrays.copyOfRange(bytes, at + (random.nextBoolean() ? 0 : count), bytes.length);
        byte[] joined = Arrays.copyOf(head, Math.max(1, head.length + tail.length));
        System.arraycopy(tail, 0, joined, head.length, tail.length);
        return joined;
    }

    @Test
    void messagesNestedWithoutEndAreRefused() {
        var graph = new ProtoMessage().text(2, "deep");
        for (int depth = 0; depth < 5_000; depth++) {
            var attribute = new ProtoMessage().text(1, "body").message(6, graph);
            graph =
                    new ProtoMessage()
                            .message(1, new ProtoMessage().text(4, "If").message(5, attribute));
        }
        assertRefused(OnnxGraphs.model(graph).toBytes(), "nested deeper");
    }

    @Test
    void weightsBesideTheModelAreFine() {
        for (String location : List.of("weights.bin", "data/weights.bin", "./weights.bin")) {
            Path file = folder.resolve("model.onnx");
            OnnxModels.write(folder.resolve(location), OnnxGraphs.floats(9, 3));
            OnnxModels.write(
                    file,
                    doublingBy(
                            OnnxModels.external(
                                    "two",
                                    OnnxGraphs.FLOAT,
                                    location,
                                    OnnxModels.entry("offset", "4"),
                                    OnnxModels.entry("length", "4"))));
            try (LoadedModel model = engine.load(engine.locate(folder))) {
                assertThat(doubled(model, 4)).isEqualTo(12);
            }
        }
    }

    @Test
    void weightsOutsideOfTheModelAreRefusedWhereverTheyStand() throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model"));
        OnnxModels.write(folder.resolve("outside.bin"), OnnxGraphs.floats(2));
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("outside.bin"));
        Files.createSymbolicLink(inner.resolve("up"), folder);
        // ONNX Runtime takes such a location for memory, and the offset for its address.
        OnnxModels.write(inner.resolve("*/_ORT_MEM_ADDR_/*"), OnnxGraphs.floats(2));
        List<Function<ProtoMessage, ProtoMessage>> places =
                List.of(
                        OnnxFileTest::doublingBy,
                        OnnxFileTest::inConstant,
                        OnnxFileTest::inTensors,
                        OnnxFileTest::inSparse,
                        OnnxFileTest::inSparseAttribute,
                        OnnxFileTest::inLoop,
                        OnnxFileTest::inFunction,
                        OnnxFileTest::inTraining);
        for (Function<ProtoMessage, ProtoMessage> place : places) {
            for (String location :
                    List.of(
                            "../outside.bin",
                            "sub/../../outside.bin",
                            "/etc/hostname",
                            folder.resolve("outside.bin").toString(),
                            "link.bin",
                            "up/outside.bin",
                            "*/_ORT_MEM_ADDR_/*",
                            "a\0b")) {
                OnnxModels.write(inner.resolve("model.onnx"), withExternal(location, place));
                assertInvalid(() -> engine.load(engine.locate(inner)).close(), "'w'", "leads out");
            }
            for (String location : List.of("absent.bin", "", ".", "link.bin/x")) {
                OnnxModels.write(inner.resolve("model.onnx"), withExternal(location, place));
                assertInvalid(() -> engine.load(engine.locate(inner)).close(), "'w'");
            }
            OnnxModels.write(inner.resolve("inside.bin"), OnnxGraphs.floats(2));
            OnnxModels.write(inner.resolve("model.onnx"), withExternal("inside.bin", place));
            assertThat(OnnxFile.read(engine.locate(inner))).isNotNull();
        }
    }

    @Test
    void aFileUploadedAloneHasNoWeightsBesideIt() {
        OnnxModels.write(folder.resolve("weights.bin"), OnnxGraphs.floats(2));
        Path file =
                OnnxModels.write(
                        folder.resolve("content"),
                        withExternal("weights.bin", OnnxFileTest::doublingBy));
        assertInvalid(() -> engine.load(engine.locate(file)).close(), "'w'", "zip");
    }

    @Test
    void weightsThatTheirFileDoesNotHoldAreRefused() {
        OnnxModels.write(folder.resolve("weights.bin"), OnnxGraphs.floats(2));
        String[][] wrong = {
            {"offset", "4"},
            {"offset", "-1"},
            {"offset", "99999999999999999999"},
            {"offset", "0x0"},
            {"length", "5"},
            {"length", "9223372036854775807"},
            {"length", ""},
            {"location", "weights.bin"}
        };
        for (String[] entry : wrong) {
            var tensor =
                    OnnxModels.external(
                            "w",
                            OnnxGraphs.FLOAT,
                            "weights.bin",
                            OnnxModels.entry(entry[0], entry[1]));
            assertRefused(doublingBy(tensor).toBytes(), "");
        }
        var large =
                OnnxGraphs.tensor("w", OnnxGraphs.FLOAT, 1L << 31, 1L << 31)
                        .number(14, 1)
                        .message(13, OnnxModels.entry("location", "weights.bin"));
        assertRefused(doublingBy(large).toBytes(), "'w'");
        // Whoever reads 32 bits sees 1, which is EXTERNAL.
        var hidden =
                OnnxGraphs.tensor("w", OnnxGraphs.FLOAT, 1)
                        .number(14, (1L << 32) + 1)
                        .message(13, OnnxModels.entry("location", "/etc/hostname"));
        assertRefused(doublingBy(hidden).toBytes(), "'w'", "leads out");
    }

    @Test
    void whatOtherReadersMergeIsRefused() {
        var half = new ProtoMessage().message(12, OnnxGraphs.value("y", 1));
        assertRefused(OnnxGraphs.model(half).message(7, half).toBytes(), "graph", "twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"my.company", "ai.onnx.contrib", "com.microsoft.extensions"})
    void operationsOfCustomLibrariesAreRefused(String domain) {
        var node = OnnxGraphs.node("Fold", "x", "y").text(7, domain);
        assertRefused(
                OnnxGraphs.model(graph(node)).message(8, OnnxGraphs.operators(domain, 1)).toBytes(),
                "'Fold'",
                "'" + domain + "'",
                "custom operator library, which is not loaded");
    }

    @Test
    void operationsThatTheModelDefinesItselfAreFine() {
        var node = OnnxGraphs.node("Twice", "x", "y").text(7, "my.functions");
        var function =
                new ProtoMessage()
                        .text(1, "Twice")
                        .text(4, "a")
                        .text(5, "b")
                        .message(7, OnnxGraphs.node("Add", "a,a", "b"))
                        .message(9, OnnxGraphs.operators("", 17))
                        .text(10, "my.functions");
        var domain = OnnxGraphs.operators("my.functions", 1);
        var model = OnnxGraphs.model(graph(node)).message(8, domain).message(25, function);
        OnnxModels.write(folder.resolve("model.onnx"), model);
        try (LoadedModel loaded = engine.load(engine.locate(folder))) {
            assertThat(doubled(loaded, 4)).isEqualTo(8);
        }
    }

    @Test
    void operationsOfMicrosoftAreFine() {
        var node = OnnxGraphs.node("Gelu", "x", "y").text(7, "com.microsoft");
        var model =
                OnnxGraphs.model(graph(node)).message(8, OnnxGraphs.operators("com.microsoft", 1));
        OnnxModels.write(folder.resolve("model.onnx"), model);
        engine.load(engine.locate(folder)).close();
    }

    private static ProtoMessage withExternal(
            String location, Function<ProtoMessage, ProtoMessage> place) {
        return place.apply(OnnxModels.external("w", OnnxGraphs.FLOAT, location));
    }

    private static ProtoMessage graph(ProtoMessage... nodes) {
        var graph =
                new ProtoMessage()
                        .text(2, "graph")
                        .message(11, OnnxGraphs.value("x", OnnxGraphs.FLOAT, "n", 1))
                        .message(12, OnnxGraphs.value("y", OnnxGraphs.FLOAT, "n", 1));
        for (ProtoMessage node : nodes) {
            graph.message(1, node);
        }
        return graph;
    }

    private static ProtoMessage doublingBy(ProtoMessage tensor) {
        return OnnxGraphs.model(graph(OnnxGraphs.node("Mul", "x,two", "y")).message(5, tensor));
    }

    private static ProtoMessage constant(ProtoMessage attribute) {
        return OnnxGraphs.node("Constant", "", "c").message(5, attribute);
    }

    private static ProtoMessage inConstant(ProtoMessage tensor) {
        return OnnxGraphs.model(
                graph(
                        constant(
                                new ProtoMessage()
                                        .text(1, "value")
                                        .message(5, tensor)
                                        .number(20, 4))));
    }

    private static ProtoMessage inTensors(ProtoMessage tensor) {
        return OnnxGraphs.model(
                graph(constant(new ProtoMessage().text(1, "v").message(10, tensor))));
    }

    private static ProtoMessage inSparse(ProtoMessage tensor) {
        return OnnxGraphs.model(graph().message(15, new ProtoMessage().message(2, tensor)));
    }

    private static ProtoMessage inSparseAttribute(ProtoMessage tensor) {
        var sparse = new ProtoMessage().message(1, tensor);
        var attributes = new ProtoMessage().text(1, "v").message(22, sparse).message(23, sparse);
        return OnnxGraphs.model(graph(constant(attributes)));
    }

    /** Two graphs deep, as the body of a loop within a branch. */
    private static ProtoMessage inLoop(ProtoMessage tensor) {
        var body = new ProtoMessage().text(1, "body").message(6, graph().message(5, tensor));
        var loop = OnnxGraphs.node("Loop", "x", "y").message(5, body);
        var branch = new ProtoMessage().text(1, "then_branch").message(11, graph(loop));
        return OnnxGraphs.model(graph(OnnxGraphs.node("If", "x", "y").message(5, branch)));
    }

    private static ProtoMessage inFunction(ProtoMessage tensor) {
        var node = constant(new ProtoMessage().text(1, "value").message(5, tensor).number(20, 4));
        return OnnxGraphs.model(graph())
                .message(25, new ProtoMessage().text(1, "f").message(7, node));
    }

    private static ProtoMessage inTraining(ProtoMessage tensor) {
        var training = new ProtoMessage().message(2, graph().message(5, tensor));
        return OnnxGraphs.model(graph()).message(20, training);
    }

    private static float doubled(LoadedModel model, float value) {
        var input = Tensor.ofFloats(Shape.of(1, 1), new float[] {value});
        var outputs = new ArrayList<>(model.run(model.signatures().getFirst(), List.of(input)));
        return ((Tensor.Numeric) outputs.getFirst()).data().get(ValueLayout.JAVA_FLOAT, 0);
    }

    private void assertRefused(byte[] model, String... says) {
        OnnxModels.write(folder.resolve("model.onnx"), model);
        assertInvalid(() -> engine.load(engine.locate(folder)).close(), says);
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
