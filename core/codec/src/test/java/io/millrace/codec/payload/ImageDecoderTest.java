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
}
