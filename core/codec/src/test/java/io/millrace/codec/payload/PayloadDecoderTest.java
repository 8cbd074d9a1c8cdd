package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class PayloadDecoderTest {

    private static final TensorSpec IMAGE =
            new TensorSpec("image", DataType.FP32, Shape.of(-1, 28, 28, 1));
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final RandomGenerator RANDOM =
            RandomGeneratorFactory.of("L64X128MixRandom").create(7);

    @Test
    void decodesTheCameraPayloadIntoItsPlaceAndNowhereElse() {
        double[] pixels = Payloads.pixels(RANDOM);
        byte[] payload = Payloads.camera(pixels);
        assertThat(payload).hasSize(7_963);
        PayloadDecoder decoder = decoder(Format.MSGPACK, 1.0 / 255, IMAGE, "image");
        byte[] batch = new byte[3 * decoder.itemBytes()];
        decoder.decode(payload, batch, 1);
        float[] values = floats(batch);
        for (int i = 0; i < 784; i++) {
            assertThat(values[i]).isZero();
            assertThat(values[784 + i]).isEqualTo((float) (pixels[i] * (1.0 / 255)));
            assertThat(values[1_568 + i]).isZero();
        }
        var tensor = decoder.tensor(batch, 1, 2);
        assertThat(tensor.shape()).isEqualTo(Shape.of(2, 28, 28, 1));
        assertThat(tensor.data().get(FLOAT, 3 * 4)).isEqualTo(values[784 + 3]);
    }

    @Test
    void decodesJsonToTheSameNumbersAsMessagePack() {
        double[] pixels = Payloads.pixels(RANDOM);
        pixels[3] = 1.5e-7;
        pixels[4] = -0.25;
        PayloadDecoder fromPack = decoder(Format.MSGPACK, 0.5, IMAGE, "image");
        PayloadDecoder fromJson = decoder(Format.JSON, 0.5, IMAGE, "image");
        byte[] packed = new byte[fromPack.itemBytes()];
        byte[] json = new byte[fromJson.itemBytes()];
        fromPack.decode(Payloads.camera(pixels), packed, 0);
        fromJson.decode(Payloads.json(pixels), json, 0);
        assertThat(json).isEqualTo(packed);
    }

    @Test
    void decodesEveryNumberType() {
        PayloadDecoder doubles =
                decoder(Format.MSGPACK, 1, new TensorSpec("x", DataType.FP64, Shape.of(-1, 12)));
        List<Object> values =
                List.of(
                        1,
                        -1,
                        200,
                        60_000,
                        4_000_000_000L,
                        -100,
                        -30_000,
                        -2_000_000_000,
                        Long.MIN_VALUE,
                        BigInteger.TWO.pow(64).subtract(BigInteger.ONE),
                        0.1f,
                        0.1);
        byte[] batch = new byte[doubles.itemBytes()];
        doubles.decode(Payloads.packed(values), batch, 0);
        ByteBuffer read = ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN);
        for (Object value : values) {
            assertThat(read.getDouble()).isEqualTo(((Number) value).doubleValue());
        }
    }

    @Test
    void keepsAllBitsOfWholeNumbers() {
        long large = (1L << 53) + 1;
        PayloadDecoder longs =
                decoder(Format.JSON, 1, new TensorSpec("x", DataType.INT64, Shape.of(-1, 1)));
        byte[] batch = new byte[8];
        longs.decode(("[" + large + "]").getBytes(StandardCharsets.UTF_8), batch, 0);
        assertThat(ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN).getLong())
                .isEqualTo(large);
        PayloadDecoder unsigned =
                decoder(Format.MSGPACK, 1, new TensorSpec("x", DataType.UINT64, Shape.of(-1, 1)));
        unsigned.decode(
                Payloads.packed(List.of(BigInteger.TWO.pow(64).subtract(BigInteger.ONE))),
                batch,
                0);
        assertThat(ByteBuffer.wrap(batch).getLong()).isEqualTo(-1L);
    }

    @Test
    void refusesNumbersThatTheTypeCannotHold() {
        TensorSpec bytes = new TensorSpec("x", DataType.UINT8, Shape.of(-1, 3));
        refuses(
                decoder(Format.JSON, 1, bytes),
                "[1,2,256]",
                "256, which uint8 cannot hold, at [2]");
        refuses(
                decoder(Format.JSON, 1, bytes),
                "[1,0.5,2]",
                "0.5, which uint8 cannot hold, at [1]");
        TensorSpec floats = new TensorSpec("x", DataType.FP32, Shape.of(-1, 1));
        refuses(decoder(Format.JSON, 1, floats), "[1e39]", "float32 cannot hold");
        refuses(
                decoder(Format.MSGPACK, 1, floats),
                Payloads.packed(List.of(Double.NaN)),
                "got NaN, which float32 cannot hold");
    }

    @Test
    void takesOneNumberOfEachOfSeveralFieldsInTheOrderOfTheDeclaration() {
        TensorSpec input = new TensorSpec("x", DataType.FP32, Shape.of(-1, 2));
        PayloadDecoder decoder = decoder(Format.JSON, 1, input, "b", "a");
        byte[] batch = new byte[8];
        decoder.decode(
                "{\"a\":1,\"c\":[],\"\\u0062\":2}".getBytes(StandardCharsets.UTF_8), batch, 0);
        assertThat(floats(batch)).containsExactly(2, 1);
        refuses(decoder, "{\"a\":1}", "the field 'b' is missing, expected a number there");
        refuses(decoder, "{\"a\":1,\"a\":1}", "the field 'a' is there twice");
        assertThatThrownBy(() -> decoder(Format.JSON, 1, input, "a", "b", "c"))
                .hasMessageContaining("decode names 3 fields")
                .hasMessageContaining("2 numbers");
    }

    @Test
    void saysWhichShapeWasExpectedAndWhichCame() {
        PayloadDecoder decoder = decoder(Format.MSGPACK, 1, IMAGE, "image");
        refuses(
                decoder,
                Payloads.packed(Map.of("image", image(28, 27, 1))),
                "field 'image': expected 28x28x1 numbers, got 28x27x1");
        refuses(
                decoder,
                Payloads.packed(Map.of("image", image(28, 28))),
                "field 'image': expected 28x28x1 numbers, got 28x28");
        refuses(
                decoder,
                Payloads.packed(Map.of("image", image(784))),
                "field 'image': expected 28x28x1 numbers, got 784");
        refuses(
                decoder,
                Payloads.packed(Map.of("image", "a picture")),
                "field 'image': expected 28x28x1 numbers, got text");
        refuses(
                decoder,
                Payloads.packed(Map.of("picture", image(28, 28, 1))),
                "the field 'image' is missing, expected 28x28x1 numbers there; the map has"
                        + " ['picture']");
        refuses(
                decoder,
                Payloads.packed(image(28, 28, 1)),
                "expected a map with the field 'image', got an array");
        refuses(decoder, new byte[0], "the payload is empty");
    }

    @Test
    void saysTheSameOfJson() {
        PayloadDecoder decoder =
                decoder(
                        Format.JSON,
                        1,
                        new TensorSpec("x", DataType.FP32, Shape.of(-1, 2, 2)),
                        "f");
        refuses(decoder, "{\"f\":[[1,2,3],[4,5,6]]}", "field 'f': expected 2x2 numbers, got 2x3");
        refuses(decoder, "{\"f\":[[1,2]]}", "field 'f': expected 2x2 numbers, got 1x2");
        refuses(decoder, "{\"f\":[[1,2],[3]]}", "got 1 values instead of 2 at [1]");
        refuses(decoder, "{\"f\":[[1,2],[3,4,5]]}", "got more than 2 values at [1]");
        refuses(decoder, "{\"f\":[[1,2],[3,\"4\"]]}", "got text at [1][1]");
        refuses(decoder, "{\"f\":[[1,2],[3,null]]}", "got nothing (null) at [1][1]");
        refuses(decoder, "{\"f\":5}", "expected 2x2 numbers, got a number");
        refuses(decoder, "{\"g\":5}", "the object has ['g']");
        refuses(decoder, "[]", "expected an object with the field 'f', got an array");
        refuses(decoder, "{\"f\":[[1,2],[3,4]]} x", "1 bytes follow the JSON value");
        refuses(decoder, "{\"f\":[[1,2],[3,4]]", "JSON ends too early");
        refuses(decoder, "{\"f\":[[1,2],[3,04]]}", "is no number");
        refuses(decoder, "{\"f\":[[1,2],[3,1e]]}", "is no number");
        refuses(decoder, "", "the payload is empty");
    }

    @Test
    void findsTheRaggedRow() {
        List<Object> rows = new java.util.ArrayList<>(image(28, 28, 1));
        rows.set(3, image(27, 1));
        refuses(
                decoder(Format.MSGPACK, 1, IMAGE, "image"),
                Payloads.packed(Map.of("image", rows)),
                "expected 28x28x1 numbers, got 27 values instead of 28 at [3]");
    }

    @Test
    void refusesWhatIsTruncatedOrTooLong() {
        byte[] payload = Payloads.camera(Payloads.pixels(RANDOM));
        PayloadDecoder decoder = decoder(Format.MSGPACK, 1, IMAGE, "image");
        for (int length = 1; length < payload.length; length += 13) {
            refuses(decoder, Arrays.copyOf(payload, length), "");
        }
        refuses(
                decoder,
                Arrays.copyOf(payload, payload.length + 2),
                "2 bytes follow the MessagePack value of 7963 bytes");
    }

    @Test
    void believesNoClaimedLength() {
        PayloadDecoder decoder = decoder(Format.MSGPACK, 1, IMAGE, "image");
        byte[] elements = Payloads.bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 0x01);
        refuses(decoder(Format.MSGPACK, 1, IMAGE), elements, "got 4294967295");
        refuses(decoder, Payloads.bytes(0xdf, 0xff, 0xff, 0xff, 0xff), "ends too early");
        refuses(
                decoder,
                Payloads.bytes(0x81, 0xa1, 'x', 0xc6, 0xff, 0xff, 0xff, 0xff),
                "ends too early");
        byte[] nested = new byte[1_000_000];
        Arrays.fill(nested, (byte) 0x91);
        refuses(decoder(Format.MSGPACK, 1, IMAGE), nested, "got 1x1x1");
        nested[0] = (byte) 0x81;
        nested[1] = 1;
        refuses(decoder, nested, "ends too early");
        byte[] deep = "[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
        refuses(decoder(Format.JSON, 1, IMAGE), deep, "");
        byte[] deepField = ("{\"a\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8);
        refuses(decoder(Format.JSON, 1, IMAGE, "image"), deepField, "nests deeper than 512");
    }

    @Test
    void decodesRawNumbersOfAnotherType() {
        TensorSpec input = new TensorSpec("x", DataType.FP32, Shape.of(-1, 2, 2));
        PayloadDecoder decoder =
                PayloadDecoder.of(
                        new DecodeSpec(
                                Format.RAW, List.of(), Optional.of(DataType.UINT8), 1 / 255.0),
                        input);
        byte[] batch = new byte[16];
        decoder.decode(Payloads.bytes(0, 51, 255, 128), batch, 0);
        assertThat(floats(batch)).containsExactly(0f, 0.2f, 1f, (float) (128 / 255.0));
        refuses(decoder, Payloads.bytes(1, 2, 3), "2x2 numbers of uint8, which is 4 bytes, got 3");
    }

    @Test
    void refusesInputsThatCannotBeFilled() {
        assertThatThrownBy(() ->
                        decoder(
                                Format.JSON,
                                1,
                                new TensorSpec("x", DataType.FP32, Shape.of(-1, -1))))
                .hasMessageContaining("leaves the shape of an item open");
        assertThatThrownBy(() ->
                        decoder(Format.JSON, 1, new TensorSpec("x", DataType.BYTES, Shape.of(-1))))
                .hasMessageContaining("takes text");
        assertThatThrownBy(() ->
                        decoder(
                                Format.JSON,
                                1,
                                new TensorSpec("x", DataType.FP32, Shape.of(-1, 1 << 30, 1 << 30))))
                .hasMessageContaining("allowed are");
    }

    @Test
    void neverFailsButWithAMessageWhateverComes() {
        byte[] packed = Payloads.camera(Payloads.pixels(RANDOM));
        byte[] json = Payloads.json(Payloads.pixels(RANDOM));
        PayloadDecoder fromPack = decoder(Format.MSGPACK, 1, IMAGE, "image");
        PayloadDecoder fromJson = decoder(Format.JSON, 1, IMAGE, "image");
        byte[] batch = new byte[fromPack.itemBytes()];
        int refused = 0;
        for (int round = 0; round < 4_000; round++) {
            var random = RandomGeneratorFactory.of("L64X128MixRandom").create(round);
            refused += survives(fromPack, mutate(packed, random), batch, round);
            refused += survives(fromJson, mutate(json, random), batch, round);
        }
        assertThat(refused).isGreaterThan(2_000);
    }

    private static int survives(PayloadDecoder decoder, byte[] payload, byte[] batch, int seed) {
        try {
            decoder.decode(payload, batch, 0);
            return 0;
        } catch (MillraceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(e.text().length()).as("message of seed " + seed).isLessThan(600);
            return 1;
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static byte[] mutate(byte[] original, RandomGenerator random) {
        byte[] mutated =
                random.nextInt(4) == 0
                        ? Arrays.copyOf(original, random.nextInt(original.length + 10))
                        : original.clone();
        int changes = 1 + random.nextInt(8);
        // Headers and structure are at the front: half of the changes hit there.
        int reach = random.nextBoolean() ? Math.min(64, mutated.length) : mutated.length;
        for (int i = 0; i < changes && reach > 0; i++) {
            mutated[random.nextInt(reach)] = (byte) random.nextInt(256);
        }
        return mutated;
    }

    private static PayloadDecoder decoder(
            Format format, double scale, TensorSpec input, String... fields) {
        return PayloadDecoder.of(
                new DecodeSpec(format, List.of(fields), Optional.empty(), scale), input);
    }

    private static void refuses(PayloadDecoder decoder, String payload, String message) {
        refuses(decoder, payload.getBytes(StandardCharsets.UTF_8), message);
    }

    private static void refuses(PayloadDecoder decoder, byte[] payload, String message) {
        assertThatThrownBy(() -> decoder.decode(payload, new byte[decoder.itemBytes()], 0))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining(message)
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.INVALID);
    }

    private static List<Object> image(int... extents) {
        Object inner = 0.5;
        for (int axis = extents.length - 1; axis > 0; axis--) {
            inner = java.util.Collections.nCopies(extents[axis], inner);
        }
        return java.util.Collections.nCopies(extents[0], inner);
    }

    private static float[] floats(byte[] batch) {
        float[] values = new float[batch.length / 4];
        ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }
}
