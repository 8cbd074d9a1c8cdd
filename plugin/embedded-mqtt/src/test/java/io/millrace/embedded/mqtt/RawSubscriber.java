package io.millrace.embedded.mqtt;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An MQTT 3.1.1 subscriber with a persistent session that acknowledges what the test says. */
final class RawSubscriber implements AutoCloseable {

    private static final int READ_MILLIS = 30_000;
    private static final byte[] PINGREQ = {(byte) 0xc0, 0};
    private static final int PINGRESP = 0xd0;
    private static final int PUBLISH = 0x30;

    private final Socket socket;
    private final DataInputStream in;
    final boolean sessionPresent;

    /** A PUBLISH as it came. */
    record Delivery(int packetId, boolean repeated, String topic, String payload) {

        /** What it says, wherever it stands. */
        String content() {
            return topic + ":" + payload;
        }
    }

    private record Packet(int first, byte[] body) {}

    RawSubscriber(int port, String clientId) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write(RawPackets.connectPersistent(clientId, "fashion"));
        Packet connack = read();
        if (connack.first != 0x20 || connack.body[1] != 0) {
            throw new IOException("the broker refused the connection");
        }
        sessionPresent = connack.body[0] == 1;
    }

    void subscribe(String filter, int qos) throws IOException {
        socket.getOutputStream().write(RawPackets.subscribe(filter, qos));
        if (read().first != 0x90) {
            throw new IOException("no SUBACK");
        }
    }

    /** All that comes up to this one; what was there before it comes before it. */
    List<Delivery> receiveUpTo(String content) throws IOException {
        var deliveries = new ArrayList<Delivery>();
        do {
            deliveries.add(delivery(read()));
        } while (!deliveries.getLast().content().equals(content));
        return deliveries;
    }

    /** Returns when the broker has seen it. */
    void acknowledge(List<Delivery> deliveries) throws IOException {
        for (Delivery delivery : deliveries) {
            socket.getOutputStream().write(RawPackets.puback(delivery.packetId()));
        }
        socket.getOutputStream().write(PINGREQ);
        Packet answer = read();
        if (answer.first != PINGRESP) {
            throw new IOException("expected PINGRESP, not " + answer.first);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static Delivery delivery(Packet packet) throws IOException {
        if ((packet.first & 0xf0) != PUBLISH) {
            throw new IOException("expected PUBLISH, not " + packet.first);
        }
        byte[] body = packet.body;
        int length = (body[0] & 0xff) << 8 | (body[1] & 0xff);
        int id = (body[2 + length] & 0xff) << 8 | (body[3 + length] & 0xff);
        return new Delivery(
                id,
                (packet.first & 0x08) != 0,
                new String(body, 2, length, StandardCharsets.UTF_8),
                new String(body, 4 + length, body.length - 4 - length, StandardCharsets.UTF_8));
    }

    private Packet read() throws IOException {
        int first = in.readUnsignedByte();
        int length = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            length |= (digit & 0x7f) << shift;
            shift += 7;
        } while (digit >= 0x80);
        byte[] body = new byte[length];
        in.readFully(body);
        return new Packet(first, body);
    }
}
