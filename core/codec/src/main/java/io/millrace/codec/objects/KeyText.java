package io.millrace.codec.objects;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Keys of objects as stores write them. */
final class KeyText {

    /** What S3 allows. */
    static final int MOST_BYTES = 1024;

    private KeyText() {}

    /** A key with {@code +} and {@code %XX} resolved; null when it is not written so. */
    static @Nullable String decode(String key) {
        return decode(key, true);
    }

    /** A text with {@code %XX} resolved, and {@code +} where it stands for a space. */
    static @Nullable String decode(String key, boolean isPlusASpace) {
        if (key.indexOf('+') < 0 && key.indexOf('%') < 0) {
            return key;
        }
        ByteBuffer written = bytes(key);
        if (written == null) {
            return null;
        }
        ByteBuffer decoded = ByteBuffer.allocate(written.remaining());
        while (written.hasRemaining()) {
            byte b = written.get();
            if (b == '+' && isPlusASpace) {
                decoded.put((byte) ' ');
            } else if (b != '%') {
                decoded.put(b);
            } else if (!takeEscape(written, decoded)) {
                return null;
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private static boolean takeEscape(ByteBuffer written, ByteBuffer decoded) {
        if (written.remaining() < 2) {
            return false;
        }
        byte high = written.get();
        byte low = written.get();
        if (!HexFormat.isHexDigit(high) || !HexFormat.isHexDigit(low)) {
            return false;
        }
        decoded.put((byte) (HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low)));
        return true;
    }

    /** How many bytes of UTF-8 a key has; -1 when it is no text. */
    static int length(String key) {
        ByteBuffer bytes = bytes(key);
        return bytes == null ? -1 : bytes.remaining();
    }

    private static @Nullable ByteBuffer bytes(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException _) {
            return null; // half a surrogate pair
        }
    }
}
