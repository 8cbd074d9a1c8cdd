package io.millrace.api;

/**
 * Which version of a model answers callers who name none. A caller who names a version gets that
 * one whatever the rule says.
 */
public sealed interface TrafficRule {

    /** The version with the alias {@code production}, else the highest that is ready. */
    record ByAlias() implements TrafficRule {}

    /** This version and no other: while it cannot answer, none does. */
    record Pinned(int version) implements TrafficRule {}

    /**
     * A share of the calls goes to another version, the rest as {@link ByAlias} says.
     *
     * @param version the one being tried out
     * @param percent its share, 0 to 100
     * @param stickyHeader the header by whose value callers are divided, so that each stays with
     *     one version; empty to divide call by call
     */
    record Canary(int version, int percent, String stickyHeader) implements TrafficRule {}

    /**
     * A share of the calls is given to another version, too. Its answers are compared with those of
     * the version that {@link ByAlias} chooses, and thrown away.
     *
     * @param version the one being tried out
     * @param percent the share that is mirrored, 0 to 100
     */
    record Shadow(int version, int percent) implements TrafficRule {}
}
