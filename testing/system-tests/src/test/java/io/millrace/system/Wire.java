package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** MQTT 3.1.1 byte for byte, for packets of less than 16 KiB. */
final class Wire implements AutoCloseable {

    private static final int DEADLINE_MILLIS = 30_000;
    private static final int QUIET_MILLIS = 500;
    private static final int PUBLISH_QOS_0 = 0x30;
    private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");

    private final Socket socket;
    private final DataInputStream in;

    Wire(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(DEADLINE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Sends a packet and gives the next one that comes, both as hexadecimal digits. */
    String exchange(String packet) throws IOException {
        socket.getOutputStream().write(HexFormat.of().parseHex(packet.replace(" ", "")));
        return SPACED.formatHex(packet());
    }

    void publish(String topic, String payload) throws IOException {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        byte[] body = payload.getBytes(StandardCharsets.UTF_8);
        int length = 2 + name.length + body.length;
        var packet = new ByteArrayOutputStream();
        packet.write(PUBLISH_QOS_0);
        packet.write(length % 128 | 0x80);
        packet.write(length / 128);
        packet.write(0);
        packet.write(name.length);
        packet.writeBytes(name);
        packet.writeBytes(body);
        socket.getOutputStream().write(packet.toByteArray());
    }

    /** The payload of the next packet, which is a PUBLISH of QoS 0 that is not retained. */
    String published(String topic) throws IOException {
        byte[] packet = packet();
        assertThat(packet[0]).isEqualTo((byte) PUBLISH_QOS_0);
        int begin = packet[1] < 0 ? 3 : 2;
        int end = begin + 2 + packet[begin + 1];
        assertThat(new String(packet, begin + 2, end - begin - 2, StandardCharsets.UTF_8))
                .isEqualTo(topic);
        return new String(packet, end, packet.length - end, StandardCharsets.UTF_8);
    }

    /** Whether nothing more comes for a moment. */
    boolean isQuiet() throws IOException {
        socket.setSoTimeout(QUIET_MILLIS);
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException _) {
            return true;
        }
    }

    private byte[] packet() throws IOException {
        var packet = new ByteArrayOutputStream();
        packet.write(in.readByte());
        int length = in.readUnsignedByte();
        packet.write(length);
        if (length > 127) {
            int high = in.readUnsignedByte();
            packet.write(high);
            length = length - 128 + 128 * high;
        }
        packet.writeBytes(in.readNBytes(length));
        return packet.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
