package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.Spec;
import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** What differs between two specs, for people. */
public final class SpecDiff {

    private SpecDiff() {}

    /**
     * One difference.
     *
     * @param path where, as in {@code steps[0].model.version}; empty for the whole spec
     * @param before the text or JSON that was there; empty when nothing was
     * @param after the text or JSON that is there now; empty when nothing is
     */
    public record Difference(String path, Optional<String> before, Optional<String> after) {}

    /** The differences of two specs of a kind, in the order of the fields. */
    public static List<Difference> between(Kind kind, Spec before, Spec after) {
        KindCodec<?> codec = KindCodec.of(kind);
        var differences = new ArrayList<Difference>();
        compare("", codec.writeAny(before), codec.writeAny(after), differences);
        return List.copyOf(differences);
    }

    /**
     * The differences of two JSON or YAML texts, such as the specs in the answer of a dry run.
     *
     * @throws ResourceProblems when one cannot be read
     */
    public static List<Difference> betweenTexts(String before, String after) {
        var differences = new ArrayList<Difference>();
        compare("", tree(before), tree(after), differences);
        return List.copyOf(differences);
    }

    private static Node tree(String text) {
        var problems = new Problems("");
        var documents = DocumentParser.parse(text, problems);
        problems.throwIfAny();
        return documents.isEmpty() ? Node.map().build() : documents.getFirst().root();
    }

    private static void compare(String path, Node before, Node after, List<Difference> found) {
        if (before instanceof MapNode a && after instanceof MapNode b) {
            compareMaps(path, a, b, found);
        } else if (before instanceof ListNode a && after instanceof ListNode b) {
            compareLists(path, a, b, found);
        } else if (!show(before).equals(show(after))) {
            found.add(new Difference(path, Optional.of(show(before)), Optional.of(show(after))));
        }
    }

    private static void compareMaps(
            String path, MapNode before, MapNode after, List<Difference> found) {
        var keys = new LinkedHashSet<String>();
        before.entries().forEach(entry -> keys.add(entry.key()));
        after.entries().forEach(entry -> keys.add(entry.key()));
        for (String key : keys) {
            compareParts(
                    path.isEmpty() ? key : path + "." + key,
                    before.find(key).map(Node.Entry::value),
                    after.find(key).map(Node.Entry::value),
                    found);
        }
    }

    private static void compareLists(
            String path, ListNode before, ListNode after, List<Difference> found) {
        List<Node> a = before.items();
        List<Node> b = after.items();
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            compareParts(
                    path + "[" + i + "]",
                    i < a.size() ? Optional.of(a.get(i)) : Optional.empty(),
                    i < b.size() ? Optional.of(b.get(i)) : Optional.empty(),
                    found);
        }
    }

    private static void compareParts(
            String path, Optional<Node> before, Optional<Node> after, List<Difference> found) {
        if (before.isPresent() && after.isPresent()) {
            compare(path, before.get(), after.get(), found);
        } else {
            found.add(new Difference(path, before.map(SpecDiff::show), after.map(SpecDiff::show)));
        }
    }

    private static String show(Node node) {
        return node instanceof ScalarNode scalar && scalar.type() == Node.ScalarType.TEXT
                ? scalar.text()
                : JsonText.of(node);
    }
}
