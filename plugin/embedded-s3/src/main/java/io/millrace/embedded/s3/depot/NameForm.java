package io.millrace.embedded.s3.depot;

import io.millrace.embedded.s3.depot.Refusal.Reason;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/** The rules of S3 for the names of buckets and objects. */
final class NameForm {

    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}");
    private static final int MAX_KEY_BYTES = 1024;
    private static final int MAX_METADATA_BYTES = 8 * 1024;

    private NameForm() {}

    static void checkBucket(String name) {
        if (!BUCKET.matcher(name).matches()
                || name.contains("..")
                || ADDRESS.matcher(name).matches()) {
            throw new Refusal(
                    Reason.INVALID_BUCKET_NAME,
                    "the name of a bucket has 3 to 63 small letters, digits, '.' and '-', and begins"
                            + " and ends with a letter or digit; this one does not: "
                            + shown(name));
        }
    }

    /** Any text is a key, but not too long, and without what no file and no XML can hold. */
    static void checkKey(String key) {
        int bytes = encodedLength(key);
        if (bytes == 0) {
            throw new Refusal(Reason.INVALID_ARGUMENT, "the key of the object is empty");
        }
        if (bytes > MAX_KEY_BYTES) {
            throw new Refusal(
                    Reason.KEY_TOO_LONG,
                    "a key has at most %d bytes, this one has %d".formatted(MAX_KEY_BYTES, bytes));
        }
        if (key.indexOf('\0') >= 0) {
            throw new Refusal(Reason.INVALID_ARGUMENT, "the key holds a zero byte");
        }
    }

    private static int encodedLength(String key) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(key));
            return encoded.remaining();
        } catch (CharacterCodingException _) {
            throw new Refusal(Reason.INVALID_ARGUMENT, "the key is no valid Unicode");
        }
    }

    static void checkMetadata(Map<String, String> metadata) {
        int total = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            total += entry.getKey().length() + entry.getValue().length();
        }
        if (total > MAX_METADATA_BYTES) {
            throw new Refusal(
                    Reason.METADATA_TOO_LARGE,
                    "the metadata of an object has at most %d characters, this has %d"
                            .formatted(MAX_METADATA_BYTES, total));
        }
    }

    /** A name as it may stand in a message: short, and without what moves a cursor. */
    static String shown(String name) {
        String plain = name.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
        return "'" + (plain.length() <= 200 ? plain : plain.substring(0, 200) + "…") + "'";
    }
}
