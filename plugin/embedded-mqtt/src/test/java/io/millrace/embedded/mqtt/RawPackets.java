package io.millrace.embedded.mqtt;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** MQTT 3.1.1 packets byte by byte, for what no client library would send. */
final class RawPackets {

    static final byte[] CONNACK_ACCEPTED = {0x20, 0x02, 0x00, 0x00};

    /** Exactly what clients of Karbon Platform Services send first: no client id, clean session. */
    static final byte[] KARBON_CONNECT =
            HexFormat.ofDelimiter(" ").parseHex("10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00");

    private RawPackets() {}

    static byte[] karbonSubscribe(String topic) {
        return packet(
                0x82,
                out -> {
                    out.writeShort(1);
                    out.writeUTF(topic);
                    out.writeByte(0);
                });
    }

    static byte[] connect(String clientId, String userName) {
        return packet(
                0x10,
                out -> {
                    out.writeUTF("MQTT");
                    out.writeByte(4);
                    out.writeByte(0x82);
                    out.writeShort(60);
                    out.writeUTF(clientId);
                    out.writeUTF(userName);
                });
    }

    /** Keeps its session, as clients do that must not miss anything. */
    static byte[] connectPersistent(String clientId, String userName) {
        return packet(
                0x10,
                out -> {
                    out.writeUTF("MQTT");
                    out.writeByte(4);
                    out.writeByte(0x80);
                    out.writeShort(60);
                    out.writeUTF(clientId);
                    out.writeUTF(userName);
                });
    }

    static byte[] subscribe(String filter, int qos) {
        return packet(
                0x82,
                out -> {
                    out.writeShort(1);
                    out.writeUTF(filter);
                    out.writeByte(qos);
                });
    }

    static byte[] puback(int packetId) {
        return packet(0x40, out -> out.writeShort(packetId));
    }

    static byte[] connectWithWill(String clientId, String userName, String willTopic, String will) {
        return packet(
                0x10,
                out -> {
                    out.writeUTF("MQTT");
                    out.writeByte(4);
                    out.writeByte(0x8e);
                    out.writeShort(60);
                    out.writeUTF(clientId);
                    out.writeUTF(willTopic);
                    out.writeUTF(will);
                    out.writeUTF(userName);
                });
    }

    static byte[] publish(String topic, String payload) {
        return packet(
                0x30,
                out -> {
                    out.writeUTF(topic);
                    out.write(payload.getBytes(StandardCharsets.UTF_8));
                });
    }

    static byte[] publish1(String topic, int packetId, String payload, int qos) {
        return packet(
                0x30 | qos << 1,
                out -> {
                    out.writeUTF(topic);
                    out.writeShort(packetId);
                    out.write(payload.getBytes(StandardCharsets.UTF_8));
                });
    }

    /** Where the packet id of a short PUBLISH stands. */
    static int packetIdOffset(String topic) {
        return 4 + topic.length();
    }

    static byte[] publish2(String topic, int packetId, boolean repeated, String payload) {
        return packet(
                repeated ? 0x3c : 0x34,
                out -> {
                    out.writeUTF(topic);
                    out.writeShort(packetId);
                    out.write(payload.getBytes(StandardCharsets.UTF_8));
                });
    }

    static byte[] pubrel(int packetId) {
        return packet(0x62, out -> out.writeShort(packetId));
    }

    private interface Body {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private static byte[] packet(int first, Body body) {
        try {
            var content = new ByteArrayOutputStream();
            body.writeTo(new DataOutputStream(content));
            var packet = new ByteArrayOutputStream();
            packet.write(first);
            int length = content.size();
            do {
                packet.write(length % 128 + (length >= 128 ? 128 : 0));
                length /= 128;
            } while (length > 0);
            content.writeTo(packet);
            return packet.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
