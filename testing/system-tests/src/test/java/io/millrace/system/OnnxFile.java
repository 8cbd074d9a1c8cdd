package io.millrace.system;

import static io.millrace.testkit.OnnxGraphs.FLOAT;
import static io.millrace.testkit.OnnxGraphs.INT64;
import static io.millrace.testkit.OnnxGraphs.STRING;
import static io.millrace.testkit.OnnxGraphs.floats;
import static io.millrace.testkit.OnnxGraphs.integer;
import static io.millrace.testkit.OnnxGraphs.node;
import static io.millrace.testkit.OnnxGraphs.tensor;
import static io.millrace.testkit.OnnxGraphs.value;

import io.millrace.testkit.OnnxGraphs;
import io.millrace.testkit.ProtoMessage;

/** Small ONNX models of the system tests. */
final class OnnxFile {

    private OnnxFile() {}

    /** {@code x: FP32[-1,3] -> y = factor * x}. */
    static byte[] scaling(float factor) {
        return model(
                new ProtoMessage()
                        .message(1, node("Mul", "x,factor", "y"))
                        .text(2, "scaling")
                        .message(5, constant("factor", factor))
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 3)));
    }

    /** {@code x: FP32[-1,3] -> y = x / 0}: infinite, or no number at all. */
    static byte[] dividingByZero() {
        return model(
                new ProtoMessage()
                        .message(1, node("Div", "x,zero", "y"))
                        .text(2, "dividing")
                        .message(5, constant("zero", 0f))
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 3)));
    }

    /** {@code x: FP32[-1,3] -> y = x / (x + 1)}: infinite for -1, and well for a trial's zeros. */
    static byte[] inverse() {
        return model(
                new ProtoMessage()
                        .message(1, node("Add", "x,one", "more"))
                        .message(1, node("Div", "x,more", "y"))
                        .text(2, "inverse")
                        .message(5, constant("one", 1f))
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 3)));
    }

    /** {@code x: FP32[-1,3] -> y: FP32[-1,6]}: a signature of its own. */
    static byte[] repeating() {
        return model(
                new ProtoMessage()
                        .message(1, node("Concat", "x,x", "y").message(5, integer("axis", 1)))
                        .text(2, "repeating")
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 6)));
    }

    /** {@code a, b: INT64[-1,2] -> sum, difference: INT64[-1,2]}. */
    static byte[] adding() {
        return model(
                new ProtoMessage()
                        .message(1, node("Add", "a,b", "sum"))
                        .message(1, node("Sub", "a,b", "difference"))
                        .text(2, "adding")
                        .message(11, value("a", INT64, "batch", 2))
                        .message(11, value("b", INT64, "batch", 2))
                        .message(12, value("sum", INT64, "batch", 2))
                        .message(12, value("difference", INT64, "batch", 2)));
    }

    /** {@code text: BYTES[-1,2] -> same}: each as it came. */
    static byte[] echoing() {
        return model(
                new ProtoMessage()
                        .message(1, node("Identity", "text", "same"))
                        .text(2, "echoing")
                        .message(11, value("text", STRING, "batch", 2))
                        .message(12, value("same", STRING, "batch", 2)));
    }

    private static byte[] model(ProtoMessage graph) {
        return OnnxGraphs.model(graph).toBytes();
    }

    private static ProtoMessage constant(String name, float value) {
        return tensor(name, FLOAT, 1).bytes(9, floats(value));
    }
}
