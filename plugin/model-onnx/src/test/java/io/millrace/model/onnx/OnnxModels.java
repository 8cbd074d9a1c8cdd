package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX models, put together field by field. */
final class OnnxModels {

    static final int FLOAT = 1;
    static final int INT64 = 7;
    static final int STRING = 8;
    static final int BOOL = 9;

    private OnnxModels() {}

    /** {@code x: float32[-1,width] -> y: 2x}. */
    static Message doubling(int width) {
        return model(
                new Message()
                        .message(1, node("Mul", "x,two", "y"))
                        .text(2, "doubling")
                        .message(5, tensor("two", FLOAT, 1).bytes(9, floats(2)))
                        .message(11, value("x", FLOAT, "batch", width))
                        .message(12, value("y", FLOAT, "batch", width)));
    }

    /** {@code x -> y}, the same. */
    static Message identity(int type, Object... extents) {
        return model(
                new Message()
                        .message(1, node("Identity", "x", "y"))
                        .text(2, "identity")
                        .message(11, value("x", type, extents))
                        .message(12, value("y", type, extents)));
    }

    /** 28 x 28 pictures to ten scores by a small convolution. */
    static Message convolution() {
        var conv =
                node("Conv", "image,filter", "edges")
                        .message(5, ints("strides", 2, 2))
                        .message(5, ints("pads", 1, 1, 1, 1));
        return model(
                new Message()
                        .message(1, conv)
                        .message(1, node("Relu", "edges", "kept"))
                        .message(1, node("Flatten", "kept", "flat"))
                        .message(1, node("MatMul", "flat,weights", "scores"))
                        .text(2, "convolution")
                        .message(5, tensor("filter", FLOAT, 8, 1, 3, 3).bytes(9, ramp(72)))
                        .message(5, tensor("weights", FLOAT, 1568, 10).bytes(9, ramp(15680)))
                        .message(11, value("image", FLOAT, "batch", 1, 28, 28))
                        .message(12, value("scores", FLOAT, "batch", 10)));
    }

    /** 784 numbers to ten scores. */
    static Message dense() {
        return model(
                new Message()
                        .message(1, node("MatMul", "x,weights", "scores"))
                        .text(2, "dense")
                        .message(5, tensor("weights", FLOAT, 784, 10).bytes(9, ramp(7840)))
                        .message(11, value("x", FLOAT, "batch", 784))
                        .message(12, value("scores", FLOAT, "batch", 10)));
    }

    /** Square matrices, one after another. */
    static Message stack(int depth, int width) {
        var graph = new Message().text(2, "stack");
        for (int i = 0; i < depth; i++) {
            graph.message(1, node("MatMul", "x" + i + ",w" + i, "x" + (i + 1)))
                    .message(5, tensor("w" + i, FLOAT, width, width).bytes(9, ramp(width * width)));
        }
        return model(
                graph.message(11, value("x0", FLOAT, "batch", width))
                        .message(12, value("x" + depth, FLOAT, "batch", width)));
    }

    /** A model around a graph. */
    static Message model(Message graph) {
        return new Message()
                .number(1, 8)
                .text(2, "millrace-test")
                .message(7, graph)
                .message(8, operators("", 17))
                .message(8, operators("ai.onnx.ml", 3));
    }

    static Message operators(String domain, int version) {
        return new Message().text(1, domain).number(2, version);
    }

    /** Inputs and outputs are separated by commas. */
    static Message node(String operation, String inputs, String outputs) {
        var node = new Message();
        for (String input : inputs.split(",", -1)) {
            node.text(1, input);
        }
        for (String output : outputs.split(",", -1)) {
            node.text(2, output);
        }
        return node.text(3, "to-" + outputs).text(4, operation);
    }

    static Message ints(String name, long... values) {
        var attribute = new Message().text(1, name);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute.number(20, 7);
    }

    static Message tensor(String name, int type, long... extents) {
        var tensor = new Message();
        for (long extent : extents) {
            tensor.number(1, extent);
        }
        return tensor.number(2, type).text(8, name);
    }

    /** A constant whose data lies in another file. */
    static Message external(String name, int type, String location, Message... entries) {
        var tensor = tensor(name, type, 1).number(14, 1).message(13, entry("location", location));
        for (Message entry : entries) {
            tensor.message(13, entry);
        }
        return tensor;
    }

    static Message entry(String key, String value) {
        return new Message().text(1, key).text(2, value);
    }

    /** An input or output; extents are numbers or names. */
    static Message value(String name, int type, Object... extents) {
        var shape = new Message();
        for (Object extent : extents) {
            shape.message(
                    1,
                    extent instanceof Integer number
                            ? new Message().number(1, number)
                            : new Message().text(2, extent.toString()));
        }
        return value(
                name, new Message().message(1, new Message().number(1, type).message(2, shape)));
    }

    static Message value(String name, Message type) {
        return new Message().text(1, name).message(2, type);
    }

    static byte[] floats(float... values) {
        var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private static byte[] ramp(int count) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i % 17 - 8) / 64f;
        }
        return floats(values);
    }

    static Path write(Path file, Message model) {
        return write(file, model.toBytes());
    }

    static Path write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw MillraceException.internal("cannot write " + file, e);
        }
    }
}
