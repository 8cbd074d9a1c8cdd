package io.millrace.embedded.s3.depot;

import io.millrace.embedded.s3.depot.ObjectIndex.Bucket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which page of a bucket.
 *
 * @param prefix with which keys begin; empty for all
 * @param delimiter keys that share what comes before it behind the prefix become one; empty for
 *     none
 * @param after the last key or common prefix of the page before; empty for the first page
 * @param most keys and common prefixes together
 */
public record Listing(String prefix, String delimiter, String after, int most) {

    private static final int CHUNK = 1000;

    /** Behind every key that begins with what stands before it. */
    private static final String LAST = Character.toString(Character.MAX_CODE_POINT);

    /**
     * A page.
     *
     * @param next to continue after; empty at the end
     */
    public record Page(List<StoredObject> objects, List<String> prefixes, Optional<String> next) {}

    Page page(Connection c, Bucket bucket) throws SQLException {
        var objects = new ArrayList<StoredObject>();
        var prefixes = new ArrayList<String>();
        String last = after;
        String from = prefix;
        boolean isInclusive = true;
        if (compare(after, prefix) >= 0 && !after.isEmpty()) {
            from = isCommon(after) ? after + LAST : after;
            isInclusive = false;
        }
        while (true) {
            // One more than fits says whether there is another page.
            int room = most - objects.size() - prefixes.size();
            List<StoredObject> chunk =
                    ObjectIndex.range(c, bucket, from, isInclusive, Math.clamp(room + 1, 1, CHUNK));
            if (chunk.isEmpty()) {
                return new Page(objects, prefixes, Optional.empty());
            }
            isInclusive = false;
            for (StoredObject object : chunk) {
                String key = object.key();
                if (!key.startsWith(prefix)) {
                    return new Page(objects, prefixes, Optional.empty());
                }
                String common = common(key);
                if (!common.isEmpty() && common.equals(last)) {
                    from = common + LAST;
                    break;
                }
                if (objects.size() + prefixes.size() == most) {
                    return new Page(
                            objects, prefixes, most == 0 ? Optional.empty() : Optional.of(last));
                }
                if (common.isEmpty()) {
                    objects.add(object);
                    last = key;
                    from = key;
                } else {
                    prefixes.add(common);
                    last = common;
                    from = common + LAST;
                    break;
                }
            }
        }
    }

    private boolean isCommon(String text) {
        return !delimiter.isEmpty()
                && text.startsWith(prefix)
                && text.length() > prefix.length()
                && text.endsWith(delimiter);
    }

    /** Up to the first delimiter behind the prefix; empty when there is none. */
    private String common(String key) {
        if (delimiter.isEmpty()) {
            return "";
        }
        int at = key.indexOf(delimiter, prefix.length());
        return at < 0 ? "" : key.substring(0, at + delimiter.length());
    }

    /** In the order of code points, which is that of the bytes. */
    private static int compare(String a, String b) {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return java.util.Arrays.compare(left, right);
    }
}
