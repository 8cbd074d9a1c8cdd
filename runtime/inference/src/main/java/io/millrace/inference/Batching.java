package io.millrace.inference;

/** How the calls of a signature may share the engine; found out by trying, not believed. */
public enum Batching {
    /** Rows do not depend on each other: calls are merged and split at will. */
    MERGED,
    /** Two rows at once fail: every row is a call of its own. */
    ONE_BY_ONE,
    /** Not known, or rows depend on each other: each call runs as it came. */
    AS_CALLED
}
