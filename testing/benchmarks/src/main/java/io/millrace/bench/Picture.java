package io.millrace.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** The first picture of the example in the forms in which clients send it. */
final class Picture {

    private static final int PIXELS = 784;

    private final int[] pixels = new int[PIXELS];

    Picture() throws IOException {
        Path file =
                Path.of(
                        System.getProperty("millrace.home"),
                        "examples/fashion/data/fashion-mnist-sample-images-idx3-ubyte.gz");
        try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
            in.skipNBytes(16);
            for (int i = 0; i < PIXELS; i++) {
                pixels[i] = in.readUnsignedByte();
            }
        }
    }

    /** A V1 request as Python's json module writes it. */
    byte[] v1() {
        var text = new StringBuilder("{\"instances\": [[");
        for (int i = 0; i < PIXELS; i++) {
            text.append(i == 0 ? "[" : i % 28 == 0 ? "], [" : ", ");
            text.append('[').append(pixels[i] / 255.0).append(']');
        }
        return text.append("]]]}").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** An Open Inference request, flat, as Python's json module writes it. */
    byte[] v2() {
        var text =
                new StringBuilder(
                        "{\"id\": \"1\", \"inputs\": [{\"name\": \"image\", \"shape\": [1, 28, 28, 1],"
                                + " \"datatype\": \"FP32\", \"data\": [");
        for (int i = 0; i < PIXELS; i++) {
            text.append(i == 0 ? "" : ", ").append(pixels[i] / 255.0);
        }
        return text.append("]}]}").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Raw float32, the same picture again and again. */
    byte[] raw(int batch) {
        var bytes =
                ByteBuffer.allocate(batch * PIXELS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < batch * PIXELS; i++) {
            bytes.putFloat((float) (pixels[i % PIXELS] / 255.0));
        }
        return bytes.array();
    }
}
