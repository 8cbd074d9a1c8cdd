package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PictureTest {

    /** Black, with a white pixel at the top left and a row of rising greys at the bottom. */
    private static byte[] picture() {
        byte[] picture = new byte[28 * 28];
        picture[0] = (byte) 255;
        for (int i = 0; i < 28; i++) {
            picture[26 * 28 + i] = (byte) (i * 255 / 27);
            picture[27 * 28 + i] = (byte) (i * 255 / 27);
        }
        return picture;
    }

    @Test
    void isDrawnInShadesWhereThereAreNoColours() {
        List<String> lines = PictureBlocks.plain(picture());
        assertThat(lines).hasSize(14).allSatisfy(line -> assertThat(line).hasSize(28));
        assertThat(lines.getFirst()).isEqualTo("=" + " ".repeat(27));
        assertThat(lines.getLast()).isEqualTo("   ...:::--===+++***##%%%@@@");
    }

    @Test
    void isDrawnInHalfBlocksOfGreyOnATerminal() {
        List<String> lines = PictureBlocks.colored(picture());
        assertThat(lines).hasSize(14);
        assertThat(lines.getFirst())
                .isEqualTo(
                        "\u001b[38;5;255;48;5;232m▀\u001b[38;5;232;48;5;232m"
                                + "▀".repeat(27)
                                + "\u001b[0m");
        assertThat(lines.get(1))
                .isEqualTo("\u001b[38;5;232;48;5;232m" + "▀".repeat(28) + "\u001b[0m");
    }

    @Test
    void isSentInTheBytesThatClientsSend() {
        byte[] message = PictureMessage.encode(picture());
        assertThat(message).hasSize(7963);
        assertThat(Arrays.copyOf(message, 7)).isEqualTo(bytes(0x84, 0xa5, 'i', 'm', 'a', 'g', 'e'));
        // 28 rows, of which the first has 28 pixels, of which the first is [1.0]
        assertThat(Arrays.copyOfRange(message, 7, 23))
                .isEqualTo(
                        bytes(0xdc, 0, 28, 0xdc, 0, 28, 0x91, 0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0));
        String tail = new String(message, 7963 - 29, 29, StandardCharsets.ISO_8859_1);
        assertThat(tail).isEqualTo("\u00a5dtype\u00a7float64\u00a6height\u001c\u00a5width\u001c");
    }

    @Test
    void carriesItsNumber() {
        byte[] small = PictureMessage.encode(picture(), 7);
        assertThat(small).hasSize(7967).startsWith(bytes(0x85)).endsWith(bytes(0xa2, 'i', 'd', 7));
        assertThat(PictureMessage.encode(picture(), 1000))
                .hasSize(7971)
                .endsWith(bytes(0xa2, 'i', 'd', 0xd2, 0, 0, 3, 0xe8));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
