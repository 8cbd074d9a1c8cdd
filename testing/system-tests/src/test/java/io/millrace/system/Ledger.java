package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TimeSource;
import io.millrace.testkit.DeliveryOracle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The delivery oracle for many threads, with the time that each record took. */
final class Ledger {

    private final DeliveryOracle oracle = new DeliveryOracle();
    private final Set<Long> acknowledged = new HashSet<>();
    private final Set<Long> pending = new HashSet<>();
    private final Set<Long> seen = new HashSet<>();
    private final Map<Long, Long> sentAt = new HashMap<>();
    private final List<Long> nanos = new ArrayList<>();
    private long arrived;

    /** Makes the next record; {@code more} are further members of its JSON object. */
    synchronized byte[] next(String key, String more) {
        byte[] record = oracle.next(key, more);
        sentAt.put(DeliveryOracle.numberOf(record), TimeSource.system().nanoTime());
        return record;
    }

    synchronized void acknowledged(byte[] record) {
        long number = DeliveryOracle.numberOf(record);
        oracle.acknowledged(record);
        if (acknowledged.add(number) && !seen.contains(number)) {
            pending.add(number);
        }
    }

    synchronized void output(byte[] record) {
        oracle.output(record);
        arrived(record);
    }

    synchronized void deadLetter(byte[] record) {
        oracle.deadLetter(record);
        arrived(record);
    }

    private void arrived(byte[] record) {
        long number = DeliveryOracle.numberOf(record);
        arrived++;
        if (seen.add(number)) {
            pending.remove(number);
            Long sent = sentAt.remove(number);
            if (sent != null) {
                nanos.add(TimeSource.system().nanoTime() - sent);
            }
        }
    }

    synchronized int acknowledged() {
        return acknowledged.size();
    }

    /** How many different records came out. */
    synchronized int seen() {
        return seen.size();
    }

    /** How many came more than once, counted each time. */
    synchronized long repeated() {
        return arrived - seen.size();
    }

    /** How many were acknowledged and did not come out yet. */
    synchronized int pending() {
        return pending.size();
    }

    /** The median time of the records that came since the last call, in milliseconds. */
    synchronized double medianMillis() {
        assertThat(nanos).as("records since the last look").isNotEmpty();
        var sorted = nanos.stream().sorted().toList();
        nanos.clear();
        return sorted.get(sorted.size() / 2) / 1e6;
    }

    /** Nothing acknowledged is missing, invented, altered or out of order. */
    void assertKept(String what, long mostDuplicates) {
        assertKept(what, mostDuplicates, () -> "");
    }

    /** The same; {@code more} is said when it is not so. */
    synchronized void assertKept(String what, long mostDuplicates, Supplier<String> more) {
        Faults.tell(
                "%s: %d acknowledged, %d came out, %d repeated"
                        .formatted(what, acknowledged.size(), seen.size(), arrived - seen.size()));
        List<String> problems = oracle.problems(0, mostDuplicates);
        if (!problems.isEmpty()) {
            throw new AssertionError("%s: %s; %s".formatted(what, problems, more.get()));
        }
    }
}
