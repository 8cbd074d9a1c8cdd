package io.millrace.stream.dead;

import io.millrace.spi.OffsetRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some offsets of a partition: one bit for each offset between the lowest and the highest, so that
 * a hundred thousand letters take 12 KiB.
 */
final class OffsetBits {

    private static final int WORD = 64;

    private long firstWord;
    private long[] words = {};
    private int used;
    private long size;

    /** How many there are. */
    long size() {
        return size;
    }

    boolean has(long offset) {
        long index = Math.floorDiv(offset, WORD) - firstWord;
        return index >= 0 && index < used && (words[(int) index] & bit(offset)) != 0;
    }

    /** Adds one; false when it was there. */
    boolean add(long offset) {
        int index = place(Math.floorDiv(offset, WORD));
        long bit = bit(offset);
        if ((words[index] & bit) != 0) {
            return false;
        }
        words[index] |= bit;
        size++;
        return true;
    }

    /** Forgets those below an offset, which the log does not hold any more. */
    void forgetBefore(long offset) {
        long word = Math.floorDiv(offset, WORD);
        long gone = Math.min(used, word - firstWord);
        if (gone > 0) {
            for (int i = 0; i < gone; i++) {
                size -= Long.bitCount(words[i]);
            }
            words = Arrays.copyOfRange(words, (int) gone, used);
            used = words.length;
            firstWord += gone;
        }
        if (used > 0 && firstWord == word) {
            long kept = words[0] & (-1L << Math.floorMod(offset, WORD));
            size -= Long.bitCount(words[0]) - Long.bitCount(kept);
            words[0] = kept;
        }
    }

    /** As ranges without gaps, rising. */
    List<OffsetRange> runs() {
        var runs = new ArrayList<OffsetRange>();
        long from = -1;
        long end = (firstWord + used) * WORD;
        for (long offset = firstWord * WORD; offset < end; offset++) {
            boolean isIn = has(offset);
            if (isIn && from < 0) {
                from = offset;
            } else if (!isIn && from >= 0) {
                runs.add(new OffsetRange(from, offset));
                from = -1;
            }
        }
        if (from >= 0) {
            runs.add(new OffsetRange(from, end));
        }
        return runs;
    }

    private static long bit(long offset) {
        return 1L << Math.floorMod(offset, WORD);
    }

    private int place(long word) {
        if (used == 0) {
            firstWord = word;
        }
        if (word < firstWord) {
            int more = Math.toIntExact(firstWord - word);
            long[] wider = new long[used + more];
            System.arraycopy(words, 0, wider, more, used);
            words = wider;
            used = wider.length;
            firstWord = word;
        }
        int index = Math.toIntExact(word - firstWord);
        if (index >= words.length) {
            words = Arrays.copyOf(words, Math.max(index + 1, 2 * words.length));
        }
        used = Math.max(used, index + 1);
        return index;
    }
}
