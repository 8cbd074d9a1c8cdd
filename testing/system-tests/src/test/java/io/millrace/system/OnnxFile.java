package io.millrace.system;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Small ONNX models, written field by field as onnx.proto numbers them. */
final class OnnxFile {

    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int STRING = 8;

    private OnnxFile() {}

    /** {@code x: FP32[-1,3] -> y = factor * x}. */
    static byte[] scaling(float factor) {
        return model(
                new Message()
                        .message(1, node("Mul", "x,factor", "y"))
                        .text(2, "scaling")
                        .message(5, constant("factor", factor))
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 3)));
    }

    /** {@code x: FP32[-1,3] -> y = x / 0}: infinite, or no number at all. */
    static byte[] dividingByZero() {
        return model(
                new Message()
                        .message(1, node("Div", "x,zero", "y"))
                        .text(2, "dividing")
                        .message(5, constant("zero", 0f))
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 3)));
    }

    /** {@code x: FP32[-1,3] -> y = x / (x + 1)}: infinite for -1, and well for a trial's zeros. */
    static byte[] inverse() {
        return model(
                new Message()
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
                new Message()
                        .message(1, node("Concat", "x,x", "y").message(5, integer("axis", 1)))
                        .text(2, "repeating")
                        .message(11, value("x", FLOAT, "batch", 3))
                        .message(12, value("y", FLOAT, "batch", 6)));
    }

    /** {@code a, b: INT64[-1,2] -> sum, difference: INT64[-1,2]}. */
    static byte[] adding() {
        return model(
                new Message()
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
                new Message()
                        .message(1, node("Identity", "text", "same"))
                        .text(2, "echoing")
                        .message(11, value("text", STRING, "batch", 2))
                        .message(12, value("same", STRING, "batch", 2)));
    }

    private static byte[] model(Message graph) {
        return new Message()
                .number(1, 8)
                .text(2, "millrace-test")
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 17))
                .toBytes();
    }

    private static Message node(String operation, String inputs, String outputs) {
        var node = new Message();
        for (String input : inputs.split(",", -1)) {
            node.text(1, input);
        }
        for (String output : outputs.split(",", -1)) {
            node.text(2, output);
        }
        return node.text(3, "to-" + outputs).text(4, operation);
    }

    private static Message integer(String name, long value) {
        return new Message().text(1, name).number(3, value).number(20, 2);
    }

    private static Message constant(String name, float value) {
        byte[] raw =
                ByteBuffer.allocate(Float.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(value)
                        .array();
        return new Message().number(1, 1).number(2, FLOAT).text(8, name).bytes(9, raw);
    }

    private static Message value(String name, int type, String rows, int columns) {
        Message shape =
                new Message()
                        .message(1, new Message().text(2, rows))
                        .message(1, new Message().number(1, columns));
        Message tensor = new Message().number(1, type).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** A message of protocol buffers. */
    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toBytes());
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] toBytes() {
            return out.toByteArray();
        }
    }
}
