package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A path through JSON in the syntax of GJSON, as conditions of KServe's inference graphs use it.
 *
 * <p>Understood: names with {@code *}, {@code ?} and {@code \}, indices, {@code #} (length, or all
 * elements), {@code #(query)}, {@code #(query)#} with {@code == != < <= > >= % !%}, {@code @this},
 * lists of paths {@code [a,b]}, {@code .} and {@code |}. The rest is refused when the path is read.
 * A comparison of values of two types is false, and true for {@code !=}.
 */
public final class GjsonPath {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final String text;
    private final List<GjsonStep> steps;

    private GjsonPath(String text, List<GjsonStep> steps) {
        this.text = text;
        this.steps = List.copyOf(steps);
    }

    /**
     * Reads a path.
     *
     * @throws MillraceException {@code INVALID} for what is no path, or one of a kind that is not
     *     understood
     */
    public static GjsonPath parse(String text) {
        return new GjsonPath(text, new GjsonPathParser(text).parse());
    }

    /** Whether it leads somewhere, be it to null. */
    public boolean exists(JsonNode document) {
        return find(document).isPresent();
    }

    /** Where it leads. */
    public Optional<JsonNode> find(JsonNode document) {
        return walk(document, steps, 0);
    }

    static Optional<JsonNode> walk(JsonNode from, List<GjsonStep> steps, int at) {
        JsonNode node = from;
        for (int i = at; i < steps.size(); i++) {
            GjsonStep step = steps.get(i);
            if (step instanceof GjsonStep.Every && i + 1 < steps.size()) {
                return collect(node, steps, i + 1);
            }
            if (step instanceof GjsonStep.Query query && query.isForAll()) {
                Optional<JsonNode> all = query.all(node);
                return all.isEmpty() || i + 1 == steps.size()
                        ? all
                        : collect(all.get(), steps, i + 1);
            }
            Optional<JsonNode> next = step.from(node);
            if (next.isEmpty()) {
                return next;
            }
            node = next.get();
        }
        return Optional.of(node);
    }

    private static Optional<JsonNode> collect(JsonNode list, List<GjsonStep> steps, int at) {
        if (!list.isArray()) {
            return Optional.empty();
        }
        var found = new ArrayList<JsonNode>();
        for (JsonNode element : list) {
            walk(element, steps, at).ifPresent(found::add);
        }
        return Optional.of(NODES.arrayNode().addAll(found));
    }

    @Override
    public String toString() {
        return text;
    }
}
