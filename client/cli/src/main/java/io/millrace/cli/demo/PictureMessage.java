package io.millrace.cli.demo;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The msgpack map that clients of the example send: the picture as 28 rows of 28 pixels, each an
 * array of one number from 0 to 1, then its type and size, and a number that the answer repeats.
 */
final class PictureMessage {

    private static final int FIX_MAP = 0x80;
    private static final int FIX_ARRAY = 0x90;
    private static final int FIX_STRING = 0xa0;
    private static final int ARRAY_16 = 0xdc;
    private static final int FLOAT_64 = 0xcb;
    private static final int INT_32 = 0xd2;

    private PictureMessage() {}

    /** As clients without numbers send it: always 7,963 bytes. */
    static byte[] encode(byte[] picture) {
        return encode(picture, -1);
    }

    /** With a number, unless it is negative. */
    static byte[] encode(byte[] picture, int id) {
        var bytes = new ByteArrayOutputStream(8192);
        try (var out = new DataOutputStream(bytes)) {
            out.writeByte(FIX_MAP | (id < 0 ? 4 : 5));
            text(out, "image");
            image(out, picture);
            text(out, "dtype");
            text(out, "float64");
            text(out, "height");
            out.writeByte(FashionSample.SIDE);
            text(out, "width");
            out.writeByte(FashionSample.SIDE);
            if (id >= 0) {
                text(out, "id");
                number(out, id);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot fail", e);
        }
        return bytes.toByteArray();
    }

    private static void image(DataOutputStream out, byte[] picture) throws IOException {
        arrayOfSide(out);
        for (int row = 0; row < FashionSample.SIDE; row++) {
            arrayOfSide(out);
            for (int column = 0; column < FashionSample.SIDE; column++) {
                int pixel = picture[row * FashionSample.SIDE + column] & 0xff;
                out.writeByte(FIX_ARRAY | 1);
                out.writeByte(FLOAT_64);
                out.writeDouble(pixel / 255.0);
            }
        }
    }

    /** 28 items are more than the short form can say. */
    private static void arrayOfSide(DataOutputStream out) throws IOException {
        out.writeByte(ARRAY_16);
        out.writeShort(FashionSample.SIDE);
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeByte(FIX_STRING | bytes.length);
        out.write(bytes);
    }

    private static void number(DataOutputStream out, int number) throws IOException {
        if (number < 128) {
            out.writeByte(number);
        } else {
            out.writeByte(INT_32);
            out.writeInt(number);
        }
    }
}
