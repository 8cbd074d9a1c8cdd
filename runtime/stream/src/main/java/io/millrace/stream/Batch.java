package io.millrace.stream;

import io.millrace.spi.LogRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some records of one poll on their way through the stages. A record starts as one item; a function
 * may make none or several of it. Failure belongs to the record: when one of its items fails, none
 * of the others goes on.
 *
 * <p>Reused from batch to batch by one task.
 */
final class Batch {

    private static final int FIRST_CAPACITY = 64;

    private List<LogRecord> records = List.of();

    /** Whether the list is no part of what was polled. */
    private boolean isOwnList;

    private @Nullable Failure[] failures = new Failure[FIRST_CAPACITY];
    private int failed;

    private int size;
    private int[] origins = new int[FIRST_CAPACITY];
    private byte[][] payloads = new byte[FIRST_CAPACITY][];
    private byte[][] trails = new byte[FIRST_CAPACITY][];
    private int[] nextOrigins = new int[FIRST_CAPACITY];
    private byte[][] nextPayloads = new byte[FIRST_CAPACITY][];
    private byte[][] nextTrails = new byte[FIRST_CAPACITY][];

    void start(List<LogRecord> polled) {
        records = polled;
        isOwnList = false;
        if (failures.length < polled.size()) {
            failures = new Failure[polled.size()];
        } else {
            Arrays.fill(failures, null);
        }
        failed = 0;
        beginItems();
        for (int i = 0; i < polled.size(); i++) {
            addItem(i, polled.get(i).value(), Trails.NOTHING);
        }
        endItems();
    }

    /** Lets go of all payloads. */
    void clear() {
        records = List.of();
        Arrays.fill(payloads, null);
        Arrays.fill(nextPayloads, null);
        Arrays.fill(trails, null);
        Arrays.fill(nextTrails, null);
        size = 0;
    }

    int recordCount() {
        return records.size();
    }

    LogRecord record(int index) {
        return records.get(index);
    }

    /** Puts a record in the place of another: the same one, with more known about it. */
    void replace(int index, LogRecord record) {
        if (!isOwnList) {
            records = new ArrayList<>(records);
            isOwnList = true;
        }
        records.set(index, record);
    }

    int failedCount() {
        return failed;
    }

    boolean isFailed(int record) {
        return failures[record] != null;
    }

    @Nullable Failure failure(int record) {
        return failures[record];
    }

    /** Gives a record up; the first reason counts. */
    void fail(int record, Failure failure) {
        if (failures[record] == null) {
            failures[record] = failure;
            failed++;
        }
    }

    /** How many items there are now, those of failed records included. */
    int size() {
        return size;
    }

    /** How many items there are of records that have not failed. */
    int liveCount() {
        if (failed == 0) {
            return size;
        }
        int live = 0;
        for (int i = 0; i < size; i++) {
            live += isLive(i) ? 1 : 0;
        }
        return live;
    }

    byte[] payload(int item) {
        return payloads[item];
    }

    /** What the payloads of all items take. */
    long payloadBytes() {
        long bytes = 0;
        for (int i = 0; i < size; i++) {
            bytes += payloads[i].length;
        }
        return bytes;
    }

    /** What an item passed through, as {@link Trails} writes it. */
    byte[] trail(int item) {
        return trails[item];
    }

    int origin(int item) {
        return origins[item];
    }

    LogRecord recordOf(int item) {
        return records.get(origins[item]);
    }

    boolean isLive(int item) {
        return failures[origins[item]] == null;
    }

    private int nextSize;

    /** Begins the items that take the place of the present ones. */
    void beginItems() {
        nextSize = 0;
    }

    /** Adds an item; origins come in rising order. */
    void addItem(int origin, byte[] payload, byte[] trail) {
        if (nextSize == nextOrigins.length) {
            nextOrigins = Arrays.copyOf(nextOrigins, 2 * nextSize);
            nextPayloads = Arrays.copyOf(nextPayloads, 2 * nextSize);
            nextTrails = Arrays.copyOf(nextTrails, 2 * nextSize);
        }
        nextOrigins[nextSize] = origin;
        nextPayloads[nextSize] = payload;
        nextTrails[nextSize] = trail;
        nextSize++;
    }

    /** The items that were added are now the items. */
    void endItems() {
        int[] spareOrigins = origins;
        byte[][] sparePayloads = payloads;
        byte[][] spareTrails = trails;
        origins = nextOrigins;
        payloads = nextPayloads;
        trails = nextTrails;
        size = nextSize;
        nextOrigins = spareOrigins;
        nextPayloads = sparePayloads;
        nextTrails = spareTrails;
    }
}
