package io.millrace.store;

import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted map of resources: a height-balanced (AVL) tree whose changes copy only the
 * path to the changed node. With 100,000 resources a change makes about 17 small nodes, where
 * copying a hash map would move 100,000 entries; and because it is sorted by key, the resources of
 * a kind or of a project are one contiguous range.
 */
final class ResourceTree {

    /** Without resources. */
    static final ResourceTree EMPTY = new ResourceTree(null);

    private final @Nullable Node root;

    private ResourceTree(@Nullable Node root) {
        this.root = root;
    }

    private record Node(
            ResourceKey key,
            Resource<?> value,
            @Nullable Node left,
            @Nullable Node right,
            int height) {
        static Node of(
                ResourceKey key, Resource<?> value, @Nullable Node left, @Nullable Node right) {
            return new Node(key, value, left, right, 1 + Math.max(heightOf(left), heightOf(right)));
        }
    }

    Optional<Resource<?>> find(ResourceKey key) {
        Node node = root;
        while (node != null) {
            int order = key.compareTo(node.key);
            if (order == 0) {
                return Optional.of(node.value);
            }
            node = order < 0 ? node.left : node.right;
        }
        return Optional.empty();
    }

    /** A tree with the resource in it. */
    ResourceTree with(Resource<?> resource) {
        return new ResourceTree(put(root, resource.key(), resource));
    }

    /** A tree without the resource. */
    ResourceTree without(ResourceKey key) {
        return new ResourceTree(remove(root, key));
    }

    /**
     * The resources of a contiguous range, by key.
     *
     * @param place negative for keys before the range, 0 for keys in it, positive for keys after
     */
    List<Resource<?>> range(ToIntFunction<ResourceKey> place) {
        var found = new ArrayList<Resource<?>>();
        collect(root, place, found);
        return List.copyOf(found);
    }

    private static void collect(
            @Nullable Node node, ToIntFunction<ResourceKey> place, List<Resource<?>> found) {
        if (node == null) {
            return;
        }
        int order = place.applyAsInt(node.key);
        if (order >= 0) {
            collect(node.left, place, found);
        }
        if (order == 0) {
            found.add(node.value);
        }
        if (order <= 0) {
            collect(node.right, place, found);
        }
    }

    private static Node put(@Nullable Node node, ResourceKey key, Resource<?> value) {
        if (node == null) {
            return Node.of(key, value, null, null);
        }
        int order = key.compareTo(node.key);
        if (order == 0) {
            return Node.of(key, value, node.left, node.right);
        }
        return order < 0
                ? balanced(node.key, node.value, put(node.left, key, value), node.right)
                : balanced(node.key, node.value, node.left, put(node.right, key, value));
    }

    private static @Nullable Node remove(@Nullable Node node, ResourceKey key) {
        if (node == null) {
            return null;
        }
        int order = key.compareTo(node.key);
        if (order < 0) {
            return balanced(node.key, node.value, remove(node.left, key), node.right);
        }
        if (order > 0) {
            return balanced(node.key, node.value, node.left, remove(node.right, key));
        }
        if (node.left == null) {
            return node.right;
        }
        if (node.right == null) {
            return node.left;
        }
        Node next = first(node.right);
        return balanced(next.key, next.value, node.left, remove(node.right, next.key));
    }

    private static Node first(Node node) {
        Node first = node;
        for (Node left = node.left; left != null; left = left.left) {
            first = left;
        }
        return first;
    }

    /** A node of two trees whose heights differ by two at most, balanced by rotation. */
    private static Node balanced(
            ResourceKey key, Resource<?> value, @Nullable Node left, @Nullable Node right) {
        int lean = heightOf(left) - heightOf(right);
        if (lean > 1 && left != null) {
            Node inner = left.right;
            if (inner != null && heightOf(inner) > heightOf(left.left)) {
                return Node.of(
                        inner.key,
                        inner.value,
                        Node.of(left.key, left.value, left.left, inner.left),
                        Node.of(key, value, inner.right, right));
            }
            return Node.of(left.key, left.value, left.left, Node.of(key, value, inner, right));
        }
        if (lean < -1 && right != null) {
            Node inner = right.left;
            if (inner != null && heightOf(inner) > heightOf(right.right)) {
                return Node.of(
                        inner.key,
                        inner.value,
                        Node.of(key, value, left, inner.left),
                        Node.of(right.key, right.value, inner.right, right.right));
            }
            return Node.of(right.key, right.value, Node.of(key, value, left, inner), right.right);
        }
        return Node.of(key, value, left, right);
    }

    private static int heightOf(@Nullable Node node) {
        return node == null ? 0 : node.height;
    }

    /** How many steps the longest way to a resource has. */
    int height() {
        return heightOf(root);
    }
}
