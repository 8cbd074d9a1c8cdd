package io.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.common.buffers.BufferData;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.inference.protocol.BodyMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {

    private static final DataSize LIMIT = new DataSize(3 << 20);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 100})
    void messagesMaySpreadOverFramesInAnyWay(int frame) {
        byte[] stream = HexFormat.of().parseHex("0000000003010203" + "0000000000" + "000000000109");
        var reader = new MessageReader(LIMIT, "", memory());
        List<String> messages = new ArrayList<>();
        for (int at = 0; at < stream.length; at += frame) {
            var data =
                    BufferData.create(
                            Arrays.copyOfRange(stream, at, Math.min(at + frame, stream.length)));
            while (data.available() > 0) {
                byte[] message = reader.read(data);
                if (message != null) {
                    messages.add(HexFormat.of().formatHex(message));
                }
            }
        }
        assertThat(messages).containsExactly("010203", "", "09");
        assertThat(reader.isComplete()).isTrue();
    }

    @Test
    void aLengthThatLiesTakesNoMemory() {
        // Announces 2 GiB less 17, on a heap that has no room for many of them.
        for (int i = 0; i < 1000; i++) {
            var one = new MessageReader(new DataSize(Integer.MAX_VALUE - 16), "", memory());
            assertThat(one.read(hex("007fffffee00"))).isNull();
            assertThat(one.isComplete()).isFalse();
        }
    }

    @Test
    void aLengthOverTheLimitIsRefusedBeforeItComes() {
        for (String prefix : List.of("0000300001", "007fffffff", "00ffffffff")) {
            assertThatThrownBy(() -> new MessageReader(LIMIT, "", memory()).read(hex(prefix)))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("larger than the 3Mi allowed")
                    .extracting(e -> ((MillraceException) e).code())
                    .isEqualTo(ErrorCode.TOO_LARGE);
        }
    }

    @Test
    void aLongMessageGrowsAsItComes() {
        byte[] body = new byte[3 << 20];
        new java.util.SplittableRandom(5).nextBytes(body);
        var reader = new MessageReader(LIMIT, "", memory());
        assertThat(reader.read(hex("0000300000"))).isNull();
        byte[] message = null;
        for (int at = 0; at < body.length; at += 16384) {
            assertThat(message).isNull();
            message = reader.read(BufferData.create(Arrays.copyOfRange(body, at, at + 16384)));
        }
        assertThat(message).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({
        "gzip,01000000020102,not valid gzip",
        "deflate,01000000020102,not valid deflate",
        "'',01000000020102,does not say how",
        "identity,01000000020102,does not say how",
        "gzip,02000000020102,begins with 0 or 1"
    })
    void whatCannotBeDecompressedIsInvalid(String encoding, String bytes, String says) {
        assertThatThrownBy(() -> new MessageReader(LIMIT, encoding, memory()).read(hex(bytes)))
                .hasMessageContaining(says)
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.INVALID);
    }

    @Test
    void anUnknownEncodingIsUnsupported() {
        assertThatThrownBy(() -> new MessageReader(LIMIT, "br", memory()))
                .hasMessage(
                        "grpc-encoding 'br' is not supported; use one of identity,gzip,deflate");
    }

    private static BufferData hex(String digits) {
        return BufferData.create(HexFormat.of().parseHex(digits));
    }

    @Test
    void messagesOnTheirWayTakeNoMoreThanThereIsAndGiveItBack() {
        var shared = new BodyMemory(DataSize.ofMebibytes(2));
        var first = new MessageMemory(shared);
        var second = new MessageMemory(shared);
        var third = new MessageMemory(shared);
        new MessageReader(LIMIT, "", first).read(hex("000020000000"));
        new MessageReader(LIMIT, "", second).read(hex("000020000000"));
        var reader = new MessageReader(LIMIT, "", third);
        assertThatThrownBy(() -> reader.read(hex("000020000000")))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));

        first.close();
        first.close();
        assertThat(new MessageReader(LIMIT, "", third).read(hex("000020000000"))).isNull();
        third.close();
        assertThatThrownBy(() -> third.hold(1)).isInstanceOf(MillraceException.class);
        // A message that came whole has given back what it took: any number may follow.
        for (int i = 0; i < 10; i++) {
            assertThat(
                            new MessageReader(LIMIT, "", new MessageMemory(shared))
                                    .read(hex("000000000109")))
                    .containsExactly(9);
        }
    }

    private static MessageMemory memory() {
        return new MessageMemory(new BodyMemory(DataSize.ofMebibytes(1 << 20)));
    }
}
