package io.millrace.spi;

/**
 * A part of a topic that keeps its order.
 *
 * @param topic of the log
 * @param index from 0
 */
public record LogPartition(String topic, int index) implements Comparable<LogPartition> {

    @Override
    public int compareTo(LogPartition other) {
        int byTopic = topic.compareTo(other.topic);
        return byTopic != 0 ? byTopic : Integer.compare(index, other.index);
    }

    @Override
    public String toString() {
        return topic + "/" + index;
    }
}
