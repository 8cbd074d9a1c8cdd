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
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG or JPEG picture, scaled to a fixed size. The size that its header declares is looked at
 * before a pixel is unpacked. JPEG pictures stand upright, as their camera says; what is
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

    /** For each channel; both empty when pixels stay as they are. */
    private final double[] mean;

    private final double[] deviation;

    ImageDecoder(ItemLayout layout, ImageSpec image) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.image = image;
        boolean isNormal = !image.mean().isEmpty() || !image.deviation().isEmpty();
        int channels = isNormal ? image.colour().channels() : 0;
        this.mean = perChannel(image.mean(), channels, 0);
        this.deviation = perChannel(image.deviation(), channels, 1);
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

    private static double[] perChannel(List<Double> given, int channels, double otherwise) {
        double[] values = new double[channels];
        for (int i = 0; i < channels; i++) {
            values[i] = i < given.size() ? given.get(i) : otherwise;
        }
        return values;
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
        Pixels pixels =
                new Pixels(
                        image.colour().channels() == 1 ? greyOf(picture) : coloursOf(picture),
                        picture.getWidth(),
                        picture.getHeight());
        if ((payload[0] & 0xff) == FIRST_OF_JPEG) {
            pixels = pixels.upright(ExifOrientation.of(payload));
        }
        if (image.isCropped()) {
            pixels = pixels.cropped(image.height(), image.width());
        }
        writer.startItem(batch, item);
        write(pixels.scaled(image), isInverted(pixels));
        writer.endItem();
    }

    private boolean isInverted(Pixels pixels) {
        return switch (image.inversion()) {
            case NO -> false;
            case YES -> true;
            case AUTO -> pixels.hasLightBorder(image.colour());
        };
    }

    private void write(int[] values, boolean isInverted) {
        int channels = image.colour().channels();
        if (image.layout() == ImageSpec.Layout.CHANNELS_LAST) {
            for (int i = 0; i < values.length; i++) {
                put(values[i], isInverted, i % channels);
            }
            return;
        }
        for (int channel = 0; channel < channels; channel++) {
            for (int i = channel; i < values.length; i += channels) {
                put(values[i], isInverted, channel);
            }
        }
    }

    private void put(int value, boolean isInverted, int channel) {
        int pixel = isInverted ? WHITE - value : value;
        if (mean.length == 0) {
            writer.putLong(pixel);
        } else {
            writer.putDouble((pixel - mean[channel]) / deviation[channel]);
        }
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
}
