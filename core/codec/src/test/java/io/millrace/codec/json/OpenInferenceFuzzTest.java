package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Requests made at random, then damaged. What is refused is refused with a reason; what is accepted
 * is what Jackson's tree says of the same bytes.
 */
@Timeout(120)
class OpenInferenceFuzzTest {

    private static final List<DataType> TYPES = List.of(DataType.values());
    private static final int DOCUMENTS = 150;
    private static final int DAMAGES = 12;

    private static final JsonMapper ORACLE =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    static LongStream seeds() {
        return LongStream.range(1, 9);
    }

    /** A request and the signature it is for. */
    private record Sample(byte[] body, int jsonLength, Signature signature) {}

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void neverBreaksAndNeverMisreads(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int accepted = 0;
        for (int i = 0; i < DOCUMENTS; i++) {
            Sample whole = sample(random);
            assertThat(isAccepted(whole)).as(show(whole)).isTrue();
            for (int n = 0; n < DAMAGES; n++) {
                if (isAccepted(damaged(whole, random))) {
                    accepted++;
                }
            }
        }
        // Damage must often enough leave something to compare, or the oracle sleeps.
        assertThat(accepted).isGreaterThan(DOCUMENTS * DAMAGES / 50);
    }

    private static boolean isAccepted(Sample sample) {
        OpenInferenceRequest request;
        try {
            request =
                    OpenInferenceJson.read(
                            sample.body(), sample.jsonLength(), _ -> sample.signature());
        } catch (MillraceException e) {
            assertThat(e.text()).isNotBlank();
            return false;
        } catch (RuntimeException e) {
            throw new AssertionError(show(sample), e);
        }
        compare(sample, request);
        return true;
    }

    private static void compare(Sample sample, OpenInferenceRequest request) {
        JsonNode tree;
        try {
            tree = ORACLE.readTree(sample.body(), 0, sample.jsonLength());
        } catch (JacksonException e) {
            if (String.valueOf(e.getMessage()).contains("Duplicate")) {
                return; // which of two counts is nobody's promise
            }
            fail("accepted what is no JSON: " + show(sample), e);
            return;
        }
        int offset = sample.jsonLength();
        List<TensorSpec> specs = request.signature().inputs();
        assertThat(tree.path("inputs").size()).isEqualTo(specs.size());
        for (JsonNode input : tree.path("inputs")) {
            int index =
                    specs.stream()
                            .map(TensorSpec::name)
                            .toList()
                            .indexOf(input.path("name").stringValue());
            Tensor tensor = request.inputs().get(index);
            assertThat(input.path("datatype").stringValue())
                    .isEqualTo(tensor.type().protocolName());
            JsonNode size = input.path("parameters").path("binary_data_size");
            String expected;
            if (size.isMissingNode()) {
                expected = hexOfJson(tensor.type(), input.path("data"));
            } else {
                int end = offset + size.intValue();
                expected = HexFormat.of().formatHex(Arrays.copyOfRange(sample.body(), offset, end));
                offset = end;
            }
            String read = size.isMissingNode() ? withPlainZeros(tensor) : hex(tensor);
            assertThat(read).as(() -> show(sample)).isEqualTo(expected);
        }
        assertThat(offset).isEqualTo(sample.body().length);
    }

    private static String hex(Tensor tensor) {
        return switch (tensor) {
            case Tensor.Numeric numeric ->
                    HexFormat.of().formatHex(numeric.data().toArray(ValueLayout.JAVA_BYTE));
            case Tensor.Bytes bytes ->
                    HexFormat.of().formatHex(BinaryTensors.append(new byte[0], List.of(bytes)));
        };
    }

    /** The tree's decimals know no negative zero. */
    private static String withPlainZeros(Tensor tensor) {
        String hex = hex(tensor);
        int width = 2 * tensor.type().bytes();
        if (!tensor.type().isFloat()) {
            return hex;
        }
        String negative = "0".repeat(width - 2) + "80";
        var plain = new StringBuilder(hex);
        for (int at = 0; at < hex.length(); at += width) {
            if (hex.startsWith(negative, at)) {
                plain.replace(at, at + width, "0".repeat(width));
            }
        }
        return plain.toString();
    }

    private static String hexOfJson(DataType type, JsonNode data) {
        var leaves = new ArrayList<JsonNode>();
        collect(data, leaves);
        var hex = new StringBuilder();
        for (JsonNode leaf : leaves) {
            hex.append(HexFormat.of().formatHex(bytes(type, leaf)));
        }
        return hex.toString();
    }

    private static void collect(JsonNode node, List<JsonNode> leaves) {
        if (node.isArray()) {
            node.forEach(inner -> collect(inner, leaves));
        } else {
            leaves.add(node);
        }
    }

    private static byte[] bytes(DataType type, JsonNode leaf) {
        if (type == DataType.BOOL) {
            return new byte[] {(byte) (leaf.booleanValue() ? 1 : 0)};
        }
        if (type == DataType.BYTES) {
            byte[] text = leaf.stringValue().getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(4 + text.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(text.length)
                    .put(text)
                    .array();
        }
        BigDecimal number = leaf.decimalValue();
        var buffer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case FP32 -> buffer.putFloat(number.floatValue());
            case FP64 -> buffer.putDouble(number.doubleValue());
            default -> {
                assertThat(number.stripTrailingZeros().scale()).isLessThanOrEqualTo(0);
                buffer.putLong(number.toBigInteger().longValue());
            }
        }
        return Arrays.copyOf(buffer.array(), type.bytes());
    }

    private static Sample sample(RandomGenerator random) {
        var specs = new ArrayList<TensorSpec>();
        var inputs = new ArrayList<String>();
        var raw = new ArrayList<byte[]>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            DataType type = TYPES.get(random.nextInt(TYPES.size()));
            long[] extents = new long[random.nextInt(4)];
            Arrays.setAll(extents, _ -> random.nextInt(4));
            Shape shape = Shape.of(extents);
            var open = extents.clone();
            if (open.length > 0) {
                open[0] = Shape.ANY;
            }
            specs.add(new TensorSpec("in" + i, type, Shape.of(open)));
            inputs.add(input("in" + i, type, shape, random, raw));
        }
        String json =
                "{\"id\":\"é%d\",\"inputs\":[%s],\"outputs\":[{\"name\":\"out\"}]}"
                        .formatted(random.nextInt(), String.join(", ", inputs));
        var body = new java.io.ByteArrayOutputStream();
        body.writeBytes(json.getBytes(StandardCharsets.UTF_8));
        int jsonLength = body.size();
        raw.forEach(body::writeBytes);
        Collections.shuffle(specs, Random.from(random));
        return new Sample(
                body.toByteArray(),
                jsonLength,
                new Signature(
                        "s", specs, List.of(new TensorSpec("out", DataType.FP32, Shape.of(-1)))));
    }

    private static String input(
            String name, DataType type, Shape shape, RandomGenerator random, List<byte[]> raw) {
        var keys = new ArrayList<String>();
        keys.add("\"name\":\"" + name + "\"");
        keys.add("\"shape\":" + shape);
        keys.add("\"datatype\":\"" + type.protocolName() + "\"");
        boolean isHalf = type == DataType.FP16 || type == DataType.BF16;
        if (isHalf || random.nextInt(3) == 0) {
            byte[] values = values(type, shape, random);
            raw.add(values);
            keys.add("\"parameters\":{\"binary_data_size\":" + values.length + "}");
        } else {
            var data = new StringBuilder();
            if (shape.rank() > 0 && shape.elements() > 0 && random.nextBoolean()) {
                nested(type, shape, 0, random, data);
            } else {
                flat(type, shape.elements(), random, data);
            }
            keys.add("\"data\":" + data);
        }
        Collections.shuffle(keys, Random.from(random));
        return "{" + String.join(random.nextBoolean() ? "," : " ,\n ", keys) + "}";
    }

    private static byte[] values(DataType type, Shape shape, RandomGenerator random) {
        int elements = (int) shape.elements();
        if (type == DataType.BYTES) {
            var strings = new ArrayList<byte[]>();
            for (int i = 0; i < elements; i++) {
                var string = new byte[random.nextInt(4)];
                random.nextBytes(string);
                strings.add(string);
            }
            return BinaryTensors.append(new byte[0], List.of(new Tensor.Bytes(shape, strings)));
        }
        var values = new byte[elements * type.bytes()];
        random.nextBytes(values);
        if (type == DataType.BOOL) {
            for (int i = 0; i < values.length; i++) {
                values[i] &= 1;
            }
        }
        return values;
    }

    private static void nested(
            DataType type, Shape shape, int axis, RandomGenerator random, StringBuilder out) {
        if (axis == shape.rank() - 1) {
            flat(type, shape.extent(axis), random, out);
            return;
        }
        out.append('[');
        for (int i = 0; i < shape.extent(axis); i++) {
            out.append(i == 0 ? "" : ",");
            nested(type, shape, axis + 1, random, out);
        }
        out.append(']');
    }

    private static void flat(DataType type, long count, RandomGenerator random, StringBuilder out) {
        out.append('[');
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ", ").append(element(type, random));
        }
        out.append(']');
    }

    private static String element(DataType type, RandomGenerator random) {
        return switch (type) {
            case BOOL -> Boolean.toString(random.nextBoolean());
            case BYTES -> random.nextBoolean() ? "\"aé\\n\\u20ac\"" : "\"\"";
            case FP16, BF16 -> "0"; // only in damaged requests
            case FP32, FP64 ->
                    switch (random.nextInt(4)) {
                        case 0 -> Integer.toString(random.nextInt());
                        case 1 -> Float.toString((float) random.nextGaussian());
                        case 2 -> Double.toString(random.nextGaussian() * 1e-40);
                        default -> "-0.0";
                    };
            case UINT8, UINT16, UINT32, UINT64 ->
                    Long.toUnsignedString(
                            random.nextLong() >>> (Long.SIZE - Byte.SIZE * type.bytes()));
            case INT8, INT16, INT32, INT64 ->
                    Long.toString(random.nextLong() >> (Long.SIZE - Byte.SIZE * type.bytes()));
        };
    }

    private static final String[] SPLICES = {
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "-",
        "0",
        "1e999",
        "null",
        "true",
        "NaN",
        "\\u0000",
        " ",
        "9".repeat(40),
        "1.5",
        "\"data\":[1],",
        "\"shape\":[2147483647,2147483647,4],",
        "[[[[[[["
    };

    private static Sample damaged(Sample whole, RandomGenerator random) {
        byte[] body = whole.body();
        int jsonLength = whole.jsonLength();
        int at = random.nextInt(body.length);
        switch (random.nextInt(6)) {
            case 0 -> {
                body = body.clone();
                body[at] = (byte) random.nextInt();
            }
            case 1 -> body = Arrays.copyOf(body, at);
            case 2 -> {
                byte[] text =
                        SPLICES[random.nextInt(SPLICES.length)].getBytes(StandardCharsets.UTF_8);
                body = spliced(body, at, at, text);
                jsonLength += at < jsonLength ? text.length : 0;
            }
            case 3 -> {
                int end = Math.min(body.length, at + 1 + random.nextInt(5));
                body = spliced(body, at, end, new byte[0]);
                jsonLength -= Math.max(0, Math.min(jsonLength, end) - at);
            }
            case 4 -> jsonLength += random.nextInt(-3, 4);
            default -> {
                // A digit for a digit: often still a request, but another one.
                body = body.clone();
                for (int i = 0; i < body.length; i++) {
                    int place = (at + i) % body.length;
                    if (body[place] >= '0' && body[place] <= '9') {
                        body[place] = (byte) ('0' + random.nextInt(10));
                        break;
                    }
                }
            }
        }
        return new Sample(body, jsonLength, whole.signature());
    }

    private static byte[] spliced(byte[] body, int from, int to, byte[] middle) {
        var out = new java.io.ByteArrayOutputStream();
        out.write(body, 0, from);
        out.writeBytes(middle);
        out.write(body, to, body.length - to);
        return out.toByteArray();
    }

    private static String show(Sample sample) {
        return sample.jsonLength()
                + " of "
                + new String(sample.body(), StandardCharsets.ISO_8859_1)
                + " for "
                + sample.signature();
    }
}
