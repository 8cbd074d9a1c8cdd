package io.millrace.codec.payload;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An answer of a pipeline as it is compared with another one: JSON and MessagePack by their values,
 * numbers with a tolerance, since the same model differs in the last digits with the size of a
 * batch; anything else byte by byte.
 */
public final class ComparableAnswer {

    private static final double RELATIVE = 1e-5;
    private static final double ABSOLUTE = 1e-6;
    private static final double SUM_OF_SHARES = 1e-2;
    private static final List<String> LABELS = List.of("label", "class", "category");

    private final byte[] payload;
    private final @Nullable JsonNode tree;

    private ComparableAnswer(byte[] payload, @Nullable JsonNode tree) {
        this.payload = payload;
        this.tree = tree;
    }

    /** Reads an answer. */
    public static ComparableAnswer of(byte[] payload) {
        return new ComparableAnswer(payload, PayloadTree.of(payload).orElse(null));
    }

    /** Whether both say the same. */
    public boolean isSameAs(ComparableAnswer other) {
        return (tree == null || other.tree == null)
                ? Arrays.equals(payload, other.payload)
                : isSame(tree, other.tree);
    }

    private static boolean isSame(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return isNear(one.asDouble(), other.asDouble());
        }
        if (one.isArray() && other.isArray()) {
            boolean same = one.size() == other.size();
            for (int i = 0; same && i < one.size(); i++) {
                same = isSame(one.get(i), other.get(i));
            }
            return same;
        }
        if (one.isObject() && other.isObject()) {
            boolean same = one.size() == other.size();
            for (var member : one.properties()) {
                JsonNode there = other.get(member.getKey());
                same = same && there != null && isSame(member.getValue(), there);
            }
            return same;
        }
        return one.equals(other);
    }

    private static boolean isNear(double one, double other) {
        return Double.compare(one, other) == 0
                || Math.abs(one - other)
                        <= ABSOLUTE + RELATIVE * Math.max(Math.abs(one), Math.abs(other));
    }

    /**
     * What a classification decided for: a member named {@code label}, {@code class} or {@code
     * category}, or else the largest of numbers that are shares of one.
     */
    public Optional<String> label() {
        return tree == null ? Optional.empty() : label(tree);
    }

    private static Optional<String> label(JsonNode node) {
        for (String name : LABELS) {
            JsonNode member = node.get(name);
            if (member != null && (member.isString() || member.isIntegralNumber())) {
                return Optional.of(member.asString());
            }
        }
        if (node.isArray()) {
            return largestShare(node);
        }
        if (node.isObject()) {
            Optional<String> own = largestShare(node);
            if (own.isPresent()) {
                return own;
            }
            for (JsonNode member : node.values()) {
                Optional<String> inner = member.isContainer() ? label(member) : Optional.empty();
                if (inner.isPresent()) {
                    return inner;
                }
            }
        }
        return Optional.empty();
    }

    /** The name, or the index, of the largest of at least two shares that make up one. */
    private static Optional<String> largestShare(JsonNode node) {
        double sum = 0;
        double most = -1;
        String name = "";
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                JsonNode share = node.get(i);
                if (!isShare(share)) {
                    return node.size() == 1 ? label(share) : Optional.empty();
                }
                sum += share.asDouble();
                if (share.asDouble() > most) {
                    most = share.asDouble();
                    name = Integer.toString(i);
                }
            }
        } else {
            boolean isWhole = node.values().stream().anyMatch(JsonNode::isIntegralNumber);
            for (var member : node.properties()) {
                // A whole number beside a fraction is an id or a count, not a share of one.
                if (!isShare(member.getValue())
                        || member.getValue().isIntegralNumber() != isWhole) {
                    return Optional.empty();
                }
                sum += member.getValue().asDouble();
                if (member.getValue().asDouble() > most) {
                    most = member.getValue().asDouble();
                    name = member.getKey();
                }
            }
        }
        return node.size() > 1 && Math.abs(sum - 1) < SUM_OF_SHARES
                ? Optional.of(name)
                : Optional.empty();
    }

    private static boolean isShare(JsonNode node) {
        return node.isNumber() && node.asDouble() >= 0 && node.asDouble() <= 1;
    }

    /** How far the numbers of both are apart, where both have one at the same place. */
    public Distance distanceTo(ComparableAnswer other) {
        return tree == null || other.tree == null ? Distance.NONE : distance(tree, other.tree);
    }

    private static Distance distance(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            double apart = Math.abs(one.asDouble() - other.asDouble());
            return Double.isFinite(apart) ? new Distance(1, apart) : Distance.NONE;
        }
        Distance sum = Distance.NONE;
        if (one.isArray() && other.isArray()) {
            for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
                sum = sum.plus(distance(one.get(i), other.get(i)));
            }
        } else if (one.isObject() && other.isObject()) {
            for (var member : one.properties()) {
                JsonNode there = other.get(member.getKey());
                if (there != null) {
                    sum = sum.plus(distance(member.getValue(), there));
                }
            }
        }
        return sum;
    }

    /**
     * How far numbers are apart.
     *
     * @param numbers how many were compared
     * @param sum of the absolute differences
     */
    public record Distance(long numbers, double sum) {
        /** Nothing was compared. */
        public static final Distance NONE = new Distance(0, 0);

        /** Both together. */
        public Distance plus(Distance other) {
            return new Distance(numbers + other.numbers, sum + other.sum);
        }
    }
}
