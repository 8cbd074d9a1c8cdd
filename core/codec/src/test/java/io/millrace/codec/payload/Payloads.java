package io.millrace.codec.payload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;

/** Payloads as clients make them, written by a library that is not ours. */
final class Payloads {

    private Payloads() {}

    /** The payload of the well-known camera: a map with 28 x 28 x 1 64-bit floats. */
    static byte[] camera(double[] pixels) {
        return pack(packer -> {
            packer.packMapHeader(4);
            packer.packString("image");
            packer.packArrayHeader(28);
            for (int row = 0; row < 28; row++) {
                packer.packArrayHeader(28);
                for (int column = 0; column < 28; column++) {
                    packer.packArrayHeader(1);
                    packer.packDouble(pixels[row * 28 + column]);
                }
            }
            packer.packString("dtype").packString("float64");
            packer.packString("height").packInt(28);
            packer.packString("width").packInt(28);
        });
    }

    static double[] pixels(RandomGenerator random) {
        double[] pixels = new double[784];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextInt(256);
        }
        return pixels;
    }

    static byte[] packed(Object value) {
        return pack(packer -> packValue(packer, value));
    }

    static byte[] json(double[] pixels) {
        var text = new StringBuilder("{\"id\": \"a\\\"b\", \"image\": [");
        for (int row = 0; row < 28; row++) {
            text.append(row == 0 ? "[" : ", [");
            for (int column = 0; column < 28; column++) {
                text.append(column == 0 ? "[" : ",[").append(pixels[row * 28 + column]).append(']');
            }
            text.append(']');
        }
        return text.append("], \"nested\": {\"a\": [1, {\"b\": null}]}}")
                .toString()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void packValue(MessagePacker packer, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                packer.packMapHeader(map.size());
                for (var entry : map.entrySet()) {
                    packValue(packer, entry.getKey());
                    packValue(packer, entry.getValue());
                }
            }
            case List<?> list -> {
                packer.packArrayHeader(list.size());
                for (Object element : list) {
                    packValue(packer, element);
                }
            }
            case String text -> packer.packString(text);
            case Boolean truth -> packer.packBoolean(truth);
            case Double number -> packer.packDouble(number);
            case Float number -> packer.packFloat(number);
            case Integer number -> packer.packInt(number);
            case Long number -> packer.packLong(number);
            case java.math.BigInteger number -> packer.packBigInteger(number);
            case byte[] bytes -> packer.packBinaryHeader(bytes.length).addPayload(bytes);
            default -> throw new IllegalArgumentException("cannot pack " + value.getClass());
        }
    }

    private static byte[] pack(Packing packing) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packing.to(packer);
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(int... values) {
        var out = new ByteArrayOutputStream();
        for (int value : values) {
            out.write(value);
        }
        return out.toByteArray();
    }

    private interface Packing {
        void to(MessagePacker packer) throws IOException;
    }
}
