package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Takes the elements of a tensor, one by one, into an array of their type. Nothing is boxed. */
abstract sealed class ElementSink
        permits FloatSink, DoubleSink, LongSink, IntSink, ShortSink, OctetSink, StringSink {

    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    final String input;
    final DataType type;

    /** How many elements it has. */
    int count;

    private int start;

    ElementSink(TensorSpec spec) {
        this.input = spec.name();
        this.type = spec.type();
    }

    static ElementSink of(TensorSpec spec, int expected) {
        return switch (spec.type()) {
            case FP32 -> new FloatSink(spec, expected);
            case FP64 -> new DoubleSink(spec, expected);
            case INT64, UINT64 -> new LongSink(spec, expected);
            case INT32, UINT32 -> new IntSink(spec, expected);
            case INT16, UINT16, FP16, BF16 -> new ShortSink(spec, expected);
            case INT8, UINT8, BOOL -> new OctetSink(spec, expected);
            case BYTES -> new StringSink(spec);
        };
    }

    /** Takes the value on which the parser stands. */
    abstract void accept(JsonParser json, JsonToken token);

    /** Takes base64 text; the parser stands on its name, in an object that ends after it. */
    void acceptBase64(JsonParser json) {
        throw wrong(JsonToken.START_OBJECT);
    }

    /**
     * Takes the value that begins at a place of the text.
     *
     * @return the place behind it, or {@link JsonBytes#NONE} when it is unusual or wrong
     */
    abstract int take(NumberSource in, int at);

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
        // Jackson makes floats of huge integers by way of a double, and so rounds them twice.
        float value =
                token == JsonToken.VALUE_NUMBER_INT
                                && json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? json.getBigIntegerValue().floatValue()
                        : json.getFloatValue();
        if (Float.isInfinite(value) && isNumeral(json)) {
            throw outOfRange(json);
        }
        return value;
    }

    final double realDouble(JsonParser json, JsonToken token) {
        if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
            throw wrong(token);
        }
        double value = json.getDoubleValue();
        if (Double.isInfinite(value) && isNumeral(json)) {
            throw outOfRange(json);
        }
        return value;
    }

    /** Whether it is written in digits: neither infinity nor not-a-number by intention. */
    private static boolean isNumeral(JsonParser json) {
        String text = json.getString();
        return Character.isDigit(text.charAt(text.length() - 1));
    }

    /**
     * Room for as many elements as the rest of the text holds if it goes on as densely, and never
     * for more than it can hold.
     *
     * @param at where the element begins for which there is no room
     */
    final int roomier(NumberSource in, int at) {
        long rest = (long) in.json().length - at;
        long asDense = rest * count / Math.max(1, at - start);
        long wanted = Math.min(asDense + asDense / 16, rest / 2) + 16;
        return (int) Math.min(MAX_ELEMENTS, count + wanted);
    }

    /** Says where its first element is about to be read. */
    final void startAt(int at) {
        start = at;
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
}
