package io.millrace.stream;

import java.util.Arrays;

/** The last readings of one series in the order of their times. */
final class SeriesWindow {

    private static final int FIRST_CAPACITY = 8;

    private final int size;
    private long[] times;
    private double[] values;
    private int count;

    SeriesWindow(int size) {
        this.size = size;
        this.times = new long[Math.min(size, FIRST_CAPACITY)];
        this.values = new double[times.length];
    }

    /**
     * Puts a reading in its place; one of the same time takes the place of the one before.
     *
     * @return whether it is among the last ones; one that is older than all of a full window is not
     */
    boolean put(long time, double value) {
        int after = count;
        while (after > 0 && times[after - 1] > time) {
            after--;
        }
        if (after > 0 && times[after - 1] == time) {
            values[after - 1] = value;
            return true;
        }
        if (count < size) {
            makeRoom();
            System.arraycopy(times, after, times, after + 1, count - after);
            System.arraycopy(values, after, values, after + 1, count - after);
            count++;
            set(after, time, value);
            return true;
        }
        if (after == 0) {
            return false;
        }
        System.arraycopy(times, 1, times, 0, after - 1);
        System.arraycopy(values, 1, values, 0, after - 1);
        set(after - 1, time, value);
        return true;
    }

    private void makeRoom() {
        if (count == times.length) {
            int capacity = Math.min(size, 2 * count);
            times = Arrays.copyOf(times, capacity);
            values = Arrays.copyOf(values, capacity);
        }
    }

    private void set(int place, long time, double value) {
        times[place] = time;
        values[place] = value;
    }

    /** Whether it is full and no two neighbours are further apart than this. */
    boolean isComplete(long gap) {
        if (count < size) {
            return false;
        }
        for (int i = 1; i < count; i++) {
            long apart = times[i] - times[i - 1];
            if (apart > gap || apart < 0) { // less than nothing: more than 64 bits can say
                return false;
            }
        }
        return true;
    }

    /** The readings in rising order of time; only of a full window. Not to be written to. */
    double[] values() {
        return values;
    }
}
