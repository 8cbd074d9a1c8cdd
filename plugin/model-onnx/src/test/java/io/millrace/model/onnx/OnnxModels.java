package io.millrace.model.onnx;

import static io.millrace.testkit.OnnxGraphs.FLOAT;
import static io.millrace.testkit.OnnxGraphs.floats;
import static io.millrace.testkit.OnnxGraphs.ints;
import static io.millrace.testkit.OnnxGraphs.model;
import static io.millrace.testkit.OnnxGraphs.node;
import static io.millrace.testkit.OnnxGraphs.tensor;
import static io.millrace.testkit.OnnxGraphs.value;

import io.millrace.api.MillraceException;
import io.millrace.testkit.ProtoMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX models, put together field by field. */
final class OnnxModels {

    private OnnxModels() {}

    /** {@code x: float32[-1,width] -> y: 2x}. */
    static ProtoMessage doubling(int width) {
        return model(
                new ProtoMessage()
                        .message(1, node("Mul", "x,two", "y"))
                        .text(2, "doubling")
                        .message(5, tensor("two", FLOAT, 1).bytes(9, floats(2)))
                        .message(11, value("x", FLOAT, "batch", width))
                        .message(12, value("y", FLOAT, "batch", width)));
    }

    /** {@code x -> y}, the same. */
    static ProtoMessage identity(int type, Object... extents) {
        return model(
                new ProtoMessage()
                        .message(1, node("Identity", "x", "y"))
                        .text(2, "identity")
                        .message(11, value("x", type, extents))
                        .message(12, value("y", type, extents)));
    }

    /** 28 x 28 pictures to ten scores by a small convolution. */
    static ProtoMessage convolution() {
        var conv =
                node("Conv", "image,filter", "edges")
                        .message(5, ints("strides", 2, 2))
                        .message(5, ints("pads", 1, 1, 1, 1));
        return model(
                new ProtoMessage()
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
    static ProtoMessage dense() {
        return model(
                new ProtoMessage()
                        .message(1, node("MatMul", "x,weights", "scores"))
                        .text(2, "dense")
                        .message(5, tensor("weights", FLOAT, 784, 10).bytes(9, ramp(7840)))
                        .message(11, value("x", FLOAT, "batch", 784))
                        .message(12, value("scores", FLOAT, "batch", 10)));
    }

    /** Square matrices, one after another. */
    static ProtoMessage stack(int depth, int width) {
        var graph = new ProtoMessage().text(2, "stack");
        for (int i = 0; i < depth; i++) {
            graph.message(1, node("MatMul", "x" + i + ",w" + i, "x" + (i + 1)))
                    .message(5, tensor("w" + i, FLOAT, width, width).bytes(9, ramp(width * width)));
        }
        return model(
                graph.message(11, value("x0", FLOAT, "batch", width))
                        .message(12, value("x" + depth, FLOAT, "batch", width)));
    }

    /** A constant whose data lies in another file. */
    static ProtoMessage external(String name, int type, String location, ProtoMessage... entries) {
        var tensor = tensor(name, type, 1).number(14, 1).message(13, entry("location", location));
        for (ProtoMessage entry : entries) {
            tensor.message(13, entry);
        }
        return tensor;
    }

    static ProtoMessage entry(String key, String value) {
        return new ProtoMessage().text(1, key).text(2, value);
    }

    private static byte[] ramp(int count) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i % 17 - 8) / 64f;
        }
        return floats(values);
    }

    static Path write(Path file, ProtoMessage model) {
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
