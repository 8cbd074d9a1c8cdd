package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Takes the elements of a tensor, one by one, into an array of their type. Nothing is boxed. */
abstract sealed class ElementSink {

    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    final String input;
    final DataType type;

    private ElementSink(TensorSpec spec) {
        this.input = spec.name();
        this.type = spec.type();
    }

    static ElementSink of(TensorSpec spec, int expected) {
        return switch (spec.type()) {
            case FP32 -> new Floats(spec, expected);
            case FP64 -> new Doubles(spec, expected);
            case INT64, UINT64 -> new Longs(spec, expected);
            case INT32, UINT32 -> new Ints(spec, expected);
            case INT16, UINT16, FP16, BF16 -> new Shorts(spec, expected);
            case INT8, UINT8, BOOL -> new Octets(spec, expected);
            case BYTES -> new Strings(spec);
        };
    }

    /** Takes the value on which the parser stands. */
    abstract void accept(JsonParser json, JsonToken token);

    /** Takes base64 text; the parser stands on its name, in an object that ends after it. */
    void acceptBase64(JsonParser json) {
        throw wrong(JsonToken.START_OBJECT);
    }

    abstract Tensor toTensor(Shape shape);

    final MillraceException wrong(JsonToken token) {
        String received =
                switch (token) {
                    case VALUE_STRING -> "a string";
                    case VALUE_NULL -> "null";
                    case VALUE_TRUE, VALUE_FALSE -> "a boolean";
                    case START_OBJECT -> "an object";
                    default -> "a number";
                };
        return MillraceException.invalid(
                "input '%s': expected %s, received %s"
                        .formatted(input, type.plainName(), received));
    }

    final MillraceException outOfRange(JsonParser json) {
        String text = json.getString();
        return MillraceException.invalid(
                "input '%s': %s does not fit into %s"
                        .formatted(
                                input,
                                text.length() <= 40 ? text : text.substring(0, 40) + "…",
                                type.plainName()));
    }

    /** A whole number between two bounds; 3.0 is one. */
    final long whole(JsonParser json, JsonToken token, long min, long max) {
        long value;
        if (token == JsonToken.VALUE_NUMBER_INT) {
            JsonParser.NumberType size = json.getNumberType();
            if (size == JsonParser.NumberType.BIG_INTEGER) {
                throw outOfRange(json);
            }
            value = json.getLongValue();
        } else if (token == JsonToken.VALUE_NUMBER_FLOAT) {
            double number = json.getDoubleValue();
            if (number != Math.rint(number) || Math.abs(number) > 0x1p53) {
                throw MillraceException.invalid(
                        "input '%s': expected whole numbers (%s), received %s"
                                .formatted(input, type.plainName(), number));
            }
            value = (long) number;
        } else {
            throw wrong(token);
        }
        if (value < min || value > max) {
            throw outOfRange(json);
        }
        return value;
    }

    final float real(JsonParser json, JsonToken token) {
        if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
            throw wrong(token);
        }
        float value = json.getFloatValue();
        if (Float.isInfinite(value) && !json.isNaN()) {
            throw outOfRange(json);
        }
        return value;
    }

    final int grown(int length) {
        if (length >= MAX_ELEMENTS) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.TOO_LARGE,
                    "input '" + input + "' has too many elements");
        }
        return (int) Math.min(MAX_ELEMENTS, Math.max(16, length * 2L));
    }

    final Tensor numeric(Shape shape, MemorySegment data) {
        return new Tensor.Numeric(type, shape, data);
    }

    private static final class Floats extends ElementSink {
        private float[] values;
        private int count;

        Floats(TensorSpec spec, int expected) {
            super(spec);
            values = new float[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            values[count++] = real(json, token);
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(
                    shape,
                    MemorySegment.ofArray(
                            count == values.length ? values : Arrays.copyOf(values, count)));
        }
    }

    private static final class Doubles extends ElementSink {
        private double[] values;
        private int count;

        Doubles(TensorSpec spec, int expected) {
            super(spec);
            values = new double[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
                throw wrong(token);
            }
            double value = json.getDoubleValue();
            if (Double.isInfinite(value) && !json.isNaN()) {
                throw outOfRange(json);
            }
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            values[count++] = value;
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(shape, MemorySegment.ofArray(Arrays.copyOf(values, count)));
        }
    }

    private static final class Longs extends ElementSink {
        private long[] values;
        private int count;

        Longs(TensorSpec spec, int expected) {
            super(spec);
            values = new long[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            values[count++] =
                    type == DataType.UINT64
                            ? unsigned(json, token)
                            : whole(json, token, Long.MIN_VALUE, Long.MAX_VALUE);
        }

        private long unsigned(JsonParser json, JsonToken token) {
            if (token == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                BigInteger value = json.getBigIntegerValue();
                if (value.signum() < 0 || value.bitLength() > Long.SIZE) {
                    throw outOfRange(json);
                }
                return value.longValue();
            }
            return whole(json, token, 0, Long.MAX_VALUE);
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(shape, MemorySegment.ofArray(Arrays.copyOf(values, count)));
        }
    }

    private static final class Ints extends ElementSink {
        private int[] values;
        private int count;

        Ints(TensorSpec spec, int expected) {
            super(spec);
            values = new int[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            boolean isSigned = type == DataType.INT32;
            values[count++] =
                    (int)
                            whole(
                                    json,
                                    token,
                                    isSigned ? Integer.MIN_VALUE : 0,
                                    isSigned ? Integer.MAX_VALUE : 0xffff_ffffL);
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(shape, MemorySegment.ofArray(Arrays.copyOf(values, count)));
        }
    }

    private static final class Shorts extends ElementSink {
        private short[] values;
        private int count;

        Shorts(TensorSpec spec, int expected) {
            super(spec);
            values = new short[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            values[count++] =
                    switch (type) {
                        case FP16 -> Float.floatToFloat16(real(json, token));
                        case BF16 -> HalfFloats.toBfloat16(real(json, token));
                        case INT16 -> (short) whole(json, token, Short.MIN_VALUE, Short.MAX_VALUE);
                        default -> (short) whole(json, token, 0, 0xffff);
                    };
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(shape, MemorySegment.ofArray(Arrays.copyOf(values, count)));
        }
    }

    private static final class Octets extends ElementSink {
        private byte[] values;
        private int count;

        Octets(TensorSpec spec, int expected) {
            super(spec);
            values = new byte[expected];
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (count == values.length) {
                values = Arrays.copyOf(values, grown(count));
            }
            values[count++] =
                    switch (type) {
                        case BOOL -> bool(token);
                        case INT8 -> (byte) whole(json, token, Byte.MIN_VALUE, Byte.MAX_VALUE);
                        default -> (byte) whole(json, token, 0, 0xff);
                    };
        }

        private byte bool(JsonToken token) {
            return switch (token) {
                case VALUE_TRUE -> 1;
                case VALUE_FALSE -> 0;
                default -> throw wrong(token);
            };
        }

        @Override
        Tensor toTensor(Shape shape) {
            return numeric(shape, MemorySegment.ofArray(Arrays.copyOf(values, count)));
        }
    }

    private static final class Strings extends ElementSink {
        private final List<byte[]> values = new ArrayList<>();

        Strings(TensorSpec spec) {
            super(spec);
        }

        @Override
        void accept(JsonParser json, JsonToken token) {
            if (token == JsonToken.VALUE_STRING) {
                values.add(json.getString().getBytes(StandardCharsets.UTF_8));
            } else if (token == JsonToken.START_OBJECT && "b64".equals(json.nextName())) {
                acceptBase64(json);
                if (json.nextToken() != JsonToken.END_OBJECT) {
                    throw MillraceException.invalid(
                            "input '" + input + "': {\"b64\": …} holds nothing else");
                }
            } else {
                throw wrong(token);
            }
        }

        @Override
        void acceptBase64(JsonParser json) {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw MillraceException.invalid("input '" + input + "': b64 takes a string");
            }
            try {
                values.add(java.util.Base64.getDecoder().decode(json.getString()));
            } catch (IllegalArgumentException e) {
                throw new MillraceException(
                        io.millrace.api.ErrorCode.INVALID,
                        "input '" + input + "': b64 is not base64: " + e.getMessage(),
                        e);
            }
        }

        @Override
        Tensor toTensor(Shape shape) {
            return new Tensor.Bytes(shape, values);
        }
    }
}
