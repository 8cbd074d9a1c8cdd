package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessagePack;

class PayloadTextTest {

    @Test
    void showsJsonAsItIs() {
        assertThat(PayloadText.of(utf8("{\"a\": 1.50}")))
                .isEqualTo(new PayloadText(PayloadText.Form.JSON, "{\"a\": 1.50}", 11));
        assertThat(PayloadText.of(utf8("42")).form()).isEqualTo(PayloadText.Form.JSON);
        assertThat(PayloadText.of(utf8("{\"a\":")).form()).isEqualTo(PayloadText.Form.TEXT);
        assertThat(PayloadText.of(utf8("1 2")).form()).isEqualTo(PayloadText.Form.TEXT);
    }

    @Test
    void showsMessagePackAsJson() throws IOException {
        var packer = MessagePack.newDefaultBufferPacker();
        packer.packMapHeader(5).packString("id").packLong(-3).packString("x");
        packer.packArrayHeader(2).packDouble(0.5).packBoolean(true);
        packer.packString("n")
                .packNil()
                .packString("u")
                .packBigInteger(
                        java.math.BigInteger.TWO.pow(64).subtract(java.math.BigInteger.ONE));
        packer.packString("b").packBinaryHeader(3).writePayload(new byte[] {1, 2, (byte) 255});
        PayloadText text = PayloadText.of(packer.toByteArray());
        assertThat(text.form()).isEqualTo(PayloadText.Form.MESSAGE_PACK);
        assertThat(text.text())
                .isEqualTo(
                        "{\"id\":-3,\"x\":[0.5,true],\"n\":null,\"u\":18446744073709551615,"
                                + "\"b\":\"0102ff (3 bytes)\"}");
    }

    @Test
    void showsTextAndTheFirstBytesOfAnythingElse() {
        assertThat(PayloadText.of(utf8("Grüße")))
                .isEqualTo(new PayloadText(PayloadText.Form.TEXT, "Grüße", 7));
        byte[] pixels = new byte[784];
        Arrays.fill(pixels, (byte) 0x81);
        assertThat(PayloadText.of(pixels).text()).isEqualTo("81".repeat(24) + "… (784 bytes)");
        assertThat(PayloadText.of(new byte[] {0}).text()).isEqualTo("00 (1 byte)");
        assertThat(PayloadText.of(new byte[0]).text()).isEmpty();
    }

    @Test
    void knowsTheStartOfALongPayload() {
        byte[] start = Arrays.copyOf(utf8("aü"), 2);
        assertThat(PayloadText.of(start, 5_000))
                .isEqualTo(new PayloadText(PayloadText.Form.TEXT, "a… (5000 bytes)", 5_000));
        assertThat(PayloadText.of(new byte[] {0, 1}, 5_000).text()).isEqualTo("0001… (5000 bytes)");
    }

    @Test
    void believesNoLengthThatIsNotThere() {
        byte[] claims = {(byte) 0xdd, (byte) 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
        assertThat(PayloadText.of(claims).form()).isEqualTo(PayloadText.Form.BINARY);
        byte[] nested = new byte[100_000];
        Arrays.fill(nested, (byte) 0x91);
        assertThat(PayloadText.of(nested).form()).isEqualTo(PayloadText.Form.BINARY);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
