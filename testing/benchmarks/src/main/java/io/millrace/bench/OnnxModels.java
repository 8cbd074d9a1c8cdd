package io.millrace.bench;

import static io.millrace.testkit.OnnxGraphs.FLOAT;
import static io.millrace.testkit.OnnxGraphs.INT64;
import static io.millrace.testkit.OnnxGraphs.ints;
import static io.millrace.testkit.OnnxGraphs.longs;
import static io.millrace.testkit.OnnxGraphs.node;
import static io.millrace.testkit.OnnxGraphs.tensor;

import io.millrace.testkit.OnnxGraphs;
import io.millrace.testkit.ProtoMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The ONNX models of the benchmarks: {@code image: float32[batch,28,28,1] -> scores:
 * float32[batch,10]}. The same bytes on every machine; the weights are a wave, because only the
 * time counts.
 */
final class OnnxModels {

    static final String INPUT = "image";
    static final String OUTPUT = "scores";

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
        ProtoMessage graph =
                new ProtoMessage()
                        .message(1, node("Flatten", INPUT, "features"))
                        .message(5, weights("dense", 1, 0.05f, 28 * 28, CLASSES));
        return model(graph, "dense");
    }

    /**
     * {@code series: float32[batch,6,1] -> next: float32[batch,1]}: one weight for each reading.
     */
    static byte[] series() {
        ProtoMessage graph =
                new ProtoMessage()
                        .message(1, node("Flatten", "series", "flat"))
                        .message(5, weights("weights", 1, 0.3f, 6, 1))
                        .message(1, node("MatMul", "flat,weights", "next"))
                        .text(2, "series")
                        .message(11, value("series", 6, 1))
                        .message(12, value("next", 1));
        return file(graph);
    }

    /** With one channel, channels last and channels first are the same bytes. */
    private static ProtoMessage picture() {
        var shape = tensor("first", INT64, 4);
        return new ProtoMessage()
                .message(1, node("Reshape", INPUT + ",first", "pixels"))
                .message(5, shape.bytes(9, longs(-1, 1, 28, 28)));
    }

    private static byte[] model(ProtoMessage body, String name) {
        ProtoMessage graph =
                body.message(1, node("Flatten", "features", "flat"))
                        .message(1, node("MatMul", "flat,dense", "sums"))
                        .message(1, node("Softmax", "sums", OUTPUT))
                        .text(2, name)
                        .message(11, value(INPUT, 28, 28, 1))
                        .message(12, value(OUTPUT, CLASSES));
        return file(graph);
    }

    private static byte[] file(ProtoMessage graph) {
        return OnnxGraphs.model(graph).toBytes();
    }

    private static ProtoMessage convolution(
            String from, String to, String filter, int stride, int pad) {
        return node("Conv", from + "," + filter, to)
                .message(5, ints("strides", stride, stride))
                .message(5, ints("pads", pad, pad, pad, pad));
    }

    private static ProtoMessage pool(String from, String to) {
        return node("MaxPool", from, to)
                .message(5, ints("kernel_shape", 2, 2))
                .message(5, ints("strides", 2, 2));
    }

    private static ProtoMessage weights(String name, int variant, float scale, int... extents) {
        var lengths = new long[extents.length];
        int count = 1;
        for (int i = 0; i < extents.length; i++) {
            lengths[i] = extents[i];
            count *= extents[i];
        }
        var data = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            data.putFloat(scale * (float) StrictMath.sin(i * (0.7 + 0.1 * variant)));
        }
        return tensor(name, FLOAT, lengths).bytes(9, data.array());
    }

    /** An input or output whose first extent is the batch. */
    private static ProtoMessage value(String name, Object... extents) {
        var all = new Object[extents.length + 1];
        all[0] = "batch";
        System.arraycopy(extents, 0, all, 1, extents.length);
        return OnnxGraphs.value(name, FLOAT, all);
    }
}
