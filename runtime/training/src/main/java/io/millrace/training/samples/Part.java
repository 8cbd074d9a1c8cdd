package io.millrace.training.samples;

import io.millrace.spi.LogPartition;

/**
 * Offsets of one partition.
 *
 * @param partition of the log
 * @param from the first
 * @param to the one behind the last
 */
record Part(LogPartition partition, long from, long to) {

    long length() {
        return to - from;
    }

    @Override
    public String toString() {
        return partition.topic() + ":" + partition.index() + ":" + from + ":" + to;
    }
}
