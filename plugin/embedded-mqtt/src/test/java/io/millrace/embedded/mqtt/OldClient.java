package io.millrace.embedded.mqtt;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The clients of small request and response services, byte by byte: MQTT 3.1.1, a session that is
 * kept, a fixed id, no user, QoS 0.
 */
final class OldClient implements AutoCloseable {

    private static final int READ_MILLIS = 30_000;

    private final Socket socket;
    private final DataInputStream in;
    final byte[] connack;

    OldClient(int port, String id) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        byte[] name = id.getBytes(StandardCharsets.US_ASCII);
        send(
                "00 04 4d 51 54 54 04 00 00 3c 00 %02x".formatted(name.length),
                (byte) 0x10,
                name,
                new byte[0]);
        connack = read();
    }

    void subscribe(String topic) throws IOException {
        byte[] name = topic.getBytes(StandardCharsets.US_ASCII);
        send("00 01 00 %02x".formatted(name.length), (byte) 0x82, name, new byte[1]);
    }

    void publish(String topic, String payload) throws IOException {
        byte[] name = topic.getBytes(StandardCharsets.US_ASCII);
        send(
                "00 %02x".formatted(name.length),
                (byte) 0x30,
                name,
                payload.getBytes(StandardCharsets.UTF_8));
    }

    /** PINGREQ; what came before its answer was all there was. */
    void ping() throws IOException {
        socket.getOutputStream().write(new byte[] {(byte) 0xc0, 0});
    }

    /** The next packet, with its header. */
    byte[] read() throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte();
        if (length >= 0x80) {
            throw new IOException("a long packet, which no test of this client expects");
        }
        var packet = new byte[length + 2];
        packet[0] = (byte) first;
        packet[1] = (byte) length;
        in.readFully(packet, 2, length);
        return packet;
    }

    /** The payload of a PUBLISH at QoS 0. */
    static String payload(byte[] packet) {
        int topic = packet[3];
        return new String(packet, 4 + topic, packet.length - 4 - topic, StandardCharsets.UTF_8);
    }

    /** Whether the broker has closed it. */
    boolean isClosedByBroker() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void send(String start, byte type, byte[] name, byte[] rest) throws IOException {
        byte[] begin = HexFormat.ofDelimiter(" ").parseHex(start);
        var packet = new ByteArrayOutputStream();
        packet.write(type);
        packet.write(begin.length + name.length + rest.length);
        packet.write(begin);
        packet.write(name);
        packet.write(rest);
        socket.getOutputStream().write(packet.toByteArray());
    }
}
