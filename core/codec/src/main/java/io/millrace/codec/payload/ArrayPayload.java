package io.millrace.codec.payload;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Requests that ask for several items at once, as a JSON array of objects. */
public final class ArrayPayload {

    private static final int MAX_ITEMS = 10_000;

    private ArrayPayload() {}

    /** Whether a payload is one, as far as its first character tells. */
    public static boolean isArray(byte[] payload) {
        int at = 0;
        while (at < payload.length && isSpace(payload[at])) {
            at++;
        }
        return at < payload.length && payload[at] == '[';
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /**
     * The payloads of its items, in order.
     *
     * @throws MillraceException {@code INVALID} when it is no JSON array, {@code TOO_LARGE} when it
     *     has too many items
     */
    public static List<byte[]> items(byte[] payload) {
        var in = new JsonScanner();
        in.start(payload);
        in.expect('[');
        var items = new ArrayList<byte[]>();
        if (!in.take(']')) {
            do {
                in.peek();
                int start = in.position();
                in.skip();
                if (items.size() == MAX_ITEMS) {
                    throw new MillraceException(
                            ErrorCode.TOO_LARGE,
                            "an array of more than " + MAX_ITEMS + " items in one request");
                }
                items.add(Arrays.copyOfRange(payload, start, in.position()));
            } while (in.take(','));
            in.expect(']');
        }
        if (in.peek() >= 0) {
            throw MillraceException.invalid("more follows the JSON at byte " + in.position());
        }
        return items;
    }
}
