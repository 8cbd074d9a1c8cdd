package io.millrace.codec.payload;

import io.millrace.api.MillraceException;

/**
 * Goes along the columns of one line. A column may stand in quotes, a doubled one inside is one.
 */
final class CsvColumns {

    private byte[] data = new byte[0];
    private int next;
    private int end;
    private int start;
    private int length;
    private int index;

    /** Begins a line; one line end behind it does no harm. */
    void start(byte[] line) {
        data = line;
        end = line.length;
        if (end > 0 && line[end - 1] == '\n') {
            end--;
        }
        if (end > 0 && line[end - 1] == '\r') {
            end--;
        }
        next = 0;
        index = -1;
        if (end == 0) {
            throw MillraceException.invalid("payload: expected one line of CSV, got nothing");
        }
    }

    /** Goes to the next column; false when there is none. */
    boolean advance() {
        if (next > end) {
            return false;
        }
        index++;
        start = next;
        if (next < end && data[next] == '"') {
            quoted();
        } else {
            while (next < end && data[next] != ',') {
                if (data[next] == '\n' || data[next] == '\r') {
                    throw MillraceException.invalid(
                            "payload: expected one line of CSV, got more from byte " + next);
                }
                next++;
            }
            length = next - start;
        }
        next++;
        return true;
    }

    private void quoted() {
        start = next + 1;
        next++;
        while (next < end && (data[next] != '"' || (next + 1 < end && data[next + 1] == '"'))) {
            next += data[next] == '"' ? 2 : 1;
        }
        length = next - start;
        if (next >= end || (next + 1 < end && data[next + 1] != ',')) {
            throw MillraceException.invalid(
                    "payload: the quote at byte %d has no end".formatted(start - 1));
        }
        next++;
    }

    /** Which column it is, from 0. */
    int index() {
        return index;
    }

    int startOfText() {
        return start;
    }

    int lengthOfText() {
        return length;
    }

    byte[] data() {
        return data;
    }

    /** How many columns a line has. */
    static int count(byte[] line) {
        var columns = new CsvColumns();
        columns.start(line);
        while (columns.advance()) {
            // each one counts itself
        }
        return columns.index + 1;
    }
}
