package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Makes signatures and requests for them, and breaks the requests. The same seed: the same. */
final class RequestGenerator {

    private static final List<String> ODD_NUMBERS =
            List.of(
                    "-0",
                    "0",
                    "-0.0",
                    "0e0",
                    "-0e5",
                    "0.000",
                    "1E+05",
                    "1e05",
                    "1e-05",
                    "3.0",
                    "1.50e1",
                    "2.5",
                    "100e-2",
                    "16777217",
                    "16777216.0",
                    "16777219",
                    "9007199254740993",
                    "9007199254740993.0",
                    "4503599627370497.5",
                    "9223372036854775807",
                    "-9223372036854775808",
                    "9223372036854775808",
                    "18446744073709551615",
                    "18446744073709551616",
                    "19999999999999999999",
                    "10000000000000000000",
                    "99999999999999999999",
                    "123456789012345678901234567",
                    "1e38",
                    "3.4028235e38",
                    "3.4028236e38",
                    "340282346638528859811704183484516925440",
                    "1e39",
                    "1e308",
                    "1.7976931348623157e308",
                    "1.7976931348623159e308",
                    "1e400",
                    "1e-45",
                    "7e-46",
                    "7.0064923216240853e-46",
                    "7.0064923216240854e-46",
                    "1.1754943508222875e-38",
                    "1.1754942e-38",
                    "4.9e-324",
                    "2e-324",
                    "1e-400",
                    "1e99999999999",
                    "1e-99999999999",
                    "0e99999999999999999999",
                    "127",
                    "128",
                    "-128",
                    "-129",
                    "255",
                    "256",
                    "32767",
                    "32768",
                    "-32769",
                    "65535",
                    "65536",
                    "2147483647",
                    "2147483648",
                    "-2147483649",
                    "4294967295",
                    "4294967296",
                    "65504",
                    "65520",
                    "0.30000001192092896",
                    "1.00000017881393432617187499",
                    "1.00000017881393432617187500",
                    "1.00000017881393432617187501",
                    "8388609.5",
                    "8388608.5",
                    "0.1",
                    "9007199254740992.5",
                    "1e22",
                    "1e23",
                    "0.000000000000000000000000000000123456789012345678");

    /** Numbers to some, garbage to others. */
    private static final List<String> NO_NUMBERS =
            List.of(
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "INF",
                    "-INF",
                    "+INF",
                    "NaNx",
                    "-NaN",
                    "nan",
                    "01",
                    "-01",
                    "00",
                    "1.",
                    ".5",
                    "+1",
                    "-",
                    "1e",
                    "1e+",
                    "--1",
                    "1_000",
                    "0x10",
                    "1.e5",
                    "true",
                    "false",
                    "null",
                    "\"1\"",
                    "\"\"",
                    "{}",
                    "[]",
                    "",
                    "1 2",
                    "1f",
                    "1.5d",
                    "\"\\u0041\"",
                    "{\"b64\":\"aGk=\"}",
                    "{\"b64\":\"!\"}",
                    "-Infinityx");

    private static final List<String> SNIPPETS =
            List.of(
                    "[",
                    "]",
                    "{",
                    "}",
                    ",",
                    ":",
                    "\"",
                    "\\",
                    " ",
                    "\n",
                    "\t",
                    "\r",
                    "\f",
                    "\0",
                    "-",
                    "+",
                    ".",
                    "e",
                    "E",
                    "0",
                    "9",
                    "[]",
                    "{}",
                    "[[",
                    "]]",
                    ",,",
                    "\u00e9",
                    "\u2028",
                    "null",
                    "true",
                    "NaN",
                    "\"x\":",
                    "/*c*/",
                    "//",
                    "'",
                    "\"instances\":",
                    "\"inputs\":",
                    "\"signature_name\":",
                    "\"signature_name\":\"other\",",
                    "\"b64\":",
                    "\\u0069",
                    "0".repeat(30),
                    "9".repeat(400),
                    "[".repeat(70),
                    "]".repeat(70),
                    "1".repeat(1200));

    private final RandomGenerator random;
    private boolean isPlain = true;

    RequestGenerator(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /**
     * A request and the signatures that it may name.
     *
     * @param isPlain whether it is as nearly all clients write them, and right
     */
    record Case(byte[] body, Signature standard, Signature other, boolean isPlain) {
        Signature find(String name) {
            return switch (name) {
                case "", "serving_default" -> standard;
                case "other" -> other;
                default -> throw new MillraceException(ErrorCode.NOT_FOUND, "no signature");
            };
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    Case next() {
        Signature standard = signature("serving_default");
        Signature other = signature("other");
        isPlain = true;
        boolean namesOther = oneIn(5);
        String text = request(namesOther ? other : standard, namesOther);
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        if (oneIn(3)) {
            isPlain = false;
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                body = mutated(body);
            }
        }
        return new Case(body, standard, other, isPlain);
    }

    /**
     * A request of the Open Inference Protocol for the signature {@code standard}; it asks for all
     * outputs or some of those, which are called like the inputs.
     */
    Case nextOpenInference() {
        Signature signature = signature("serving_default");
        isPlain = true;
        var inputs = new ArrayList<String>();
        int[][] free = free(signature);
        for (int i = 0; i < free.length; i++) {
            TensorSpec spec = signature.inputs().get(i);
            isPlain &= spec.name().matches("[a-z_0-9 ]*");
            isPlain &= spec.type() != DataType.FP16 && spec.type() != DataType.BF16;
            inputs.add(openInput(spec, free[i]));
        }
        var members = new ArrayList<>(List.of("\"inputs\":" + space() + list(inputs)));
        if (oneIn(2)) {
            members.add("\"id\":" + space() + "\"" + digits(5) + "\"");
        }
        if (oneIn(3)) {
            String name = signature.inputs().getFirst().name().replace("\"", "\\\"");
            members.add("\"outputs\":" + list(List.of("{\"name\":\"" + name + "\"}")));
        }
        if (oneIn(15)) {
            isPlain = false;
            members.add(
                    any(
                            List.of(
                                    "\"id\":null",
                                    "\"id\":\"\u00e9\"",
                                    "\"parameters\":{\"binary_data_output\":true}",
                                    "\"outputs\":[]",
                                    "\"other\":{}",
                                    members.getFirst())));
        }
        Collections.shuffle(members, java.util.Random.from(random));
        String text = space() + "{" + space() + String.join(comma(), members) + space() + "}";
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        if (oneIn(3)) {
            isPlain = false;
            body = mutated(body);
        }
        return new Case(body, signature, signature, isPlain);
    }

    private String openInput(TensorSpec spec, int[] extents) {
        String name = spec.name().replace("\"", "\\\"");
        var members =
                new ArrayList<>(
                        List.of(
                                "\"name\":" + space() + "\"" + name + "\"",
                                "\"shape\":" + space() + Arrays.toString(extents),
                                "\"datatype\":\"" + spec.type().protocolName() + "\""));
        Collections.shuffle(members, java.util.Random.from(random));
        String data = "\"data\":" + space();
        if (extents.length == 0 || oneIn(2)) {
            long count = 1;
            for (int extent : extents) {
                count *= extent;
            }
            int[] flat = {(int) count};
            data += nested(spec, flat, 0);
        } else {
            data += nested(spec, extents, 0);
        }
        boolean isEarly = oneIn(10);
        isPlain &= !isEarly;
        members.add(isEarly ? 0 : members.size(), data);
        if (oneIn(20)) {
            isPlain = false;
            members.add("\"parameters\":{\"content_type\":\"base64\"}");
        }
        return "{" + String.join(comma(), members) + space() + "}";
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private Signature signature(String name) {
        var inputs = new ArrayList<TensorSpec>();
        int count = oneIn(3) ? random.nextInt(2, 4) : 1;
        for (int i = 0; i < count; i++) {
            String input = any(List.of("x", "input_1", "a b", "b64", "gr\u00fcn", "q\"t")) + i;
            inputs.add(new TensorSpec(count == 1 && oneIn(20) ? "b64" : input, type(), shape()));
        }
        return new Signature(name, inputs, inputs);
    }

    private DataType type() {
        return oneIn(2) ? DataType.FP32 : any(List.of(DataType.values()));
    }

    private Shape shape() {
        long[] extents = new long[oneIn(20) ? 0 : random.nextInt(1, 5)];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = oneIn(3) || i == 0 ? Shape.ANY : random.nextInt(1, 5);
        }
        if (extents.length > 0 && oneIn(6)) {
            extents[0] = random.nextInt(1, 4);
        }
        return Shape.of(extents);
    }

    private String request(Signature signature, boolean mustName) {
        boolean isRows = !oneIn(3);
        String data =
                isRows
                        ? "\"instances\"" + space() + ":" + space() + rows(signature)
                        : "\"inputs\"" + space() + ":" + space() + columns(signature);
        var members = new ArrayList<>(List.of(data));
        if (mustName || oneIn(4)) {
            String name = "\"signature_name\"" + space() + ":" + space();
            String member = name + "\"" + signature.name() + "\"";
            boolean isLate = oneIn(2);
            members.add(isLate ? 1 : 0, member);
            isPlain &= !(isLate && mustName);
        }
        if (oneIn(12)) {
            isPlain = false;
            members.add(
                    random.nextInt(members.size() + 1),
                    any(
                            List.of(
                                    "\"id\":\"7\"",
                                    "\"parameters\":{\"a\":[1,null]}",
                                    "\"signature_name\":7",
                                    "\"signature_name\":\"nobody\"",
                                    "\"signature_name\":\"\"",
                                    "\"signature_name\":\"oth\\u0065r\"",
                                    data)));
        }
        return space() + "{" + space() + String.join(comma(), members) + space() + "}" + space();
    }

    private String rows(Signature signature) {
        int rows = random.nextInt(1, 5);
        int[][] free = free(signature);
        var list = new ArrayList<String>();
        boolean isBare = signature.inputs().size() == 1 && !oneIn(4);
        for (int row = 0; row < rows; row++) {
            boolean isOdd = oneIn(40);
            isPlain &= !isOdd;
            list.add(isBare != isOdd ? bare(signature, free) : object(signature, free, 1));
        }
        for (TensorSpec spec : signature.inputs()) {
            isPlain &= spec.shape().rank() > 0;
            isPlain &= spec.shape().rank() > 0 && accepts(spec.shape().extent(0), rows);
        }
        return list(list);
    }

    private static boolean accepts(long extent, int rows) {
        return extent == Shape.ANY || extent == rows;
    }

    private String bare(Signature signature, int[][] free) {
        return nested(signature.inputs().getFirst(), free[0], 1);
    }

    private String columns(Signature signature) {
        int[][] free = free(signature);
        return signature.inputs().size() == 1 && oneIn(2)
                ? nested(signature.inputs().getFirst(), free[0], 0)
                : object(signature, free, 0);
    }

    /** The extents to write; those that are not fixed are the same for all rows. */
    private int[][] free(Signature signature) {
        int[][] all = new int[signature.inputs().size()][];
        for (int i = 0; i < all.length; i++) {
            Shape shape = signature.inputs().get(i).shape();
            all[i] = new int[shape.rank()];
            for (int axis = 0; axis < all[i].length; axis++) {
                boolean isFree = shape.extent(axis) == Shape.ANY;
                all[i][axis] = isFree ? random.nextInt(1, 5) : (int) shape.extent(axis);
                if (oneIn(40)) {
                    all[i][axis] = random.nextInt(0, 3);
                    isPlain = false;
                }
            }
        }
        return all;
    }

    private String object(Signature signature, int[][] free, int axis) {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < signature.inputs().size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, java.util.Random.from(random));
        var members = new ArrayList<String>();
        for (int i : order) {
            TensorSpec spec = signature.inputs().get(i);
            isPlain &= spec.name().matches("[a-z_0-9 ]*") && !spec.name().equals("b64");
            String name = spec.name().replace("\"", "\\\"");
            members.add("\"" + name + "\"" + space() + ":" + space() + nested(spec, free[i], axis));
        }
        if (oneIn(60)) {
            isPlain = false;
            members.add(members.getFirst());
        }
        return "{" + space() + String.join(comma(), members) + space() + "}";
    }

    private String nested(TensorSpec spec, int[] extents, int axis) {
        if (axis >= extents.length) {
            return element(spec.type());
        }
        int count = extents[axis];
        if (oneIn(150)) {
            count += random.nextInt(-1, 2);
            isPlain = false;
        }
        var list = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            list.add(nested(spec, extents, axis + 1));
        }
        return list(list);
    }

    private String list(List<String> values) {
        return "[" + space() + String.join(comma(), values) + space() + "]";
    }

    private String comma() {
        return space() + "," + space();
    }

    private String space() {
        return oneIn(6) ? any(List.of(" ", "\n", "\t", "\r\n", "  ", " \n\t ")) : "";
    }

    private String element(DataType type) {
        if (oneIn(60)) {
            isPlain = false;
            return any(NO_NUMBERS);
        }
        if (oneIn(12)) {
            isPlain = false;
            return any(ODD_NUMBERS);
        }
        return switch (type) {
            case BOOL -> oneIn(2) ? "true" : "false";
            case BYTES -> string();
            case FP32, FP64, FP16, BF16 -> real(type);
            case INT8 -> Integer.toString(random.nextInt(-128, 128));
            case UINT8 -> Integer.toString(random.nextInt(256));
            case INT16 -> Integer.toString(random.nextInt(-32768, 32768));
            case UINT16 -> Integer.toString(random.nextInt(65536));
            case INT32 -> Integer.toString(random.nextInt());
            case UINT32 -> Integer.toUnsignedString(random.nextInt());
            case INT64 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case UINT64 -> Long.toUnsignedString(random.nextLong() >>> random.nextInt(64));
        };
    }

    private String string() {
        if (oneIn(10)) {
            isPlain = false;
            return any(
                    List.of(
                            "\"\u00fc\"",
                            "\"\\n\"",
                            "\"\uD83D\uDE00\"",
                            "{\"b64\":\"/w==\"}",
                            "{\"b64\":\"\",\"c\":1}"));
        }
        return "\"" + "a b/c".substring(random.nextInt(5)) + "\"";
    }

    private String real(DataType type) {
        return switch (random.nextInt(8)) {
            case 0 -> Integer.toString(random.nextInt(-300, 300));
            case 1 -> Double.toString(random.nextInt(256) / 255.0);
            case 2 -> Float.toString(random.nextInt(256) / 255f);
            case 3 -> type == DataType.FP64 ? anyDouble() : anyFloat();
            case 4 -> digits(random.nextInt(1, 25)) + "." + digits(random.nextInt(1, 30));
            case 5 -> digits(random.nextInt(1, 10)) + "e" + random.nextInt(-40, 20);
            case 6 -> nearHalfway();
            default -> "0." + digits(random.nextInt(1, 20));
        };
    }

    private String anyFloat() {
        float value = Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(value) ? Float.toString(value) : "0.5";
    }

    private String anyDouble() {
        double value = Double.longBitsToDouble(random.nextLong());
        return Double.isFinite(value) ? Double.toString(value) : "0.5";
    }

    /** Between two floats, or a hair beside it: where rounding twice goes wrong. */
    private String nearHalfway() {
        float low = Float.intBitsToFloat(random.nextInt(0x0080_0000, 0x7f00_0000));
        var middle =
                new java.math.BigDecimal(low)
                        .add(new java.math.BigDecimal(Math.nextUp(low)))
                        .divide(java.math.BigDecimal.TWO);
        int places = random.nextInt(15, 22);
        return switch (random.nextInt(3)) {
            case 0 -> middle.toString();
            case 1 -> middle.round(new java.math.MathContext(places)).toString();
            default -> {
                double near = middle.doubleValue();
                yield Double.toString(oneIn(2) ? Math.nextUp(near) : Math.nextDown(near));
            }
        };
    }

    private String digits(int count) {
        var text = new StringBuilder().append((char) ('1' + random.nextInt(9)));
        while (text.length() < count) {
            text.append((char) ('0' + random.nextInt(10)));
        }
        return text.toString();
    }

    private byte[] mutated(byte[] body) {
        int at = random.nextInt(body.length + 1);
        int to = Math.min(body.length, at + random.nextInt(1, 4));
        return switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(body, at);
            case 1 -> spliced(body, at, to, new byte[0]);
            case 2 -> spliced(body, at, at, any(SNIPPETS).getBytes(StandardCharsets.UTF_8));
            case 3 -> spliced(body, at, to, new byte[] {(byte) random.nextInt(256)});
            case 4 -> spliced(body, at, at, Arrays.copyOfRange(body, at, to));
            default -> spliced(body, at, at, any(ODD_NUMBERS).getBytes(StandardCharsets.UTF_8));
        };
    }

    private static byte[] spliced(byte[] body, int from, int to, byte[] middle) {
        var out = new ByteArrayOutputStream();
        out.write(body, 0, from);
        out.writeBytes(middle);
        out.write(body, to, body.length - to);
        return out.toByteArray();
    }
}
