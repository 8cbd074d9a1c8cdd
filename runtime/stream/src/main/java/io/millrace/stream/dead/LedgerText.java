package io.millrace.stream.dead;

import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Entries as records of the log: each part is a header of text, offsets are written as {@code
 * 0:5-9,11;1:0-3}, so that any tool for Kafka shows them.
 */
final class LedgerText {

    /** One key, so one partition, so one order. */
    private static final byte[] KEY = "letters".getBytes(StandardCharsets.UTF_8);

    private static final byte[] NOTHING = {};
    private static final String ENTRY = "entry";
    private static final String JOB = "job";
    private static final String ACTION = "action";
    private static final String AT = "at";
    private static final String STATE = "state";
    private static final String MESSAGE = "message";
    private static final String BOUNDS = "bounds";
    private static final String LETTERS = "letters";
    private static final String NEXT = "next";
    private static final String COUNT = "count";
    private static final String REDRIVEN = "redriven";
    private static final String DROPPED = "dropped";
    private static final String MORE = "more";
    private static final String FILTER = "filter.";

    private LedgerText() {}

    static OutgoingRecord write(String topic, LedgerEntry entry) {
        var parts = new ArrayList<Header>();
        switch (entry) {
            case LedgerEntry.Started started -> {
                parts.add(Header.of(ENTRY, "started"));
                parts.add(Header.of(JOB, started.job()));
                parts.add(Header.of(ACTION, started.action().label()));
                parts.add(Header.of(BOUNDS, ranges(single(started.bounds()))));
                addFilter(started.filter(), parts);
            }
            case LedgerEntry.Settled settled -> {
                parts.add(Header.of(ENTRY, "settled"));
                parts.add(Header.of(JOB, settled.job()));
                parts.add(Header.of(ACTION, settled.action().label()));
                parts.add(Header.of(LETTERS, ranges(settled.letters())));
                parts.add(Header.of(NEXT, offsets(settled.next())));
                parts.add(Header.of(COUNT, Long.toString(settled.settled())));
            }
            case LedgerEntry.Ended ended -> {
                parts.add(Header.of(ENTRY, "ended"));
                parts.add(Header.of(JOB, ended.job()));
                parts.add(Header.of(STATE, ended.state().label()));
                parts.add(Header.of(MESSAGE, ended.message()));
            }
            case LedgerEntry.Summary summary -> {
                parts.add(Header.of(ENTRY, "summary"));
                parts.add(Header.of(REDRIVEN, ranges(summary.redriven())));
                parts.add(Header.of(DROPPED, ranges(summary.dropped())));
                if (summary.hasMore()) {
                    parts.add(Header.of(MORE, "true"));
                }
            }
        }
        parts.add(Header.of(AT, Long.toString(entry.atMillis())));
        return new OutgoingRecord(topic, KEY, NOTHING, parts, entry.atMillis());
    }

    private static void addFilter(LetterFilter filter, List<Header> parts) {
        if (!filter.positions().isEmpty()) {
            String positions =
                    filter.positions().stream()
                            .sorted()
                            .map(LetterPosition::toString)
                            .collect(Collectors.joining(","));
            parts.add(Header.of(FILTER + "positions", positions));
        }
        parts.add(Header.of(FILTER + "code", filter.code()));
        parts.add(Header.of(FILTER + "stage", filter.stage()));
        parts.add(Header.of(FILTER + "contains", filter.contains()));
        parts.add(Header.of(FILTER + "step", filter.step()));
        parts.add(Header.of(FILTER + "key", filter.key()));
        parts.add(Header.of(FILTER + "since", Long.toString(filter.sinceMillis())));
        parts.add(Header.of(FILTER + "until", Long.toString(filter.untilMillis())));
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws MillraceException {@code INVALID} for anything else
     */
    static LedgerEntry read(LogRecord record) {
        try {
            long at = Long.parseLong(part(record, AT));
            String entry = part(record, ENTRY);
            return switch (entry) {
                case "started" ->
                        new LedgerEntry.Started(
                                part(record, JOB),
                                action(record),
                                filter(record),
                                first(ranges(part(record, BOUNDS))),
                                at);
                case "settled" ->
                        new LedgerEntry.Settled(
                                part(record, JOB),
                                action(record),
                                ranges(part(record, LETTERS)),
                                offsets(part(record, NEXT)),
                                Long.parseLong(part(record, COUNT)),
                                at);
                case "ended" ->
                        new LedgerEntry.Ended(
                                part(record, JOB),
                                state(part(record, STATE)),
                                part(record, MESSAGE),
                                at);
                case "summary" ->
                        new LedgerEntry.Summary(
                                ranges(part(record, REDRIVEN)),
                                ranges(part(record, DROPPED)),
                                part(record, MORE).equals("true"),
                                at);
                default -> throw MillraceException.invalid("there is no entry '" + entry + "'");
            };
        } catch (NumberFormatException e) {
            throw MillraceException.invalid("a number was expected: " + e.getMessage());
        }
    }

    private static LetterFilter filter(LogRecord record) {
        Set<LetterPosition> positions = new HashSet<>();
        for (String position : pieces(part(record, FILTER + "positions"), ",")) {
            positions.add(LetterPosition.parse(position));
        }
        return new LetterFilter(
                positions,
                part(record, FILTER + "code"),
                part(record, FILTER + "stage"),
                part(record, FILTER + "contains"),
                part(record, FILTER + "step"),
                part(record, FILTER + "key"),
                Long.parseLong(part(record, FILTER + "since")),
                Long.parseLong(part(record, FILTER + "until")));
    }

    private static LetterJob.Action action(LogRecord record) {
        String text = part(record, ACTION);
        for (LetterJob.Action action : LetterJob.Action.values()) {
            if (action.label().equals(text)) {
                return action;
            }
        }
        throw MillraceException.invalid("there is no action '" + text + "'");
    }

    private static LetterJob.State state(String text) {
        for (LetterJob.State state : LetterJob.State.values()) {
            if (state.label().equals(text)) {
                return state;
            }
        }
        throw MillraceException.invalid("there is no state '" + text + "'");
    }

    private static String part(LogRecord record, String name) {
        String found = Header.find(record.headers(), name);
        return found == null ? "" : found;
    }

    private static List<String> pieces(String text, String by) {
        return text.isEmpty() ? List.of() : List.of(text.split(by, -1));
    }

    private static Map<Integer, List<OffsetRange>> single(Map<Integer, OffsetRange> ranges) {
        var lists = new TreeMap<Integer, List<OffsetRange>>();
        ranges.forEach((partition, range) -> lists.put(partition, List.of(range)));
        return lists;
    }

    private static Map<Integer, OffsetRange> first(Map<Integer, List<OffsetRange>> ranges) {
        var firsts = new HashMap<Integer, OffsetRange>();
        ranges.forEach((partition, of) -> firsts.put(partition, of.getFirst()));
        return firsts;
    }

    private static String ranges(Map<Integer, List<OffsetRange>> byPartition) {
        var out = new StringBuilder();
        new TreeMap<>(byPartition)
                .forEach((partition, ranges) -> {
                    out.append(out.isEmpty() ? "" : ";").append(partition);
                    char before = ':';
                    for (OffsetRange range : ranges) {
                        out.append(before).append(range.from());
                        if (range.length() != 1) {
                            out.append('-').append(range.to() - 1);
                        }
                        before = ',';
                    }
                });
        return out.toString();
    }

    private static Map<Integer, List<OffsetRange>> ranges(String text) {
        var byPartition = new HashMap<Integer, List<OffsetRange>>();
        for (String part : pieces(text, ";")) {
            int colon = part.indexOf(':');
            if (colon < 0) {
                throw MillraceException.invalid("'" + part + "' has no partition");
            }
            var ranges = new ArrayList<OffsetRange>();
            for (String range : pieces(part.substring(colon + 1), ",")) {
                int dash = range.indexOf('-');
                long from = Long.parseLong(dash < 0 ? range : range.substring(0, dash));
                long last = dash < 0 ? from : Long.parseLong(range.substring(dash + 1));
                ranges.add(new OffsetRange(from, last + 1));
            }
            byPartition.put(Integer.parseInt(part.substring(0, colon)), ranges);
        }
        return byPartition;
    }

    private static String offsets(Map<Integer, Long> byPartition) {
        var out = new StringBuilder();
        new TreeMap<>(byPartition)
                .forEach((partition, offset) ->
                        out.append(out.isEmpty() ? "" : ";")
                                .append(partition)
                                .append(':')
                                .append(offset));
        return out.toString();
    }

    private static Map<Integer, Long> offsets(String text) {
        var byPartition = new HashMap<Integer, Long>();
        for (String part : pieces(text, ";")) {
            int colon = part.indexOf(':');
            if (colon < 0) {
                throw MillraceException.invalid("'" + part + "' has no partition");
            }
            byPartition.put(
                    Integer.parseInt(part.substring(0, colon)),
                    Long.parseLong(part.substring(colon + 1)));
        }
        return byPartition;
    }
}
