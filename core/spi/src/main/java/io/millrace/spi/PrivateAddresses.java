package io.millrace.spi;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Which addresses belong to everybody and which to somebody's own network. */
final class PrivateAddresses {

    /** Network and length of its prefix: what is special among IPv4 addresses, from RFC 6890. */
    private static final int[][] SPECIAL_V4 = {
        {0, 0, 0, 0, 8},
        {10, 0, 0, 0, 8},
        {100, 64, 0, 0, 10},
        {127, 0, 0, 0, 8},
        {169, 254, 0, 0, 16},
        {172, 16, 0, 0, 12},
        {192, 0, 0, 0, 24},
        {192, 0, 2, 0, 24},
        {192, 88, 99, 0, 24},
        {192, 168, 0, 0, 16},
        {198, 18, 0, 0, 15},
        {198, 51, 100, 0, 24},
        {203, 0, 113, 0, 24},
        {224, 0, 0, 0, 3},
    };

    private PrivateAddresses() {}

    static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address ? isPublicV4(bytes, 0) : isPublicV6(bytes);
    }

    private static boolean isPublicV4(byte[] bytes, int from) {
        int value = word(bytes, from);
        for (int[] network : SPECIAL_V4) {
            int base = (network[0] << 24) | (network[1] << 16) | (network[2] << 8) | network[3];
            int mask = -1 << (32 - network[4]);
            if ((value & mask) == base) {
                return false;
            }
        }
        return true;
    }

    /**
     * Only 2000::/3 is given out to the world. In it, 6to4 and Teredo carry an IPv4 address, which
     * could be a private one, and nobody serves models there.
     */
    private static boolean isPublicV6(byte[] bytes) {
        boolean isGlobal = (bytes[0] & 0xe0) == 0x20;
        boolean is6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;
        boolean isIetf = bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] & 0xfe) == 0;
        boolean isDocumentation = word(bytes, 0) == 0x20010db8;
        return isGlobal && !is6to4 && !isIetf && !isDocumentation;
    }

    private static int word(byte[] bytes, int from) {
        return ByteBuffer.wrap(bytes).getInt(from);
    }
}
