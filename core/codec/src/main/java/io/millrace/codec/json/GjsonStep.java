package io.millrace.codec.json;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** One step of a {@link GjsonPath}. */
sealed interface GjsonStep {

    /** Where it leads from a node; empty when nowhere. */
    Optional<JsonNode> from(JsonNode node);

    /**
     * A field by name, or an element by index.
     *
     * @param name as it is in the document
     * @param index the number that the name is, or -1
     */
    record Name(String name, int index) implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            return Optional.ofNullable(node.isArray() ? node.get(index) : node.get(name));
        }
    }

    /** The first field whose name matches. */
    record Wildcard(Pattern pattern) implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            return node.propertyStream()
                    .filter(field -> pattern.matcher(field.getKey()).matches())
                    .map(java.util.Map.Entry::getValue)
                    .findFirst();
        }
    }

    /** At the end the length of an array; before other steps, all its elements. */
    record Every() implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            return node.isArray()
                    ? Optional.of(JsonNodeFactory.instance.numberNode(node.size()))
                    : Optional.empty();
        }
    }

    /** The node itself. */
    record This() implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            return Optional.of(node);
        }
    }

    /** An array of where several paths lead; those that lead nowhere are left out. */
    record Several(List<List<GjsonStep>> paths) implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            ArrayNode found = JsonNodeFactory.instance.arrayNode();
            for (List<GjsonStep> path : paths) {
                GjsonPath.walk(node, path, 0).ifPresent(found::add);
            }
            return Optional.of(found);
        }
    }

    /**
     * Elements of an array for which something holds.
     *
     * @param path from the element to what is compared
     * @param comparison what must hold there; null: that something is there
     * @param isForAll whether all such elements are meant, not the first
     */
    record Query(
            List<GjsonStep> path,
            @org.jspecify.annotations.Nullable GjsonComparison comparison,
            boolean isForAll)
            implements GjsonStep {
        @Override
        public Optional<JsonNode> from(JsonNode node) {
            if (!node.isArray()) {
                return Optional.empty();
            }
            for (JsonNode element : node) {
                if (matches(element)) {
                    return Optional.of(element);
                }
            }
            return Optional.empty();
        }

        /** All of them as an array, be it empty. */
        Optional<JsonNode> all(JsonNode node) {
            if (!node.isArray()) {
                return Optional.empty();
            }
            ArrayNode found = JsonNodeFactory.instance.arrayNode();
            for (JsonNode element : node) {
                if (matches(element)) {
                    found.add(element);
                }
            }
            return Optional.of(found);
        }

        private boolean matches(JsonNode element) {
            Optional<JsonNode> value = GjsonPath.walk(element, path, 0);
            return value.isPresent() && (comparison == null || comparison.holds(value.get()));
        }
    }
}
