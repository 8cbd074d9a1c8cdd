package io.millrace.codec.payload;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a camera was held, as it wrote into a JPEG file: 1 is upright, up to 8. */
final class ExifOrientation {

    static final int UPRIGHT = 1;
    private static final int MOST = 8;
    private static final int MARKER = 0xff;
    private static final int APP1 = 0xe1;
    private static final int START_OF_SCAN = 0xda;
    private static final int TAG = 0x0112;
    private static final int ENTRY = 12;
    private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};

    private ExifOrientation() {}

    /** What the file says; upright when it says nothing that can be read. */
    static int of(byte[] jpeg) {
        int at = 2;
        while (at + 4 <= jpeg.length && (jpeg[at] & 0xff) == MARKER) {
            int marker = jpeg[at + 1] & 0xff;
            int length = ((jpeg[at + 2] & 0xff) << 8) | (jpeg[at + 3] & 0xff);
            int end = at + 2 + length;
            if (marker == START_OF_SCAN || length < 2 || end > jpeg.length) {
                return UPRIGHT;
            }
            if (marker == APP1 && isExif(jpeg, at + 4, end)) {
                int from = at + 4 + EXIF.length;
                return inTiff(ByteBuffer.wrap(jpeg, from, end - from).slice());
            }
            at = end;
        }
        return UPRIGHT;
    }

    private static boolean isExif(byte[] jpeg, int from, int end) {
        return end - from >= EXIF.length
                && java.util.Arrays.equals(jpeg, from, from + EXIF.length, EXIF, 0, EXIF.length);
    }

    private static int inTiff(ByteBuffer tiff) {
        if (tiff.limit() < 8) {
            return UPRIGHT;
        }
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        if (directory < 8 || directory > tiff.limit() - 2) {
            return UPRIGHT;
        }
        int entries = tiff.getShort(directory) & 0xffff;
        for (int i = 0; i < entries; i++) {
            int entry = directory + 2 + i * ENTRY;
            if (entry > tiff.limit() - ENTRY) {
                return UPRIGHT;
            }
            if ((tiff.getShort(entry) & 0xffff) == TAG) {
                int value = tiff.getShort(entry + 8) & 0xffff;
                return value >= UPRIGHT && value <= MOST ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }
}
