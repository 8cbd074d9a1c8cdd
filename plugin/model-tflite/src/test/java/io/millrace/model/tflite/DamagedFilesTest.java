package io.millrace.model.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No file, however damaged, may bring the inspection to anything but a refusal or a signature. */
@Timeout(120)
class DamagedFilesTest {

    private static final List<String> MODELS =
            List.of("doubling", "lstm", "recurrent", "strings", "two_signatures", "quantised");

    private static final int MUTANTS_PER_MODEL = 1000;
    private static final int[] TELLING_NUMBERS = {
        0, 1, -1, 2, 127, 128, 255, 256, 65535, Integer.MAX_VALUE, Integer.MIN_VALUE, -4, 1 << 20
    };

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutatedFilesAreRefusedOrUnderstood(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int refused = 0;
        for (String model : MODELS) {
            byte[] good = Models.bytes(model);
            for (int i = 0; i < MUTANTS_PER_MODEL; i++) {
                refused += isRefused(mutate(good, random)) ? 1 : 0;
            }
        }
        // Most bytes of a small file are offsets and numbers that are checked.
        assertThat(refused).isGreaterThan(MODELS.size() * MUTANTS_PER_MODEL / 4);
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] good = Models.bytes("doubling");
        for (int length = 0; length < good.length - 16; length++) {
            assertThat(isRefused(Arrays.copyOf(good, length))).as("%d bytes", length).isTrue();
        }
    }

    @Test
    void refusesWhatIsNoModelAtAll() {
        assertRefused(new byte[0], "0 bytes");
        assertRefused("<!DOCTYPE html><html>".getBytes(StandardCharsets.UTF_8), "TFL3");
        assertRefused(new byte[1000], "TFL3");
    }

    @Test
    void saysWhatDoesNotFit() {
        // Found by their contents: the only place where each occurs.
        assertRefused(changedVersion(), "schema version");
        assertRefused(withShape(new int[] {2, 2}, new int[] {2, 3}), "takes 24 bytes", "has 16");
        assertRefused(withShape(new int[] {2, 2}, new int[] {-2, 2}), "shapes");
        assertRefused(
                withShape(new int[] {0, 1, 2, 3, 4}, new int[] {0, 1, 2, 3, 5}), "reads", "5");
        assertRefused(
                withShape(new int[] {0, 1, 2, 3, 4}, new int[] {0, 1, 2, 3, 99}), "tensor 99 of 6");
        assertRefused(
                withShape(new int[] {0, 1, 2, 3, 4}, new int[] {0, 1, 2, 3, -2}), "tensor -2");
    }

    @Test
    void looksIntoConstantStrings() {
        // Four words, of which the first begins behind the five offsets and the count.
        assertRefused(changed("strings", new int[] {4, 24}, new int[] {5, 24}), "4 strings");
        assertRefused(changed("strings", new int[] {4, 24}, new int[] {4, 20}), "outside it");
        assertRefused(
                changed("strings", new int[] {4, 24}, new int[] {4, Integer.MAX_VALUE}),
                "outside it");
    }

    @Test
    void refusesNamesThatAreNotText() {
        byte[] file = Models.bytes("doubling");
        String name = "serving_default";
        int at = new String(file, StandardCharsets.ISO_8859_1).indexOf(name);
        for (int bad : new int[] {0, 0x80, 0xff}) {
            byte[] changed = file.clone();
            changed[at] = (byte) bad;
            assertRefused(changed, "is not text");
        }
    }

    @Test
    void refusesGraphsThatCallThemselves() {
        var none = List.<TfliteGraph.FileTensor>of();
        var call =
                new TfliteGraph.Operator(
                        Operators.CALL_ONCE, List.of(), List.of(), List.of(), List.of(1));
        var graph = new TfliteGraph(none, List.of(), List.of(), List.of(call));
        var file = new TfliteFile(List.of(graph, graph), List.of());
        assertThatThrownBy(() -> GraphCheck.check(file))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("calls itself");
    }

    @Test
    void refusesAConstantAsInputForItWouldBeOverwrittenForAllCallers() {
        List<Integer> shape = List.of(2);
        var constant = new TfliteGraph.FileTensor("w", 0, shape, shape, 8, false);
        var graph = new TfliteGraph(List.of(constant), List.of(0), List.of(0), List.of());
        var file = new TfliteFile(List.of(graph), List.of());
        assertThatThrownBy(() -> GraphCheck.check(file))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("constant as input");
    }

    @Test
    void refusesChainsOfGraphsThatAreTooDeepForAStack() {
        var graphs = new java.util.ArrayList<TfliteGraph>();
        for (int i = 0; i < 100_000; i++) {
            var calls = i < 99_999 ? List.of(i + 1) : List.<Integer>of();
            var operator =
                    new TfliteGraph.Operator(
                            Operators.CALL_ONCE, List.of(), List.of(), List.of(), calls);
            graphs.add(new TfliteGraph(List.of(), List.of(), List.of(), List.of(operator)));
        }
        assertThatThrownBy(() -> GraphCheck.check(new TfliteFile(graphs, List.of())))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("too deep");
    }

    @Test
    void theSameFileWithOneOfEachIsUnderstoodUpToItsMissingOutput() {
        assertRefused(bomb(1), "no output");
    }

    @Test
    void partsThatAreNamedAgainAndAgainCostNoMoreThanTheFileIsLong() {
        // 50,000 graphs, each the same one with 50,000 operators: 2.5 thousand million steps.
        byte[] bomb = bomb(50_000);
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> assertRefused(bomb, "overlap"));
    }

    /** As many entries for one graph, which has as many entries for one operator. */
    private static byte[] bomb(int count) {
        int graph = 52 + 4 + 4 * count;
        int operators = graph + 8;
        int operator = operators + 4 + 4 * count;
        var file = ByteBuffer.allocate(operator + 16).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(32).put("TFL3".getBytes(StandardCharsets.US_ASCII));
        // Where fields are. At 8 those of the model: version, codes, graphs.
        putShorts(file, 8, 10, 16, 4, 8, 12);
        // At 20 those of a graph: only operators.
        putShorts(file, 20, 12, 8, 0, 0, 0, 4);
        // At 48 those of an operator and of a code: none.
        putShorts(file, 48, 4, 4);
        file.position(32);
        file.putInt(32 - 8).putInt(3).putInt(operator + 4 - 40).putInt(52 - 44);
        file.position(52);
        putEntries(file, count, graph);
        file.putInt(graph - 20).putInt(4);
        putEntries(file, count, operator);
        file.putInt(operator - 48);
        putEntries(file, 1, operator + 12);
        file.putInt(operator + 12 - 48);
        return file.array();
    }

    private static void putShorts(ByteBuffer file, int at, int... values) {
        file.position(at);
        for (int value : values) {
            file.putShort((short) value);
        }
    }

    private static void putEntries(ByteBuffer file, int count, int target) {
        file.putInt(count);
        for (int i = 0; i < count; i++) {
            file.putInt(target - file.position());
        }
    }

    private static byte[] changedVersion() {
        byte[] file = Models.bytes("recurrent");
        int root = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
        for (int at = root; at < root + 64; at += 4) {
            if (file[at] == 3 && file[at + 1] == 0 && file[at + 2] == 0 && file[at + 3] == 0) {
                file[at] = 9;
                return file;
            }
        }
        throw new AssertionError("no version found");
    }

    /** The hand-made model with its first vector of these numbers changed. */
    private static byte[] withShape(int[] from, int[] to) {
        return replace("recurrent", vector(from), vector(to));
    }

    private static byte[] changed(String model, int[] from, int[] to) {
        return replace(model, numbers(from), numbers(to));
    }

    private static byte[] replace(String model, byte[] from, byte[] to) {
        byte[] file = Models.bytes(model);
        int at = Collections.indexOfSubList(asList(file), asList(from));
        assertThat(at).isPositive();
        System.arraycopy(to, 0, file, at, to.length);
        return file;
    }

    private static byte[] numbers(int[] numbers) {
        byte[] vector = vector(numbers);
        return Arrays.copyOfRange(vector, Integer.BYTES, vector.length);
    }

    private static byte[] vector(int[] numbers) {
        var bytes = ByteBuffer.allocate(4 + 4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(numbers.length);
        for (int number : numbers) {
            bytes.putInt(number);
        }
        return bytes.array();
    }

    private static List<Byte> asList(byte[] bytes) {
        var list = new java.util.ArrayList<Byte>(bytes.length);
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    private static byte[] mutate(byte[] good, RandomGenerator random) {
        byte[] bad = good.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            if (bad.length < 8) {
                return bad;
            }
            int at = random.nextInt(bad.length);
            switch (random.nextInt(4)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt(256);
                case 2 -> {
                    int aligned = Math.min(at & ~3, bad.length - 4);
                    ByteBuffer.wrap(bad)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(
                                    aligned,
                                    TELLING_NUMBERS[random.nextInt(TELLING_NUMBERS.length)]);
                }
                default -> bad = Arrays.copyOf(bad, 1 + random.nextInt(bad.length));
            }
        }
        return bad;
    }

    private static boolean isRefused(byte[] file) {
        try {
            assertThat(TfliteEngine.inspect(MemorySegment.ofArray(file))).isNotEmpty();
            return false;
        } catch (MillraceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(e.text()).isNotBlank();
            return true;
        }
    }

    private static void assertRefused(byte[] file, String... says) {
        assertThatThrownBy(() -> TfliteEngine.inspect(MemorySegment.ofArray(file)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.text()).contains(says);
                        });
    }
}
