package io.millrace.codec.payload;

import io.millrace.api.ImageSpec;
import io.millrace.api.ImageSpec.Colour;
import java.util.Arrays;

/**
 * The pixels of a picture, row by row.
 *
 * @param values grey values, or colours as {@code 0xRRGGBB}
 */
record Pixels(int[] values, int width, int height) {

    private static final int WHITE = 255;

    int at(int x, int y) {
        return values[y * width + x];
    }

    /** Upright, as the orientation of a camera says. */
    Pixels upright(int orientation) {
        if (orientation == ExifOrientation.UPRIGHT) {
            return this;
        }
        boolean isTurned = orientation >= 5;
        int wide = isTurned ? height : width;
        int high = isTurned ? width : height;
        int[] turned = new int[values.length];
        for (int y = 0; y < high; y++) {
            for (int x = 0; x < wide; x++) {
                turned[y * wide + x] =
                        switch (orientation) {
                            case 2 -> at(width - 1 - x, y);
                            case 3 -> at(width - 1 - x, height - 1 - y);
                            case 4 -> at(x, height - 1 - y);
                            case 5 -> at(y, x);
                            case 6 -> at(y, height - 1 - x);
                            case 7 -> at(width - 1 - y, height - 1 - x);
                            default -> at(width - 1 - y, x);
                        };
            }
        }
        return new Pixels(turned, wide, high);
    }

    /** The middle of it, with the sides of another size. */
    Pixels cropped(int likeHigh, int likeWide) {
        int wide = Math.clamp(Math.round((double) height * likeWide / likeHigh), 1, width);
        int high = Math.clamp(Math.round((double) width * likeHigh / likeWide), 1, height);
        int left = (width - wide) / 2;
        int top = (height - high) / 2;
        int[] middle = new int[wide * high];
        for (int y = 0; y < high; y++) {
            System.arraycopy(values, (top + y) * width + left, middle, y * wide, wide);
        }
        return new Pixels(middle, wide, high);
    }

    /** Whether the pixels at its border are light on the whole. */
    boolean hasLightBorder(Colour colour) {
        long sum = 0;
        long count = 0;
        for (int y = 0; y < height; y++) {
            int step = y == 0 || y == height - 1 || width < 2 ? 1 : width - 1;
            for (int x = 0; x < width; x += step) {
                sum += brightness(at(x, y), colour);
                count++;
            }
        }
        return sum * 2 > count * WHITE;
    }

    private static int brightness(int pixel, Colour colour) {
        return colour == Colour.GREY
                ? pixel
                : ((pixel >> 16 & 0xff) + (pixel >> 8 & 0xff) + (pixel & 0xff)) / 3;
    }

    /** Scaled; channel after channel of each pixel, in the order of the colour. */
    int[] scaled(ImageSpec image) {
        int channels = image.colour().channels();
        int[] target = new int[image.height() * image.width() * channels];
        double high = (double) height / image.height();
        double wide = (double) width / image.width();
        double[] sums = new double[channels];
        for (int row = 0, at = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++, at += channels) {
                Arrays.fill(sums, 0);
                switch (image.resize()) {
                    case AREA -> addArea(row * high, high, column * wide, wide, image, sums);
                    case BILINEAR ->
                            addBetween(
                                    (row + 0.5) * high - 0.5,
                                    (column + 0.5) * wide - 0.5,
                                    image.colour(),
                                    sums);
                    case NEAREST -> {
                        int x = Math.min(width - 1, (int) ((column + 0.5) * wide));
                        int y = Math.min(height - 1, (int) ((row + 0.5) * high));
                        add(at(x, y), 1, image.colour(), sums);
                    }
                }
                for (int channel = 0; channel < channels; channel++) {
                    target[at + channel] = (int) Math.min(WHITE, Math.rint(sums[channel]));
                }
            }
        }
        return target;
    }

    /** Adds what an area holds, pixels at its border by the part that is inside. */
    private void addArea(
            double top, double high, double left, double wide, ImageSpec image, double[] sums) {
        double area = high * wide;
        for (int y = (int) top; y < height && y < top + high; y++) {
            double tall = Math.min(y + 1, top + high) - Math.max(y, top);
            for (int x = (int) left; x < width && x < left + wide; x++) {
                double weight = tall * (Math.min(x + 1, left + wide) - Math.max(x, left));
                add(at(x, y), weight / area, image.colour(), sums);
            }
        }
    }

    private void addBetween(double y, double x, Colour colour, double[] sums) {
        double down = Math.clamp(y, 0, height - 1.0);
        double right = Math.clamp(x, 0, width - 1.0);
        int top = (int) down;
        int left = (int) right;
        int bottom = Math.min(height - 1, top + 1);
        int end = Math.min(width - 1, left + 1);
        double low = down - top;
        double far = right - left;
        add(at(left, top), (1 - low) * (1 - far), colour, sums);
        add(at(end, top), (1 - low) * far, colour, sums);
        add(at(left, bottom), low * (1 - far), colour, sums);
        add(at(end, bottom), low * far, colour, sums);
    }

    private static void add(int pixel, double weight, Colour colour, double[] sums) {
        switch (colour) {
            case GREY -> sums[0] += weight * pixel;
            case RGB -> {
                sums[0] += weight * (pixel >> 16 & 0xff);
                sums[1] += weight * (pixel >> 8 & 0xff);
                sums[2] += weight * (pixel & 0xff);
            }
            case BGR -> {
                sums[0] += weight * (pixel & 0xff);
                sums[1] += weight * (pixel >> 8 & 0xff);
                sums[2] += weight * (pixel >> 16 & 0xff);
            }
        }
    }
}
