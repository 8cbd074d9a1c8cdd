package io.millrace.cli.demo;

import java.util.ArrayList;
import java.util.List;

/** Draws a grey picture of 28 x 28 in 14 lines of 28 characters: each shows two pixels. */
final class PictureBlocks {

    private static final int SIDE = FashionSample.SIDE;
    private static final String SHADES = " .:-=+*#%@";
    private static final int DARKEST_GREY = 232;
    private static final int GREYS = 24;

    private PictureBlocks() {}

    /** For a terminal of 256 colours. */
    static List<String> colored(byte[] picture) {
        var lines = new ArrayList<String>();
        for (int row = 0; row < SIDE; row += 2) {
            var line = new StringBuilder();
            int lastUpper = -1;
            int lastLower = -1;
            for (int column = 0; column < SIDE; column++) {
                int upper = grey(pixel(picture, row, column));
                int lower = grey(pixel(picture, row + 1, column));
                if (upper != lastUpper || lower != lastLower) {
                    line.append("\u001b[38;5;").append(upper);
                    line.append(";48;5;").append(lower).append('m');
                }
                line.append('▀');
                lastUpper = upper;
                lastLower = lower;
            }
            lines.add(line.append("\u001b[0m").toString());
        }
        return lines;
    }

    /** For everything else. */
    static List<String> plain(byte[] picture) {
        var lines = new ArrayList<String>();
        for (int row = 0; row < SIDE; row += 2) {
            var line = new StringBuilder();
            for (int column = 0; column < SIDE; column++) {
                int mean = (pixel(picture, row, column) + pixel(picture, row + 1, column)) / 2;
                line.append(SHADES.charAt(mean * SHADES.length() / 256));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static int grey(int pixel) {
        return DARKEST_GREY + pixel * GREYS / 256;
    }

    private static int pixel(byte[] picture, int row, int column) {
        return picture[row * SIDE + column] & 0xff;
    }
}
