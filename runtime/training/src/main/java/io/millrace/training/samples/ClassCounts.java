package io.millrace.training.samples;

import java.util.Arrays;

/**
 * Which classes labels belong to, and how many samples each has. Made for few classes: when there
 * are more than some, labels are no classes.
 */
final class ClassCounts {

    /** More different labels are values rather than classes. */
    static final int MOST = 1_000;

    private static final int SLOTS = 4 * 1024;

    private final long[] keys = new long[SLOTS];
    private final int[] numbers = new int[SLOTS];
    private final long[] counts = new long[MOST];
    private int size;

    ClassCounts() {
        Arrays.fill(numbers, -1);
    }

    /** Counts one label; false when there are too many different ones. */
    boolean count(long key) {
        int slot = slot(key);
        if (numbers[slot] < 0) {
            if (size == MOST) {
                return false;
            }
            keys[slot] = key;
            numbers[slot] = size++;
        }
        counts[numbers[slot]]++;
        return true;
    }

    /** The number of the class of a label that was counted. */
    int number(long key) {
        return numbers[slot(key)];
    }

    private int slot(long key) {
        long mixed = key * 0x9e37_79b9_7f4a_7c15L;
        int slot = (int) (mixed >>> 52);
        while (numbers[slot] >= 0 && keys[slot] != key) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        return slot;
    }

    /** How many classes there are. */
    int size() {
        return size;
    }

    /** How many samples a class has. */
    long count(int number) {
        return counts[number];
    }
}
