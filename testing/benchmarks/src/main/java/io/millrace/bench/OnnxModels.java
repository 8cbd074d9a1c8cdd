package io.millrace.bench;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The ONNX models of the benchmarks, written field by field (the numbers are those of onnx.proto):
 * {@code image: float32[batch,28,28,1] -> scores: float32[batch,10]}. The same bytes on every
 * machine; the weights are a wave, because only the time counts.
 */
final class OnnxModels {

    static final String INPUT = "image";
    static final String OUTPUT = "scores";

    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int CLASSES = 10;

    private OnnxModels() {}

    /**
     * One convolution with 8 filters and stride 2, one dense layer: few microseconds a picture.
     *
     * @param variant models of different variants give different answers
     */
    static byte[] small(int variant) {
        int filters = 8;
        int flat = 13 * 13 * filters;
        return model(
                picture()
                        .message(1, convolution("pixels", "edges", "filter", 2, 0))
                        .message(1, node("Relu", "edges", "features"))
                        .message(5, weights("filter", variant, 0.5f, filters, 1, 3, 3))
                        .message(5, weights("dense", variant, 0.05f, flat, CLASSES)),
                "small");
    }

    /** Two convolutions with 32 and 64 filters: about four million multiplications a picture. */
    static byte[] heavy() {
        int flat = 7 * 7 * 64;
        return model(
                picture()
                        .message(1, convolution("pixels", "edges", "filter1", 1, 1))
                        .message(1, node("Relu", "edges", "kept1"))
                        .message(1, pool("kept1", "half"))
                        .message(1, convolution("half", "shapes", "filter2", 1, 1))
                        .message(1, node("Relu", "shapes", "kept2"))
                        .message(1, pool("kept2", "features"))
                        .message(5, weights("filter1", 1, 0.5f, 32, 1, 3, 3))
                        .message(5, weights("filter2", 2, 0.1f, 64, 32, 3, 3))
                        .message(5, weights("dense", 3, 0.05f, flat, CLASSES)),
                "heavy");
    }

    /** One dense layer over all pixels: about a microsecond a picture. */
    static byte[] dense() {
        Message graph =
                new Message()
                        .message(1, node("Flatten", INPUT, "features"))
                        .message(5, weights("dense", 1, 0.05f, 28 * 28, CLASSES));
        return model(graph, "dense");
    }

    /**
     * {@code series: float32[batch,6,1] -> next: float32[batch,1]}: one weight for each reading.
     */
    static byte[] series() {
        Message graph =
                new Message()
                        .message(1, node("Flatten", "series", "flat"))
                        .message(5, weights("weights", 1, 0.3f, 6, 1))
                        .message(1, node("MatMul", "flat,weights", "next"))
                        .text(2, "series")
                        .message(11, value("series", 6, 1))
                        .message(12, value("next", 1));
        return file(graph);
    }

    /** With one channel, channels last and channels first are the same bytes. */
    private static Message picture() {
        var shape = new Message().number(1, 4).number(2, INT64).text(8, "first");
        return new Message()
                .message(1, node("Reshape", INPUT + ",first", "pixels"))
                .message(5, shape.bytes(9, longs(-1, 1, 28, 28)));
    }

    private static byte[] model(Message body, String name) {
        Message graph =
                body.message(1, node("Flatten", "features", "flat"))
                        .message(1, node("MatMul", "flat,dense", "sums"))
                        .message(1, node("Softmax", "sums", OUTPUT))
                        .text(2, name)
                        .message(11, value(INPUT, 28, 28, 1))
                        .message(12, value(OUTPUT, CLASSES));
        return file(graph);
    }

    private static byte[] file(Message graph) {
        return new Message()
                .number(1, 8)
                .text(2, "millrace-bench")
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 17))
                .bytes();
    }

    private static Message convolution(String from, String to, String filter, int stride, int pad) {
        return node("Conv", from + "," + filter, to)
                .message(5, integers("strides", stride, stride))
                .message(5, integers("pads", pad, pad, pad, pad));
    }

    private static Message pool(String from, String to) {
        return node("MaxPool", from, to)
                .message(5, integers("kernel_shape", 2, 2))
                .message(5, integers("strides", 2, 2));
    }

    private static Message node(String operation, String inputs, String output) {
        var node = new Message();
        for (String input : inputs.split(",", -1)) {
            node.text(1, input);
        }
        return node.text(2, output).text(3, "to-" + output).text(4, operation);
    }

    private static Message integers(String name, long... values) {
        var attribute = new Message().text(1, name);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute.number(20, 7);
    }

    private static Message weights(String name, int variant, float scale, int... extents) {
        var tensor = new Message();
        int count = 1;
        for (int extent : extents) {
            tensor.number(1, extent);
            count *= extent;
        }
        var data = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            data.putFloat(scale * (float) StrictMath.sin(i * (0.7 + 0.1 * variant)));
        }
        return tensor.number(2, FLOAT).text(8, name).bytes(9, data.array());
    }

    /** An input or output whose first extent is the batch. */
    private static Message value(String name, int... extents) {
        var shape = new Message().message(1, new Message().text(2, "batch"));
        for (int extent : extents) {
            shape.message(1, new Message().number(1, extent));
        }
        var type = new Message().message(1, new Message().number(1, FLOAT).message(2, shape));
        return new Message().text(1, name).message(2, type);
    }

    private static byte[] longs(long... values) {
        var bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putLong(value);
        }
        return bytes.array();
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
            return bytes(field, value.bytes());
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
