package io.millrace.stream;

import io.millrace.spi.GatheringSink;
import io.millrace.spi.LogPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the outputs of a task hold that gather records, and the position in the input up to which
 * all is done but for that. While any of them holds something, the position must not be committed:
 * a crash would lose it. So when one is due, all are stored.
 */
final class Gathering {

    private final List<GatheringSink> sinks;
    private final Map<LogPartition, Long> next = new HashMap<>();

    Gathering(List<Outlet> outlets) {
        var found = new ArrayList<GatheringSink>();
        for (Outlet outlet : outlets) {
            GatheringSink sink = outlet.gathering();
            if (sink != null) {
                found.add(sink);
            }
        }
        sinks = List.copyOf(found);
    }

    /** Whether no output gathers anything, ever. */
    boolean isNever() {
        return sinks.isEmpty();
    }

    /** Everything before these offsets is done, or held. */
    void passed(Map<LogPartition, Long> offsets) {
        next.putAll(offsets);
    }

    boolean isHolding() {
        for (int i = 0; i < sinks.size(); i++) {
            if (sinks.get(i).isHolding()) {
                return true;
            }
        }
        return false;
    }

    boolean isDue() {
        for (int i = 0; i < sinks.size(); i++) {
            if (sinks.get(i).isDue()) {
                return true;
            }
        }
        return false;
    }

    /** Whether there is something to commit that no output holds back. */
    boolean isDone() {
        return !next.isEmpty() && !isHolding();
    }

    /** Stores what all hold; may be tried again. */
    void store() {
        for (GatheringSink sink : sinks) {
            sink.store();
        }
    }

    /** What is done now; from here on nothing is. */
    Map<LogPartition, Long> take() {
        Map<LogPartition, Long> taken = Map.copyOf(next);
        next.clear();
        return taken;
    }

    /** What is held of these comes again, to whoever has them now. */
    void forget(Set<LogPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        next.keySet().removeAll(partitions);
        for (GatheringSink sink : sinks) {
            sink.forget(partitions);
        }
    }
}
