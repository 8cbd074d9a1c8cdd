package io.millrace.spi;

import org.jspecify.annotations.Nullable;

/**
 * Where spans go. Who traces asks {@link #isOn} first, once for many records: off costs no more
 * than that.
 *
 * <p>Any thread may call any method; none of them waits or throws.
 */
public interface Tracing {

    /** No traces. */
    Tracing OFF =
            new Tracing() {
                @Override
                public boolean isOn() {
                    return false;
                }

                @Override
                public @Nullable TraceContext begin(@Nullable TraceContext given) {
                    return null;
                }

                @Override
                public long newSpanId() {
                    return 0;
                }

                @Override
                public void record(Span span) {}
            };

    /** Whether anything is traced at all. Never changes. */
    boolean isOn();

    /**
     * Decides whether a piece of work is traced.
     *
     * @param given what came with it; null when nothing did
     * @return what came when that is sampled; a trace without span when nothing came and it falls
     *     into the share; else null
     */
    @Nullable TraceContext begin(@Nullable TraceContext given);

    /** The id of a new span, never 0 while tracing is on. */
    long newSpanId();

    /** Hands over a span that has ended. Too many are dropped and counted. */
    void record(Span span);
}
