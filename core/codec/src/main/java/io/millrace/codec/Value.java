package io.millrace.codec;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.Names;
import io.millrace.api.ResourceName;
import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import io.millrace.codec.Node.ScalarType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A place in a document where a value is or could be. Each reading method notes what is wrong and
 * then gives a harmless stand-in, so that reading goes on and finds everything else; nothing that
 * was read is used once a problem was noted. A value that is absent gives stand-ins silently.
 */
public final class Value {

    private static final ResourceName STAND_IN = new ResourceName("stand-in");
    private static final Node ABSENT = new ScalarNode(ScalarType.NULL, "", Position.NONE);

    private final Node node;
    private final String pointer;
    private final Reading reading;

    Value(Node node, String pointer, Reading reading) {
        this.node = node;
        this.pointer = pointer;
        this.reading = reading;
    }

    static Value absent(String pointer, Reading reading) {
        return new Value(ABSENT, pointer, reading);
    }

    /** Whether something other than null is there. */
    public boolean isPresent() {
        return !(node instanceof ScalarNode scalar && scalar.type() == ScalarType.NULL);
    }

    /** Where it is in its document, as a JSON pointer. */
    public String pointer() {
        return pointer;
    }

    /** The line where it begins, from 1. */
    public int line() {
        return node.position().line();
    }

    /** Whether it is a single value: no map, no list, and not nothing. */
    public boolean isScalar() {
        return isPresent() && node instanceof ScalarNode;
    }

    Position position() {
        return node.position();
    }

    Reading reading() {
        return reading;
    }

    /** What is written there. */
    Node node() {
        return node;
    }

    /** Notes that something is wrong here. */
    public void problem(String message) {
        reading.problems().add(node.position(), pointer, message);
    }

    /** A text. */
    public String text() {
        if (!isPresent()) {
            return "";
        }
        if (node instanceof ScalarNode scalar) {
            if (scalar.type() != ScalarType.TEXT) {
                problem("expected text, got " + describe() + "; put it in quotes");
            }
            return scalar.text();
        }
        wrongType("text");
        return "";
    }

    /** A text of at least one character that is not only space. */
    public String filledText() {
        String text = text();
        if (isPresent() && node instanceof ScalarNode && text.isBlank()) {
            problem("must not be empty");
        }
        return text;
    }

    /** A text; numbers and truth values count as what was written. */
    public String looseText() {
        if (node instanceof ScalarNode scalar) {
            return scalar.text();
        }
        wrongType("text");
        return "";
    }

    /** The name of another resource. */
    public ResourceName name(String what) {
        if (!isPresent()) {
            return STAND_IN;
        }
        if (!(node instanceof ScalarNode)) {
            wrongType("a name");
            return STAND_IN;
        }
        String text = text();
        var problem = Names.problem(what, text, Names.MAX_NAME_LENGTH);
        problem.ifPresent(this::problem);
        return problem.isPresent() ? STAND_IN : new ResourceName(text);
    }

    /** A whole number within limits. */
    public int integer(int least, int most) {
        if (!isPresent()) {
            return least;
        }
        if (!(node instanceof ScalarNode scalar) || scalar.type() != ScalarType.INTEGER) {
            wrongType("a whole number");
            return least;
        }
        try {
            int number = Integer.parseInt(scalar.text());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // more digits than an int has: it is outside of the limits, which is said below
        }
        problem("must be from " + least + " to " + most + ", was " + scalar.text());
        return least;
    }

    /** A whole number from 0; of documents that the server made. */
    long count() {
        if (node instanceof ScalarNode scalar && scalar.type() == ScalarType.INTEGER) {
            try {
                return Math.max(0, Long.parseLong(scalar.text()));
            } catch (NumberFormatException e) {
                problem("too large: " + DocumentParser.shorten(scalar.text()));
                return 0;
            }
        }
        wrongType("a whole number");
        return 0;
    }

    /** A finite number. */
    double decimal() {
        if (!isPresent()) {
            return 0;
        }
        if (node instanceof ScalarNode scalar
                && (scalar.type() == ScalarType.DECIMAL || scalar.type() == ScalarType.INTEGER)) {
            try {
                double number = Double.parseDouble(scalar.text());
                if (Double.isFinite(number)) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // YAML has spellings such as .inf that are numbers but not finite: said below
            }
            problem("expected a finite number, got " + describe());
            return 0;
        }
        wrongType("a number");
        return 0;
    }

    /** True or false. */
    public boolean bool(boolean otherwise) {
        if (!isPresent()) {
            return otherwise;
        }
        if (node instanceof ScalarNode scalar && scalar.type() == ScalarType.BOOLEAN) {
            return scalar.text().equals("true");
        }
        wrongType("true or false");
        return otherwise;
    }

    /** A duration within limits. */
    Duration duration(Duration otherwise, Duration least, Duration most) {
        if (!isPresent()) {
            return otherwise;
        }
        var parsed =
                node instanceof ScalarNode scalar && scalar.type() == ScalarType.TEXT
                        ? Durations.parse(scalar.text())
                        : java.util.Optional.<Duration>empty();
        if (parsed.isEmpty()) {
            wrongType("a duration such as 200ms, 5s or 1m");
            return otherwise;
        }
        Duration duration = parsed.get();
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            problem(
                    "must be from "
                            + Durations.format(least)
                            + " to "
                            + Durations.format(most)
                            + ", was "
                            + Durations.format(duration));
        }
        return duration;
    }

    /** An amount of memory within limits. */
    DataSize size(DataSize otherwise, DataSize least, DataSize most) {
        if (!isPresent()) {
            return otherwise;
        }
        var parsed =
                node instanceof ScalarNode scalar
                                && (scalar.type() == ScalarType.TEXT
                                        || scalar.type() == ScalarType.INTEGER)
                        ? DataSize.parse(scalar.text())
                        : java.util.Optional.<DataSize>empty();
        if (parsed.isEmpty()) {
            wrongType("a size such as 512Mi or 2Gi");
            return otherwise;
        }
        DataSize size = parsed.get();
        if (size.compareTo(least) < 0 || size.compareTo(most) > 0) {
            problem("must be from " + least + " to " + most + ", was " + size);
        }
        return size;
    }

    /**
     * One of some words, in any letter case.
     *
     * @param allowed the words and what they mean, at least one; the first is the stand-in
     * @param later words that are recognised and refused
     */
    <T> T choice(String what, Map<String, T> allowed, Set<String> later) {
        T standIn = allowed.values().iterator().next();
        if (!isPresent()) {
            return standIn;
        }
        if (!(node instanceof ScalarNode)) {
            wrongType("one of " + String.join(", ", allowed.keySet()));
            return standIn;
        }
        String word = looseText();
        for (var entry : allowed.entrySet()) {
            if (entry.getKey().equalsIgnoreCase(word)) {
                return entry.getValue();
            }
        }
        String shown = what + " '" + DocumentParser.shorten(word) + "'";
        problem(
                later.stream().anyMatch(word::equalsIgnoreCase)
                        ? shown
                                + " is not available in this version; allowed: "
                                + String.join(", ", allowed.keySet())
                        : "unknown " + shown + Spelling.hint(word, allowed.keySet()));
        return standIn;
    }

    /** Whether it is one of some words, in any letter case. */
    boolean isOneOf(Set<String> words) {
        return node instanceof ScalarNode scalar
                && words.stream().anyMatch(scalar.text()::equalsIgnoreCase);
    }

    /**
     * The fields of a map. Null is an empty map; of what is no map or is absent nothing is said to
     * be missing, since that was told already or is right.
     */
    public Fields fields() {
        if (node instanceof MapNode map) {
            return new Fields(map, pointer, reading, false);
        }
        if (isPresent()) {
            wrongType("a map");
        }
        boolean told = isPresent() || node.equals(ABSENT);
        return new Fields(new MapNode(List.of(), node.position()), pointer, reading, told);
    }

    /** The items of a list. Null is an empty list. */
    public List<Value> items() {
        if (node instanceof ListNode list) {
            var items = new ArrayList<Value>();
            for (Node item : list.items()) {
                items.add(new Value(item, pointer + "/" + items.size(), reading));
            }
            return items;
        }
        if (isPresent()) {
            wrongType("a list");
        }
        return List.of();
    }

    /** The items of a list that must not be empty. */
    List<Value> filledItems() {
        if (node instanceof ListNode list && list.items().isEmpty()) {
            problem("the list must not be empty");
        }
        return items();
    }

    /** The items of a list, or a single value as a list of one. */
    List<Value> itemsOrOne() {
        return node instanceof ScalarNode && isPresent() ? List.of(this) : filledItems();
    }

    /** The items of a list of texts, each of them filled. */
    List<String> texts() {
        return items().stream().map(Value::filledLooseText).toList();
    }

    String filledLooseText() {
        String text = looseText();
        if (node instanceof ScalarNode && text.isBlank()) {
            problem("must not be empty");
        }
        return text;
    }

    /** A map of whatever keys, in the order of the text. */
    public Map<String, Value> map() {
        if (node instanceof MapNode map) {
            var values = new LinkedHashMap<String, Value>();
            for (Node.Entry entry : map.entries()) {
                values.put(
                        entry.key(),
                        new Value(
                                entry.value(),
                                pointer + "/" + DocumentParser.escape(entry.key()),
                                reading));
            }
            return values;
        }
        if (isPresent()) {
            wrongType("a map");
        }
        return Map.of();
    }

    /** A map of texts; numbers and truth values count as what was written. */
    public Map<String, String> textMap() {
        var texts = new LinkedHashMap<String, String>();
        map().forEach((key, value) -> texts.put(key, value.looseText()));
        return texts;
    }

    /** Notes each item whose text another one has already. */
    static void refuseDuplicates(String what, Collection<Value> values) {
        refuseDuplicates(what, values, Function.identity());
    }

    private static void refuseDuplicates(
            String what, Collection<Value> values, Function<String, String> key) {
        var lines = new HashMap<String, Integer>();
        for (Value value : values) {
            if (!value.isPresent() || !(value.node instanceof ScalarNode scalar)) {
                continue;
            }
            Integer earlier = lines.putIfAbsent(key.apply(scalar.text()), scalar.position().line());
            if (earlier != null) {
                value.problem(
                        "duplicate "
                                + what
                                + " '"
                                + DocumentParser.shorten(scalar.text())
                                + "', first in line "
                                + earlier);
            }
        }
    }

    /** Does something that says in a {@link MillraceException} what is wrong with this value. */
    String resolve(Function<String, String> resolver, String text) {
        try {
            return resolver.apply(text);
        } catch (MillraceException e) {
            problem(e.text());
            return "";
        }
    }

    private void wrongType(String expected) {
        problem("expected " + expected + ", got " + describe());
    }

    private String describe() {
        return switch (node) {
            case MapNode _ -> "a map";
            case ListNode _ -> "a list";
            case ScalarNode scalar ->
                    switch (scalar.type()) {
                        case TEXT -> "the text '" + DocumentParser.shorten(scalar.text()) + "'";
                        case INTEGER, DECIMAL ->
                                "the number " + DocumentParser.shorten(scalar.text());
                        case BOOLEAN -> scalar.text();
                        case NULL -> "nothing";
                    };
        };
    }
}
