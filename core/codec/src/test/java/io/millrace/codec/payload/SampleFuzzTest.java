package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ImageSpec;
import io.millrace.api.ImageSpec.Colour;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.codec.training.ControlMessage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever comes, it is decoded or refused in words; nothing else happens. */
final class SampleFuzzTest {

    private static final int ROUNDS = 400;

    private record Good(DecodeSpec decode, byte[] payload) {}

    private static List<Good> good() throws IOException {
        byte[] array = Arrays.copyOf(NpyHeader.write(DataType.FP32, Shape.of(3), 0), 128 + 12);
        return List.of(
                new Good(SampleFormatTest.raw(DataType.FP16, 1, 3), new byte[6]),
                new Good(
                        SampleFormatTest.avro(
                                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"int\"]},"
                                        + "{\"name\":\"s\",\"type\":\"bytes\"},{\"name\":\"b\",\"type\":\"double\"}]}",
                                "b",
                                "a"),
                        HexFormat.of().parseHex("02900104aabb000000000000f03f")),
                new Good(SampleFormatTest.plain(Format.CSV), ascii("1.5,\"2\",-3e2\r\n")),
                new Good(SampleFormatTest.plain(Format.NPY), array),
                new Good(SampleFormatTest.plain(Format.JSON, "a"), ascii("{\"a\":[[1,2],[3,4]]}")),
                new Good(
                        SampleFormatTest.plain(Format.MSGPACK),
                        Payloads.packed(List.of(List.of(1.0, 2.0)))),
                new Good(image(), picture("png")),
                new Good(image(), picture("jpeg")));
    }

    private static DecodeSpec image() {
        return SampleFormatTest.decode(
                Format.IMAGE,
                List.of(),
                Optional.empty(),
                1,
                List.of(),
                Optional.empty(),
                Optional.of(new ImageSpec(4, 4, Colour.RGB, false)));
    }

    private static byte[] picture(String format) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(9, 7, BufferedImage.TYPE_INT_RGB), format, out);
        return out.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] mutated(byte[] payload, RandomGenerator random) {
        byte[] changed = payload.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(changed, random.nextInt(changed.length + 1));
            case 1 -> Arrays.copyOf(changed, changed.length + random.nextInt(9));
            default -> changed;
        };
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void payloads(long seed) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (Good good : good()) {
            SampleFormat format = SampleFormat.of(good.decode(), good.payload(), "x", Set.of());
            PayloadDecoder decoder = format.decoder();
            byte[] batch = new byte[3 * decoder.itemBytes()];
            byte[] before = batch.clone();
            int refused = 0;
            for (int i = 0; i < ROUNDS; i++) {
                byte[] payload = mutated(good.payload(), random);
                try {
                    decoder.decode(payload, batch, 1);
                } catch (MillraceException e) {
                    refused++;
                    assertThat(e.text()).isNotBlank();
                }
                try {
                    SampleFormat.of(good.decode(), payload, "x", Set.of());
                } catch (MillraceException e) {
                    assertThat(e.text()).isNotBlank();
                }
            }
            assertThat(refused).isPositive();
            int item = decoder.itemBytes();
            assertThat(Arrays.copyOf(batch, item)).isEqualTo(Arrays.copyOf(before, item));
            assertThat(Arrays.copyOfRange(batch, 2 * item, 3 * item)).containsOnly(0);
            decoder.decode(good.payload(), batch, 2);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void controlMessages(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        byte[] good =
                ascii(
                        "{\"topic\":\"a:0:0:7,b\",\"unsupervised_topic\":\"c:1:2\",\"input_format\":\"RAW\",\"validation_rate\":0.1,"
                                + "\"input_config\":{\"data_type\":\"uint8\",\"label_type\":\"half\",\"data_reshape\":\"2 3\"}}");
        for (int i = 0; i < 5 * ROUNDS; i++) {
            try {
                ControlMessage message =
                        ControlMessage.parse(new byte[] {1}, mutated(good, random));
                assertThat(ControlMessage.parse(new byte[] {1}, message.value()).dataset().ranges())
                        .isEqualTo(message.dataset().ranges());
            } catch (MillraceException e) {
                assertThat(e.text()).isNotBlank();
            }
        }
    }
}
