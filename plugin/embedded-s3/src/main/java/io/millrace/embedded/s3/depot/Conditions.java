package io.millrace.embedded.s3.depot;

import io.millrace.embedded.s3.depot.Refusal.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Under which an object is read or changed; null asks nothing.
 *
 * @param ifMatch an ETag, with or without quotes, or {@code *} for any
 * @param ifNoneMatch an ETag, with or without quotes, or {@code *} for any
 * @param ifModifiedSince whole seconds count
 * @param ifUnmodifiedSince whole seconds count
 */
public record Conditions(
        @Nullable String ifMatch,
        @Nullable String ifNoneMatch,
        @Nullable Instant ifModifiedSince,
        @Nullable Instant ifUnmodifiedSince) {

    /** Asks nothing. */
    public static final Conditions NONE = new Conditions(null, null, null, null);

    /** Of a write. */
    public static Conditions ofWrite(@Nullable String ifMatch, @Nullable String ifNoneMatch) {
        return new Conditions(ifMatch, ifNoneMatch, null, null);
    }

    /** Refuses a write over what is there. */
    void checkWrite(String key, @Nullable StoredObject there) {
        if (ifMatch != null) {
            if (there == null) {
                throw new Refusal(Reason.NO_SUCH_KEY, "there is no object " + NameForm.shown(key));
            }
            if (!isSame(ifMatch, there)) {
                throw failed(key);
            }
        }
        if (ifNoneMatch != null && there != null && isSame(ifNoneMatch, there)) {
            throw failed(key);
        }
    }

    /** Refuses to read or copy what is there. */
    void checkRead(StoredObject there, Reason onUnchanged) {
        if (ifMatch != null && !isSame(ifMatch, there)) {
            throw failed(there.key());
        }
        if (ifMatch == null
                && ifUnmodifiedSince != null
                && seconds(there).isAfter(ifUnmodifiedSince)) {
            throw failed(there.key());
        }
        if (ifNoneMatch != null && isSame(ifNoneMatch, there)) {
            throw new Refusal(onUnchanged, "the object is the one that the client has");
        }
        if (ifNoneMatch == null
                && ifModifiedSince != null
                && !seconds(there).isAfter(ifModifiedSince)) {
            throw new Refusal(onUnchanged, "the object was not modified since");
        }
    }

    private static Instant seconds(StoredObject there) {
        return there.modified().truncatedTo(ChronoUnit.SECONDS);
    }

    private static boolean isSame(String etags, StoredObject there) {
        for (String etag : etags.split(",", -1)) {
            String plain = etag.strip();
            if (plain.equals("*") || bare(plain).equals(there.etag())) {
                return true;
            }
        }
        return false;
    }

    /** An ETag without quotes. */
    public static String bare(String etag) {
        boolean isQuoted = etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"");
        String plain = isQuoted ? etag.substring(1, etag.length() - 1) : etag;
        return plain.toLowerCase(Locale.ROOT);
    }

    private static Refusal failed(String key) {
        return new Refusal(
                Reason.PRECONDITION_FAILED,
                "the object %s is not what the request expects".formatted(NameForm.shown(key)));
    }
}
