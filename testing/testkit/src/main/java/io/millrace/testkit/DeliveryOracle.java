package io.millrace.testkit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Judges whether records were delivered as promised: numbered, keyed and checksummed records go in,
 * and what comes out is compared with what was acknowledged.
 *
 * <ul>
 *   <li>Nothing lost: each acknowledged record is an output, a dead letter, or counted as dropped.
 *   <li>Duplicates within a bound.
 *   <li>Order kept for each key, duplicates aside.
 *   <li>Nothing invented, nothing altered.
 * </ul>
 *
 * Not safe for several threads.
 */
public final class DeliveryOracle {

    private static final Pattern RECORD =
            Pattern.compile("\"k\":\"([^\"]*)\",\"n\":(\\d+),\"c\":(\\d+)");

    private final Map<Long, String> produced = new TreeMap<>();
    private final Set<Long> acknowledged = new HashSet<>();
    private final Map<Long, Integer> outputs = new TreeMap<>();
    private final Map<Long, Integer> deadLetters = new TreeMap<>();
    private final Map<String, Long> lastFirstSeen = new HashMap<>();
    private final Map<Long, Places> placesOf = new TreeMap<>();
    private final boolean mayRepair;
    private final List<String> problems = new ArrayList<>();
    private int places;
    private long next;

    /** Where among the outputs a record came first and last. */
    private record Places(long number, int first, int last) {}

    /** Expects that no record comes before its predecessors have come. */
    public DeliveryOracle() {
        this(false);
    }

    private DeliveryOracle(boolean mayRepair) {
        this.mayRepair = mayRepair;
    }

    /**
     * Expects less of an output that takes records behind one that it loses: a record may come too
     * early, but then it comes once more behind its predecessors.
     */
    public static DeliveryOracle ofRepairedOrder() {
        return new DeliveryOracle(true);
    }

    /**
     * Makes the next record.
     *
     * @param key records of one key must keep their order
     * @param more further members of the JSON object, empty for none
     */
    public byte[] next(String key, String more) {
        long number = next++;
        produced.put(number, key);
        String text = "\"k\":\"%s\",\"n\":%d,\"c\":%d".formatted(key, number, sum(key, number));
        return ("{" + text + (more.isEmpty() ? "" : "," + more) + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The number of a record. */
    public static long numberOf(byte[] payload) {
        Matcher found = RECORD.matcher(new String(payload, StandardCharsets.UTF_8));
        return found.find() ? Long.parseLong(found.group(2)) : -1;
    }

    private static long sum(String key, long number) {
        var sum = new CRC32();
        sum.update((key + "/" + number).getBytes(StandardCharsets.UTF_8));
        return sum.getValue();
    }

    /** The sender was told that the record is safe. */
    public void acknowledged(byte[] payload) {
        acknowledged.add(numberOf(payload));
    }

    /** An output came, in this order. */
    public void output(byte[] payload) {
        long number = checked(payload, "output");
        if (number < 0) {
            return;
        }
        places++;
        placesOf.merge(
                number,
                new Places(number, places, places),
                (known, now) -> new Places(number, known.first(), now.last()));
        if (outputs.merge(number, 1, Integer::sum) > 1 || mayRepair) {
            return;
        }
        String key = produced.get(number);
        Long before = lastFirstSeen.put(key, number);
        if (before != null && before > number) {
            problems.add("order: key %s: %d came after %d".formatted(key, number, before));
        }
    }

    /** A dead letter was found. */
    public void deadLetter(byte[] payload) {
        long number = checked(payload, "dead letter");
        if (number >= 0) {
            deadLetters.merge(number, 1, Integer::sum);
        }
    }

    private long checked(byte[] payload, String what) {
        String text = new String(payload, StandardCharsets.UTF_8);
        Matcher found = RECORD.matcher(text);
        if (!found.find()) {
            problems.add("altered: the %s %s".formatted(what, text));
            return -1;
        }
        String key = found.group(1);
        long number = Long.parseLong(found.group(2));
        boolean isOurs =
                key.equals(produced.get(number))
                        && sum(key, number) == Long.parseLong(found.group(3));
        if (!isOurs) {
            problems.add("invented: the %s %s".formatted(what, text));
            return -1;
        }
        return number;
    }

    /**
     * What is wrong, when nothing moves any more.
     *
     * @param dropped how many drops the counters say there were
     * @param mostDuplicates how many records were in flight when something broke
     * @return empty when all promises were kept
     */
    public List<String> problems(long dropped, long mostDuplicates) {
        return problems(dropped, mostDuplicates, mostDuplicates);
    }

    /**
     * As {@link #problems(long, long)} for routes where drops may be counted again although no
     * record comes out again: where exactly once is promised.
     *
     * @param mostRecounted how many drops may have been counted more than once
     */
    public List<String> problems(long dropped, long mostDuplicates, long mostRecounted) {
        var found = new ArrayList<>(problems);
        var missing = new ArrayList<Long>();
        long duplicates = 0;
        for (long number : produced.keySet()) {
            int seen = outputs.getOrDefault(number, 0) + deadLetters.getOrDefault(number, 0);
            duplicates += Math.max(0, seen - 1);
            if (seen == 0 && acknowledged.contains(number)) {
                missing.add(number);
            }
        }
        if (missing.size() > dropped) {
            found.add("lost: %s, but only %d counted as dropped".formatted(missing, dropped));
        }
        findUnrepaired(found);
        // A record that was never acknowledged may have been dropped as well, hence no equality.
        long unaccounted = (long) produced.size() - outputs.size() - deadLetters.size();
        if (dropped > unaccounted + mostRecounted) {
            found.add("counted %d drops, %d at most".formatted(dropped, unaccounted));
        }
        if (duplicates > mostDuplicates) {
            found.add("duplicates: %d, at most %d".formatted(duplicates, mostDuplicates));
        }
        return found;
    }

    private void findUnrepaired(List<String> found) {
        if (!mayRepair) {
            return;
        }
        var latest = new HashMap<String, Places>();
        for (Places now : placesOf.values()) {
            String key = produced.get(now.number());
            Places before = latest.get(key);
            if (before != null && now.last() < before.first()) {
                found.add(
                        "order: key %s: %d came after %d"
                                .formatted(key, before.number(), now.number()));
            }
            if (before == null || now.first() > before.first()) {
                latest.put(key, now);
            }
        }
    }

    /** How many records came out at least once. */
    public int outputs() {
        return outputs.size();
    }

    /** How many records are dead letters. */
    public int deadLetters() {
        return deadLetters.size();
    }
}
