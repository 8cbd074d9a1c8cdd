package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ErrorCode;
import io.millrace.api.ImageSpec;
import io.millrace.api.ImageSpec.Colour;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

final class ImageDecoderTest {

    private static DecodeSpec decode(int height, int width, Colour colour, boolean isInverted) {
        return SampleFormatTest.decode(
                Format.IMAGE,
                List.of(),
                Optional.empty(),
                1,
                List.of(),
                Optional.empty(),
                Optional.of(new ImageSpec(height, width, colour, isInverted)));
    }

    private static byte[] file(BufferedImage image, String format) {
        var out = new ByteArrayOutputStream();
        try {
            assertThat(ImageIO.write(image, format, out)).isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] pixels(DecodeSpec decode, byte[] payload) {
        SampleFormat format = SampleFormat.of(decode, payload, "x", Set.of());
        PayloadDecoder decoder = format.decoder();
        byte[] batch = new byte[decoder.itemBytes()];
        decoder.decode(payload, batch, 0);
        return batch;
    }

    @Test
    void greyValuesAreThoseOfTheFile() {
        var image = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 256; i++) {
            image.getRaster().setSample(i % 16, i / 16, 0, i);
        }
        byte[] pixels = pixels(decode(16, 16, Colour.GREY, false), file(image, "png"));
        for (int i = 0; i < 256; i++) {
            assertThat(pixels[i] & 0xff).isEqualTo(i);
        }
        byte[] inverted = pixels(decode(16, 16, Colour.GREY, true), file(image, "png"));
        assertThat(inverted[3] & 0xff).isEqualTo(252);
        byte[] colours = pixels(decode(16, 16, Colour.RGB, false), file(image, "png"));
        assertThat(colours[3 * 200 + 1] & 0xff).isEqualTo(200);
    }

    @Test
    void coloursStandInTheOrderThatIsAskedFor() {
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0x102030);
        image.setRGB(1, 0, 0xff8000);
        byte[] file = file(image, "png");
        assertThat(pixels(decode(1, 2, Colour.RGB, false), file))
                .containsExactly(0x10, 0x20, 0x30, (byte) 0xff, (byte) 0x80, 0);
        assertThat(pixels(decode(1, 2, Colour.BGR, false), file))
                .containsExactly(0x30, 0x20, 0x10, 0, (byte) 0x80, (byte) 0xff);
        assertThat(pixels(decode(1, 2, Colour.GREY, false), file)[1] & 0xff)
                .isEqualTo((299 * 255 + 587 * 128) / 1000);
    }

    @Test
    void smallerAndLargerOnesAreScaled() {
        var image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 16; i++) {
            image.getRaster().setSample(i % 4, i / 4, 0, i * 10);
        }
        byte[] half = pixels(decode(2, 2, Colour.GREY, false), file(image, "png"));
        assertThat(half).containsExactly(25, 45, 105, 125);
        byte[] twice = pixels(decode(8, 8, Colour.GREY, false), file(image, "png"));
        assertThat(twice[0]).isZero();
        assertThat(twice[2]).isEqualTo((byte) 10);
        assertThat(twice[63]).isEqualTo((byte) 150);
        byte[] odd = pixels(decode(3, 3, Colour.GREY, false), file(image, "png"));
        // three quarters of a row and a column each: (0*9 + 10*3 + 40*3 + 50*1) / 16
        assertThat(odd[0]).isEqualTo((byte) 12);
    }

    @Test
    void jpegIsRead() {
        var image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1024; i++) {
            image.setRGB(i % 32, i / 32, 0x4060a0);
        }
        byte[] pixels = pixels(decode(8, 8, Colour.RGB, false), file(image, "jpeg"));
        assertThat(pixels[0] & 0xff).isBetween(0x3b, 0x45);
        assertThat(pixels[2] & 0xff).isBetween(0x9a, 0xa6);
    }

    @Test
    void scaledPixelsBecomeFloats() {
        var image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, 255);
        DecodeSpec decode =
                SampleFormatTest.decode(
                        Format.IMAGE,
                        List.of(),
                        Optional.empty(),
                        1 / 255.0,
                        List.of(1),
                        Optional.empty(),
                        Optional.of(new ImageSpec(1, 1, Colour.GREY, false)));
        SampleFormat format = SampleFormat.of(decode, file(image, "png"), "x", Set.of());
        assertThat(format.tensor()).isEqualTo(new TensorSpec("x", DataType.FP32, Shape.of(-1, 1)));
    }

    @Test
    void aBombIsRefusedByItsHeader() {
        ByteBuffer png = ByteBuffer.allocate(8 + 25);
        png.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        png.putInt(13);
        int start = png.position();
        png.put(new byte[] {'I', 'H', 'D', 'R'}).putInt(50_000).putInt(50_000);
        png.put(new byte[] {8, 2, 0, 0, 0});
        var crc = new CRC32();
        crc.update(png.array(), start, png.position() - start);
        png.putInt((int) crc.getValue());
        assertThatThrownBy(() -> pixels(decode(8, 8, Colour.RGB, false), png.array()))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("50000 x 50000 pixels")
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.TOO_LARGE);
    }

    @Test
    void whatIsNoPictureIsRefused() {
        assertThatThrownBy(() -> pixels(decode(8, 8, Colour.RGB, false), new byte[100]))
                .hasMessage("payload: expected a PNG or JPEG picture, got 100 other bytes");
        byte[] cut =
                java.util.Arrays.copyOf(
                        file(new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB), "png"), 40);
        assertThatThrownBy(() -> pixels(decode(8, 8, Colour.RGB, false), cut))
                .hasMessageContaining("the png picture cannot be read");
        byte[] noise = new byte[64];
        noise[0] = (byte) 0xff;
        noise[1] = (byte) 0xd8;
        assertThatThrownBy(() -> pixels(decode(8, 8, Colour.RGB, false), noise))
                .hasMessageContaining("the jpeg picture cannot be read");
    }

    @Test
    void theModelMustTakeThatManyNumbers() {
        assertThatThrownBy(() ->
                        PayloadDecoder.of(
                                decode(8, 8, Colour.RGB, false),
                                new TensorSpec("in", DataType.FP32, Shape.of(-1, 8, 8, 1))))
                .hasMessageContaining("8x8 pixels with 3 channels are 192 numbers");
    }

    private static ImageSpec like(
            int height,
            int width,
            ImageSpec.Inversion inversion,
            ImageSpec.Resize resize,
            boolean isCropped,
            ImageSpec.Layout layout) {
        return new ImageSpec(
                height,
                width,
                Colour.RGB,
                inversion,
                resize,
                isCropped,
                layout,
                List.of(),
                List.of());
    }

    private static byte[] pixels(ImageSpec image, byte[] file) {
        return pixels(
                SampleFormatTest.decode(
                        Format.IMAGE,
                        List.of(),
                        Optional.empty(),
                        1,
                        List.of(),
                        Optional.empty(),
                        Optional.of(image)),
                file);
    }

    private static byte[] row(int... colours) {
        var image = new BufferedImage(colours.length, 1, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < colours.length; x++) {
            image.setRGB(x, 0, colours[x]);
        }
        return file(image, "png");
    }

    @Test
    void channelsStandFirstWhereAskedFor() {
        assertThat(
                        pixels(
                                like(
                                        1,
                                        2,
                                        ImageSpec.Inversion.NO,
                                        ImageSpec.Resize.NEAREST,
                                        false,
                                        ImageSpec.Layout.CHANNELS_FIRST),
                                row(0x010203, 0x040506)))
                .containsExactly(1, 4, 2, 5, 3, 6);
    }

    @Test
    void scalesInThreeWaysAndCutsOffWhatIsTooWide() {
        byte[] file = row(0x000000, 0x646464, 0x0a0a0a, 0x3c3c3c);
        assertThat(first(ImageSpec.Resize.NEAREST, file, false)).containsExactly(100, 60);
        assertThat(first(ImageSpec.Resize.AREA, file, false)).containsExactly(50, 35);
        assertThat(first(ImageSpec.Resize.BILINEAR, file, false)).containsExactly(50, 35);
        assertThat(first(ImageSpec.Resize.NEAREST, file, true)).containsExactly(100, 10);
    }

    private static int[] first(ImageSpec.Resize resize, byte[] file, boolean isCropped) {
        byte[] pixels =
                pixels(
                        like(
                                1,
                                2,
                                ImageSpec.Inversion.NO,
                                resize,
                                isCropped,
                                ImageSpec.Layout.CHANNELS_LAST),
                        file);
        return new int[] {pixels[0], pixels[3]};
    }

    @Test
    void invertsByItselfWhenTheBorderIsLight() {
        for (boolean isLight : new boolean[] {true, false}) {
            var image = new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < 9; i++) {
                image.setRGB(i % 3, i / 3, (i == 4) == isLight ? 0 : 0xffffff);
            }
            byte[] pixels =
                    pixels(
                            like(
                                    3,
                                    3,
                                    ImageSpec.Inversion.AUTO,
                                    ImageSpec.Resize.AREA,
                                    false,
                                    ImageSpec.Layout.CHANNELS_LAST),
                            file(image, "png"));
            assertThat(pixels[0]).isZero();
            assertThat(pixels[12] & 0xff).isEqualTo(255);
        }
    }

    @Test
    void picturesOfCamerasStandUpright() {
        var image = new BufferedImage(16, 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 64; i++) {
            image.getRaster().setSample(i % 8, i / 8, 0, 255); // the left half is white
        }
        byte[] plain = file(image, "jpg");
        byte[] exif = new byte[plain.length + 36];
        byte[] segment = {
            -1, -31, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
            3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0
        };
        System.arraycopy(plain, 0, exif, 0, 2);
        System.arraycopy(segment, 0, exif, 2, segment.length);
        System.arraycopy(plain, 2, exif, 2 + segment.length, plain.length - 2);
        assertThat(ExifOrientation.of(plain)).isEqualTo(1);
        assertThat(ExifOrientation.of(exif)).isEqualTo(6);
        byte[] upright = pixels(decode(2, 1, Colour.GREY, false), exif);
        assertThat(upright[0] & 0xff).isGreaterThan(200);
        assertThat(upright[1] & 0xff).isLessThan(50);
        assertThat(ExifOrientation.of(java.util.Arrays.copyOf(exif, 25))).isEqualTo(1);
    }

    @Test
    void everyOrientationIsUndone() {
        var pixels = new Pixels(new int[] {1, 2, 3, 4, 5, 6}, 3, 2);
        int[][] upright = {
            {1, 2, 3, 4, 5, 6},
            {3, 2, 1, 6, 5, 4},
            {6, 5, 4, 3, 2, 1},
            {4, 5, 6, 1, 2, 3},
            {1, 4, 2, 5, 3, 6},
            {4, 1, 5, 2, 6, 3},
            {6, 3, 5, 2, 4, 1},
            {3, 6, 2, 5, 1, 4}
        };
        for (int i = 0; i < upright.length; i++) {
            assertThat(pixels.upright(i + 1).values())
                    .as("orientation " + (i + 1))
                    .isEqualTo(upright[i]);
        }
    }
}
