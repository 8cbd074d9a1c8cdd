package io.millrace.spi;

import java.util.Map;

/**
 * A piece of work of a trace that has ended.
 *
 * @param context which it is
 * @param parentSpanId of what it is a part; 0 when of nothing that is known
 * @param name what was done, the same for all that do the same
 * @param kind its place between programs
 * @param startNanos since the epoch
 * @param endNanos since the epoch, not before the start
 * @param attributes what is to be known of it
 * @param error why it failed; empty when it did not
 */
public record Span(
        TraceContext context,
        long parentSpanId,
        String name,
        Kind kind,
        long startNanos,
        long endNanos,
        Map<String, String> attributes,
        String error) {

    public Span {
        attributes = Map.copyOf(attributes);
        endNanos = Math.max(startNanos, endNanos);
    }

    /** Between which programs. */
    public enum Kind {
        /** Within this one. */
        INTERNAL,
        /** Another one asked and waits for the answer. */
        SERVER,
        /** Another one sent something. */
        CONSUMER,
        /** Something is sent to others. */
        PRODUCER
    }
}
