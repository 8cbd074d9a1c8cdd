package io.millrace.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
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
        assertRefused(new Message().number(1, 8).toBytes(), "no graph");
        assertRefused(
                OnnxModels.model(new Message().text(2, "empty")).toBytes(), "no output", "export");
        assertRefused(
                new Message()
                        .message(7, new Message().message(12, OnnxModels.value("y", 1)))
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
        OnnxModels.write(folder.resolve("weights.bin"), OnnxModels.floats(2));
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
        var graph = new Message().text(2, "deep");
        for (int depth = 0; depth < 5_000; depth++) {
            var attribute = new Message().text(1, "body").message(6, graph);
            graph = new Message().message(1, new Message().text(4, "If").message(5, attribute));
        }
        assertRefused(OnnxModels.model(graph).toBytes(), "nested deeper");
    }

    @Test
    void weightsBesideTheModelAreFine() {
        for (String location : List.of("weights.bin", "data/weights.bin", "./weights.bin")) {
            Path file = folder.resolve("model.onnx");
            OnnxModels.write(folder.resolve(location), OnnxModels.floats(9, 3));
            OnnxModels.write(
                    file,
                    doublingBy(
                            OnnxModels.external(
                                    "two",
                                    OnnxModels.FLOAT,
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
        OnnxModels.write(folder.resolve("outside.bin"), OnnxModels.floats(2));
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("outside.bin"));
        Files.createSymbolicLink(inner.resolve("up"), folder);
        // ONNX Runtime takes such a location for memory, and the offset for its address.
        OnnxModels.write(inner.resolve("*/_ORT_MEM_ADDR_/*"), OnnxModels.floats(2));
        List<Function<Message, Message>> places =
                List.of(
                        OnnxFileTest::doublingBy,
                        OnnxFileTest::inConstant,
                        OnnxFileTest::inTensors,
                        OnnxFileTest::inSparse,
                        OnnxFileTest::inSparseAttribute,
                        OnnxFileTest::inLoop,
                        OnnxFileTest::inFunction,
                        OnnxFileTest::inTraining);
        for (Function<Message, Message> place : places) {
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
            OnnxModels.write(inner.resolve("inside.bin"), OnnxModels.floats(2));
            OnnxModels.write(inner.resolve("model.onnx"), withExternal("inside.bin", place));
            assertThat(OnnxFile.read(engine.locate(inner))).isNotNull();
        }
    }

    @Test
    void aFileUploadedAloneHasNoWeightsBesideIt() {
        OnnxModels.write(folder.resolve("weights.bin"), OnnxModels.floats(2));
        Path file =
                OnnxModels.write(
                        folder.resolve("content"),
                        withExternal("weights.bin", OnnxFileTest::doublingBy));
        assertInvalid(() -> engine.load(engine.locate(file)).close(), "'w'", "zip");
    }

    @Test
    void weightsThatTheirFileDoesNotHoldAreRefused() {
        OnnxModels.write(folder.resolve("weights.bin"), OnnxModels.floats(2));
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
                            OnnxModels.FLOAT,
                            "weights.bin",
                            OnnxModels.entry(entry[0], entry[1]));
            assertRefused(doublingBy(tensor).toBytes(), "");
        }
        var large =
                OnnxModels.tensor("w", OnnxModels.FLOAT, 1L << 31, 1L << 31)
                        .number(14, 1)
                        .message(13, OnnxModels.entry("location", "weights.bin"));
        assertRefused(doublingBy(large).toBytes(), "'w'");
        // Whoever reads 32 bits sees 1, which is EXTERNAL.
        var hidden =
                OnnxModels.tensor("w", OnnxModels.FLOAT, 1)
                        .number(14, (1L << 32) + 1)
                        .message(13, OnnxModels.entry("location", "/etc/hostname"));
        assertRefused(doublingBy(hidden).toBytes(), "'w'", "leads out");
    }

    @Test
    void whatOtherReadersMergeIsRefused() {
        var half = new Message().message(12, OnnxModels.value("y", 1));
        assertRefused(OnnxModels.model(half).message(7, half).toBytes(), "graph", "twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"my.company", "ai.onnx.contrib", "com.microsoft.extensions"})
    void operationsOfCustomLibrariesAreRefused(String domain) {
        var node = OnnxModels.node("Fold", "x", "y").text(7, domain);
        assertRefused(
                OnnxModels.model(graph(node)).message(8, OnnxModels.operators(domain, 1)).toBytes(),
                "'Fold'",
                "'" + domain + "'",
                "custom operator library, which is not loaded");
    }

    @Test
    void operationsThatTheModelDefinesItselfAreFine() {
        var node = OnnxModels.node("Twice", "x", "y").text(7, "my.functions");
        var function =
                new Message()
                        .text(1, "Twice")
                        .text(4, "a")
                        .text(5, "b")
                        .message(7, OnnxModels.node("Add", "a,a", "b"))
                        .message(9, OnnxModels.operators("", 17))
                        .text(10, "my.functions");
        var domain = OnnxModels.operators("my.functions", 1);
        var model = OnnxModels.model(graph(node)).message(8, domain).message(25, function);
        OnnxModels.write(folder.resolve("model.onnx"), model);
        try (LoadedModel loaded = engine.load(engine.locate(folder))) {
            assertThat(doubled(loaded, 4)).isEqualTo(8);
        }
    }

    @Test
    void operationsOfMicrosoftAreFine() {
        var node = OnnxModels.node("Gelu", "x", "y").text(7, "com.microsoft");
        var model =
                OnnxModels.model(graph(node)).message(8, OnnxModels.operators("com.microsoft", 1));
        OnnxModels.write(folder.resolve("model.onnx"), model);
        engine.load(engine.locate(folder)).close();
    }

    private static Message withExternal(String location, Function<Message, Message> place) {
        return place.apply(OnnxModels.external("w", OnnxModels.FLOAT, location));
    }

    private static Message graph(Message... nodes) {
        var graph =
                new Message()
                        .text(2, "graph")
                        .message(11, OnnxModels.value("x", OnnxModels.FLOAT, "n", 1))
                        .message(12, OnnxModels.value("y", OnnxModels.FLOAT, "n", 1));
        for (Message node : nodes) {
            graph.message(1, node);
        }
        return graph;
    }

    private static Message doublingBy(Message tensor) {
        return OnnxModels.model(graph(OnnxModels.node("Mul", "x,two", "y")).message(5, tensor));
    }

    private static Message constant(Message attribute) {
        return OnnxModels.node("Constant", "", "c").message(5, attribute);
    }

    private static Message inConstant(Message tensor) {
        return OnnxModels.model(
                graph(constant(new Message().text(1, "value").message(5, tensor).number(20, 4))));
    }

    private static Message inTensors(Message tensor) {
        return OnnxModels.model(graph(constant(new Message().text(1, "v").message(10, tensor))));
    }

    private static Message inSparse(Message tensor) {
        return OnnxModels.model(graph().message(15, new Message().message(2, tensor)));
    }

    private static Message inSparseAttribute(Message tensor) {
        var sparse = new Message().message(1, tensor);
        var attributes = new Message().text(1, "v").message(22, sparse).message(23, sparse);
        return OnnxModels.model(graph(constant(attributes)));
    }

    /** Two graphs deep, as the body of a loop within a branch. */
    private static Message inLoop(Message tensor) {
        var body = new Message().text(1, "body").message(6, graph().message(5, tensor));
        var loop = OnnxModels.node("Loop", "x", "y").message(5, body);
        var branch = new Message().text(1, "then_branch").message(11, graph(loop));
        return OnnxModels.model(graph(OnnxModels.node("If", "x", "y").message(5, branch)));
    }

    private static Message inFunction(Message tensor) {
        var node = constant(new Message().text(1, "value").message(5, tensor).number(20, 4));
        return OnnxModels.model(graph()).message(25, new Message().text(1, "f").message(7, node));
    }

    private static Message inTraining(Message tensor) {
        var training = new Message().message(2, graph().message(5, tensor));
        return OnnxModels.model(graph()).message(20, training);
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
