package io.millrace.objects.sink;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What a payload looks like, for whoever fetches it from a bucket. */
final class ContentTypes {

    static final String JSON = "application/json";

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
    private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};
    private static final int LONGEST_TEXT = 1 << 16;

    private ContentTypes() {}

    static String of(byte[] payload) {
        int first = firstOf(payload);
        if (first == '{' || first == '[') {
            return JSON;
        }
        if (startsWith(payload, PNG)) {
            return "image/png";
        }
        if (startsWith(payload, JPEG)) {
            return "image/jpeg";
        }
        return payload.length > 0 && isText(payload)
                ? "text/plain; charset=utf-8"
                : "application/octet-stream";
    }

    private static int firstOf(byte[] payload) {
        for (byte b : payload) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b;
            }
        }
        return -1;
    }

    private static boolean startsWith(byte[] payload, byte[] begin) {
        return payload.length >= begin.length
                && ByteBuffer.wrap(payload, 0, begin.length).equals(ByteBuffer.wrap(begin));
    }

    private static boolean isText(byte[] payload) {
        if (payload.length > LONGEST_TEXT) {
            return false;
        }
        for (byte b : payload) {
            if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t') {
                return false;
            }
        }
        try {
            var _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }
}
