package io.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.helidon.common.buffers.DataReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PseudoHeaderReaderTest {

    private static final String PREFACE =
            hex("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    private static final String SETTINGS = "000000040000000000";
    private static final String DATA = "000003000000000001" + "3a7061";

    @ParameterizedTest
    @CsvSource({
        // :path: /ab and a: b, to be known from now on; then a known header
        "400 5 3a70617468 03 2f6162 40 01 61 01 62 82, 44 03 2f6162 40 01 61 01 62 82",
        // the same not to be known, and never
        "000 5 3a70617468 03 2f6162, 04 03 2f6162",
        "100 5 3a70617468 03 2f6162, 14 03 2f6162",
        // the others, with values in Huffman code and long ones
        "400 a 3a617574686f72697479 82 abcd, 41 82 abcd",
        "400 7 3a6d6574686f64 04 504f5354, 42 04 504f5354",
        "400 7 3a736368656d65 04 68747470, 46 04 68747470",
        // size of the table ahead, and a name given by number
        "3f e1 1f 40 05 3a70617468 01 2f 44 01 2f, 3f e1 1f 44 01 2f 44 01 2f",
        // no pseudo header of a request
        "400 7 3a737461747573 03 323030, 400 7 3a737461747573 03 323030",
    })
    void namesThatAreWrittenOutBecomeNumbers(String block, String expected) {
        assertThat(hex(PseudoHeaders.spell(headers(4, block))))
                .isEqualTo(hex(headers(4, expected)));
        // With priority, and padded by two bytes.
        assertThat(hex(PseudoHeaders.spell(headers(4 | 32, "0000000010" + block))))
                .isEqualTo(hex(headers(4 | 32, "0000000010" + expected)));
        assertThat(hex(PseudoHeaders.spell(headers(4 | 8, "02" + block + "0000"))))
                .isEqualTo(hex(headers(4 | 8, "02" + expected + "0000")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 9, 10, 13, 24, 33, 1000})
    void framesComeThroughHoweverTheBytesArrive(int chunk) {
        String before = hex(headers(4, "40053a70617468032f6162"));
        String after = hex(headers(4, "44032f6162"));
        byte[] bytes = bytes(PREFACE + SETTINGS + before + DATA + before + DATA);
        assertThat(hex(read(bytes, chunk)))
                .isEqualTo(PREFACE + SETTINGS + after + DATA + after + DATA);
    }

    @Test
    void blocksThatGoOnInFurtherFramesStayAsTheyAre() {
        byte[] bytes =
                bytes(
                        PREFACE
                                + hex(headers(0, "40053a70617468032f6162"))
                                + "000001090400000001"
                                + "82"
                                + DATA);
        assertThat(read(bytes, 7)).isEqualTo(bytes);
    }

    @Test
    void nothingThatComesBreaksIt() {
        byte[] good = headers(4 | 8, "0240053a70617468032f61624001610162823fe11f0000");
        var random = new SplittableRandom(20261120);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = Arrays.copyOf(good, 9 + random.nextInt(good.length - 8));
            for (int j = 0; j < 3; j++) {
                bad[4 + random.nextInt(bad.length - 4)] = (byte) random.nextInt();
            }
            assertThatCode(() -> PseudoHeaders.spell(bad)).as(hex(bad)).doesNotThrowAnyException();
        }
    }

    private static byte[] read(byte[] bytes, int chunk) {
        int[] at = {0};
        var source =
                new DataReader(() -> {
                    if (at[0] == bytes.length) {
                        return null;
                    }
                    int from = at[0];
                    at[0] = Math.min(bytes.length, from + chunk);
                    return Arrays.copyOfRange(bytes, from, at[0]);
                });
        var reader = new PseudoHeaderReader(source);
        var out = new ByteArrayOutputStream();
        while (true) {
            try {
                out.writeBytes(reader.get());
            } catch (DataReader.InsufficientDataAvailableException e) {
                return out.toByteArray(); // the end
            }
        }
    }

    private static byte[] headers(int flags, String block) {
        byte[] payload = bytes(block);
        byte[] frame = new byte[9 + payload.length];
        frame[2] = (byte) payload.length;
        frame[3] = 1;
        frame[4] = (byte) flags;
        frame[8] = 1;
        System.arraycopy(payload, 0, frame, 9, payload.length);
        return frame;
    }

    private static byte[] bytes(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
