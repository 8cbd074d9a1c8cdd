package io.millrace.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What items passed through, as {@link io.millrace.spi.Provenance} says it: {@code
 * function/x@7,model/digits@3}. Neighbours mostly passed the same versions, so the text is made
 * once for all of them.
 *
 * <p>Hot path: two comparisons per item.
 */
final class Trails {

    static final byte[] NOTHING = {};

    private byte[] before = NOTHING;
    private String step = "";
    private byte[] after = NOTHING;

    /** A trail with one more step; the same one when nothing is known of the step. */
    @SuppressWarnings("ReferenceEquality") // equal ones that are not the same are made once more
    byte[] after(byte[] trail, String next) {
        if (next.isEmpty()) {
            return trail;
        }
        if (trail != before || (next != step && !next.equals(step))) {
            after = joined(trail, next);
            before = trail;
            step = next;
        }
        return after;
    }

    private static byte[] joined(byte[] trail, String next) {
        byte[] text = next.getBytes(StandardCharsets.UTF_8);
        if (trail.length == 0) {
            return text;
        }
        byte[] joined = Arrays.copyOf(trail, trail.length + 1 + text.length);
        joined[trail.length] = ',';
        System.arraycopy(text, 0, joined, trail.length + 1, text.length);
        return joined;
    }
}
