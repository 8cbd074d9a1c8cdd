package io.millrace.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * The least of an MQTT 3.1.1 client that can load a broker: no queues and no threads of its own, so
 * that the two cores measure the server and not the client.
 */
final class WireClient implements AutoCloseable {

    private static final int CONNACK = 2;
    private static final int PUBLISH = 3;
    private static final int PUBACK = 4;
    private static final int SUBACK = 9;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    WireClient(Socket socket, String clientId) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        byte[] id = clientId.getBytes(StandardCharsets.UTF_8);
        out.writeByte(0x10);
        length(10 + 2 + id.length);
        out.writeUTF("MQTT");
        out.writeByte(4);
        out.writeByte(0x02);
        out.writeShort(0);
        out.writeShort(id.length);
        out.write(id);
        out.flush();
        expect(CONNACK);
    }

    /** Subscribes with QoS 1 and waits for the answer. */
    void subscribe(String topic) throws IOException {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        out.writeByte(0x82);
        length(2 + 2 + name.length + 1);
        out.writeShort(1);
        out.writeShort(name.length);
        out.write(name);
        out.writeByte(1);
        out.flush();
        expect(SUBACK);
    }

    /** Writes a QoS 1 PUBLISH into the buffer. */
    void publish(byte[] topic, int packetId, byte[] payload) throws IOException {
        out.writeByte(0x32);
        length(2 + topic.length + 2 + payload.length);
        out.writeShort(topic.length);
        out.write(topic);
        out.writeShort(packetId);
        out.write(payload);
    }

    void flush() throws IOException {
        out.flush();
    }

    /** Reads packets until a PUBACK came; blocks. */
    void awaitAck() throws IOException {
        while (true) {
            int type = in.readUnsignedByte() >> 4;
            int length = readLength();
            in.skipNBytes(length);
            if (type == PUBACK) {
                return;
            }
        }
    }

    /** Whether an answer can be read without waiting. */
    boolean hasInput() throws IOException {
        return in.available() > 0;
    }

    /** Reads packets until a PUBLISH came, acknowledges it, and gives its payload; blocks. */
    byte[] awaitMessage() throws IOException {
        while (true) {
            int first = in.readUnsignedByte();
            int length = readLength();
            if (first >> 4 != PUBLISH) {
                in.skipNBytes(length);
                continue;
            }
            int topic = in.readUnsignedShort();
            in.skipNBytes(topic);
            int read = 2 + topic;
            if ((first & 0x06) != 0) {
                int packetId = in.readUnsignedShort();
                read += 2;
                out.writeByte(0x40);
                out.writeByte(2);
                out.writeShort(packetId);
            }
            byte[] payload = in.readNBytes(length - read);
            if (in.available() == 0) {
                out.flush();
            }
            return payload;
        }
    }

    private void expect(int wanted) throws IOException {
        int type = in.readUnsignedByte() >> 4;
        byte[] rest = in.readNBytes(readLength());
        if (type != wanted || rest[rest.length - 1] == (byte) 0x80) {
            throw new IOException("expected packet type " + wanted + ", got " + type);
        }
        if (type == CONNACK && rest[1] != 0) {
            throw new IOException("the broker refused the connection with code " + rest[1]);
        }
    }

    private void length(int value) throws IOException {
        int rest = value;
        do {
            int digit = rest & 0x7f;
            rest >>>= 7;
            out.writeByte(rest > 0 ? digit | 0x80 : digit);
        } while (rest > 0);
    }

    private int readLength() throws IOException {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            value |= (digit & 0x7f) << shift;
            shift += 7;
        } while ((digit & 0x80) != 0);
        return value;
    }

    /** Ends the connection under whoever reads from it. */
    void hangUp() throws IOException {
        socket.shutdownInput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
