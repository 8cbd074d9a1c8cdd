package io.millrace.codec.payload;

import io.millrace.api.ErrorCode;
import io.millrace.api.ImageSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG or JPEG picture, scaled to a fixed size. The size that its header declares is looked at
 * before a pixel is unpacked. Each target pixel is the mean of the area that it covers; what is
 * transparent is taken as if it were not.
 */
final class ImageDecoder implements PayloadDecoder {

    /** 32 million pixels take 128 MB while they are unpacked. */
    private static final long MOST_PIXELS = 1L << 25;

    private static final int WHITE = 255;
    private static final int FIRST_OF_PNG = 0x89;
    private static final int FIRST_OF_JPEG = 0xff;

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final ImageSpec image;

    ImageDecoder(ItemLayout layout, ImageSpec image) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.image = image;
        long elements = (long) image.height() * image.width() * image.colour().channels();
        if (elements != layout.elements()) {
            throw MillraceException.invalid(
                    "pictures of %dx%d pixels with %d channels are %d numbers, but an item is %s numbers"
                            .formatted(
                                    image.height(),
                                    image.width(),
                                    image.colour().channels(),
                                    elements,
                                    ItemLayout.times(layout.itemShape().toArray())));
        }
    }

    @Override
    public DataType type() {
        return layout.type();
    }

    @Override
    public Shape itemShape() {
        return layout.itemShape();
    }

    @Override
    public int itemBytes() {
        return layout.itemBytes();
    }

    @Override
    public void decode(byte[] payload, byte[] batch, int item) {
        BufferedImage picture = unpack(payload);
        writer.startItem(batch, item);
        int channels = image.colour().channels();
        int[] pixels =
                scale(channels == 1 ? greyOf(picture) : coloursOf(picture), picture, channels);
        for (int value : pixels) {
            writer.putLong(image.isInverted() ? WHITE - value : value);
        }
        writer.endItem();
    }

    private static BufferedImage unpack(byte[] payload) {
        int first = payload.length < 4 ? -1 : payload[0] & 0xff;
        String format =
                switch (first) {
                    case FIRST_OF_PNG -> "png";
                    case FIRST_OF_JPEG -> "jpeg";
                    default ->
                            throw MillraceException.invalid(
                                    "payload: expected a PNG or JPEG picture, got %d other bytes"
                                            .formatted(payload.length));
                };
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        if (!readers.hasNext()) {
            throw MillraceException.internal("this Java cannot read " + format, null);
        }
        ImageReader reader = readers.next();
        try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(payload))) {
            reader.setInput(in, true, true);
            checkSize(reader.getWidth(0), reader.getHeight(0));
            return reader.read(0);
        } catch (MillraceException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Readers of pictures meet damaged ones with exceptions of any kind.
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "payload: the %s picture cannot be read: %s".formatted(format, e.getMessage()),
                    e);
        } finally {
            reader.dispose();
        }
    }

    private static void checkSize(int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > MOST_PIXELS) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "payload: a picture of %d x %d pixels; at most %d pixels are unpacked"
                            .formatted(width, height, MOST_PIXELS));
        }
    }

    /** Whether samples are the grey values themselves: asked for colours they would be bent. */
    private static boolean isGrey(BufferedImage picture) {
        Raster raster = picture.getRaster();
        return raster.getNumBands() <= 2
                && picture.getColorModel() instanceof ComponentColorModel
                && (raster.getTransferType() == DataBuffer.TYPE_BYTE
                        || raster.getTransferType() == DataBuffer.TYPE_USHORT);
    }

    private static int[] greyBand(BufferedImage picture) {
        Raster raster = picture.getRaster();
        int[] band =
                raster.getSamples(0, 0, raster.getWidth(), raster.getHeight(), 0, (int[]) null);
        if (raster.getTransferType() == DataBuffer.TYPE_USHORT) {
            for (int i = 0; i < band.length; i++) {
                band[i] >>>= Byte.SIZE;
            }
        }
        return band;
    }

    private static int[] argb(BufferedImage picture) {
        int width = picture.getWidth();
        return picture.getRGB(0, 0, width, picture.getHeight(), null, 0, width);
    }

    private static int[] greyOf(BufferedImage picture) {
        if (isGrey(picture)) {
            return greyBand(picture);
        }
        int[] pixels = argb(picture);
        for (int i = 0; i < pixels.length; i++) {
            int pixel = pixels[i];
            // the weights of television, as most libraries take them
            pixels[i] =
                    (299 * (pixel >> 16 & 0xff) + 587 * (pixel >> 8 & 0xff) + 114 * (pixel & 0xff))
                            / 1000;
        }
        return pixels;
    }

    private static int[] coloursOf(BufferedImage picture) {
        if (!isGrey(picture)) {
            return argb(picture);
        }
        int[] pixels = greyBand(picture);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] *= 0x01_01_01;
        }
        return pixels;
    }

    private int[] scale(int[] source, BufferedImage picture, int channels) {
        int[] target = new int[image.height() * image.width() * channels];
        double high = (double) picture.getHeight() / image.height();
        double wide = (double) picture.getWidth() / image.width();
        double[] sums = new double[channels];
        for (int row = 0, at = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++, at += channels) {
                java.util.Arrays.fill(sums, 0);
                addArea(source, picture.getWidth(), row * high, high, column * wide, wide, sums);
                for (int channel = 0; channel < channels; channel++) {
                    target[at + channel] =
                            (int) Math.min(WHITE, Math.rint(sums[channel] / (high * wide)));
                }
            }
        }
        return target;
    }

    /** Adds what an area holds, pixels at its border by the part that is inside. */
    private void addArea(
            int[] source,
            int stride,
            double top,
            double high,
            double left,
            double wide,
            double[] sums) {
        int rows = source.length / stride;
        for (int y = (int) top; y < rows && y < top + high; y++) {
            double tall = Math.min(y + 1, top + high) - Math.max(y, top);
            for (int x = (int) left; x < stride && x < left + wide; x++) {
                double weight = tall * (Math.min(x + 1, left + wide) - Math.max(x, left));
                add(source[y * stride + x], weight, sums);
            }
        }
    }

    private void add(int pixel, double weight, double[] sums) {
        switch (image.colour()) {
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
