package io.millrace.connector.mqtt;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a private key in PEM: PKCS#8 of any kind, and the older form for RSA. */
final class PemKey {
    private static final Pattern BLOCK =
            Pattern.compile(
                    "-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    /** Version 0 and the algorithm rsaEncryption, as they stand before a key in PKCS#8. */
    private static final byte[] RSA_HEAD = {
        0x02,
        0x01,
        0x00,
        0x30,
        0x0d,
        0x06,
        0x09,
        0x2a,
        (byte) 0x86,
        0x48,
        (byte) 0x86,
        (byte) 0xf7,
        0x0d,
        0x01,
        0x01,
        0x01,
        0x05,
        0x00
    };

    private PemKey() {}

    static PrivateKey read(String name, String pem) {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            throw MillraceException.invalid(
                    "'" + name + "' holds no key in PEM (-----BEGIN PRIVATE KEY-----)");
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(block.group(2));
        } catch (IllegalArgumentException _) {
            throw MillraceException.invalid("'" + name + "' is not readable: it is no Base64");
        }
        return switch (block.group(1)) {
            case "PRIVATE KEY" -> pkcs8(name, der);
            case "RSA PRIVATE KEY" -> pkcs8(name, wrapped(der));
            default ->
                    throw MillraceException.invalid(
                            "'%s' is a '%s'; turn it into PKCS#8 without a password: openssl pkcs8 -topk8 -nocrypt"
                                    .formatted(name, block.group(1)));
        };
    }

    private static PrivateKey pkcs8(String name, byte[] der) {
        var spec = new PKCS8EncodedKeySpec(der);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (GeneralSecurityException _) {
                // Of another kind, perhaps: the next one may know it.
            }
        }
        throw MillraceException.invalid("'" + name + "' is no key of " + ALGORITHMS);
    }

    private static byte[] wrapped(byte[] rsa) {
        var inner = new ByteArrayOutputStream();
        inner.writeBytes(RSA_HEAD);
        inner.writeBytes(tagged(0x04, rsa));
        return tagged(0x30, inner.toByteArray());
    }

    private static byte[] tagged(int tag, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
            out.write(0x80 | bytes);
            for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
                out.write(content.length >>> shift);
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
