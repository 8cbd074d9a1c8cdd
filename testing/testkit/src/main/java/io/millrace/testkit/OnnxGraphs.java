package io.millrace.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Puts small ONNX models together; the numbers of the fields are those of onnx.proto. */
public final class OnnxGraphs {

    public static final int FLOAT = 1;
    public static final int INT64 = 7;
    public static final int STRING = 8;
    public static final int BOOL = 9;

    private OnnxGraphs() {}

    /** A model around a graph. */
    public static ProtoMessage model(ProtoMessage graph) {
        return new ProtoMessage()
                .number(1, 8)
                .text(2, "millrace-test")
                .message(7, graph)
                .message(8, operators("", 17))
                .message(8, operators("ai.onnx.ml", 3));
    }

    /** The operators that a model uses, of a domain. */
    public static ProtoMessage operators(String domain, int version) {
        return new ProtoMessage().text(1, domain).number(2, version);
    }

    /** An operation; inputs and outputs are separated by commas. */
    public static ProtoMessage node(String operation, String inputs, String outputs) {
        var node = new ProtoMessage();
        for (String input : inputs.split(",", -1)) {
            node.text(1, input);
        }
        for (String output : outputs.split(",", -1)) {
            node.text(2, output);
        }
        return node.text(3, "to-" + outputs).text(4, operation);
    }

    /** An attribute of a node that is a list of whole numbers. */
    public static ProtoMessage ints(String name, long... values) {
        var attribute = new ProtoMessage().text(1, name);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute.number(20, 7);
    }

    /** A constant without its data, which is field 9. */
    public static ProtoMessage tensor(String name, int type, long... extents) {
        var tensor = new ProtoMessage();
        for (long extent : extents) {
            tensor.number(1, extent);
        }
        return tensor.number(2, type).text(8, name);
    }

    /** An attribute of a node that is one whole number. */
    public static ProtoMessage integer(String name, long value) {
        return new ProtoMessage().text(1, name).number(3, value).number(20, 2);
    }

    /** An input or output; extents are numbers or names. */
    public static ProtoMessage value(String name, int type, Object... extents) {
        var shape = new ProtoMessage();
        for (Object extent : extents) {
            shape.message(
                    1,
                    extent instanceof Integer number
                            ? new ProtoMessage().number(1, number)
                            : new ProtoMessage().text(2, extent.toString()));
        }
        return value(
                name,
                new ProtoMessage()
                        .message(1, new ProtoMessage().number(1, type).message(2, shape)));
    }

    /** An input or output of a type. */
    public static ProtoMessage value(String name, ProtoMessage type) {
        return new ProtoMessage().text(1, name).message(2, type);
    }

    /** Numbers as the data of a tensor. */
    public static byte[] floats(float... values) {
        var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** Whole numbers as the data of a tensor. */
    public static byte[] longs(long... values) {
        var bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putLong(value);
        }
        return bytes.array();
    }
}
