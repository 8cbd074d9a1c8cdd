package io.millrace.testkit;

import io.millrace.spi.LogPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A consumer group in memory. Guarded by the lock of its log. */
final class InMemoryGroup {

    private final Map<LogPartition, Long> committed = new TreeMap<>();
    private final Map<String, InMemoryConsumer> members = new TreeMap<>();
    private final Map<LogPartition, InMemoryConsumer> owners = new HashMap<>();

    Map<LogPartition, Long> committed() {
        return committed;
    }

    boolean hasMembers() {
        return !members.isEmpty();
    }

    /** A member joins; one of the same name loses its place and its partitions at once. */
    void join(String name, InMemoryConsumer member) {
        InMemoryConsumer before = members.put(name, member);
        if (before != null && before != member) {
            release(before);
        }
    }

    void leave(String name, InMemoryConsumer member) {
        members.remove(name, member);
        release(member);
    }

    private void release(InMemoryConsumer member) {
        owners.values().removeIf(owner -> owner == member);
    }

    boolean isMember(String name, InMemoryConsumer member) {
        return members.get(name) == member;
    }

    void crash() {
        members.values().forEach(InMemoryConsumer::crashed);
        members.clear();
        owners.clear();
    }

    /** What a member should own: partitions are dealt in turn to those who read the topic. */
    Set<LogPartition> targetOf(InMemoryConsumer member, ToIntFunction<String> partitions) {
        var target = new TreeSet<LogPartition>();
        for (String topic : member.topics()) {
            List<InMemoryConsumer> readers = readersOf(topic);
            int turn = readers.indexOf(member);
            for (int i = 0; i < partitions.applyAsInt(topic); i++) {
                if (i % readers.size() == turn) {
                    target.add(new LogPartition(topic, i));
                }
            }
        }
        return target;
    }

    private List<InMemoryConsumer> readersOf(String topic) {
        var readers = new ArrayList<InMemoryConsumer>();
        for (InMemoryConsumer member : members.values()) {
            if (member.topics().contains(topic)) {
                readers.add(member);
            }
        }
        return readers;
    }

    /** Takes a partition that nobody owns. */
    boolean tryOwn(LogPartition partition, InMemoryConsumer member) {
        @Nullable InMemoryConsumer owner = owners.putIfAbsent(partition, member);
        return owner == null || owner == member;
    }

    void disown(LogPartition partition, InMemoryConsumer member) {
        owners.remove(partition, member);
    }
}
