package io.millrace.inference.protocol;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.spi.Tracing;
import java.time.Instant;
import java.util.Map;

/**
 * The spans of calls of models, told when a call has ended: one for the call, and within it
 * reading, computing and writing. Ask {@link Tracing#isOn} first.
 */
public final class InferenceSpans {

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final Tracing tracing;
    private final TimeSource time;

    /** Spans that go to one place. */
    public InferenceSpans(Tracing tracing, TimeSource time) {
        this.tracing = tracing;
        this.time = time;
    }

    /** Whether there is anybody to tell. */
    public boolean isOn() {
        return tracing.isOn();
    }

    /**
     * A call that has ended.
     *
     * @param protocol over which it came
     * @param version that answered; 0 for none
     * @param error why it failed; empty when it did not
     */
    public record Ended(
            String protocol, ProjectId project, ResourceName model, int version, String error) {}

    /**
     * When a call began, was read, and was computed; {@link TimeSource#nanoTime}. What it did not
     * come to is 0.
     */
    public record Times(long begin, long read, long computed) {}

    /**
     * Tells of a call that ends now.
     *
     * @param traceparent as the caller sent it; empty for none
     */
    public void tell(String traceparent, Ended call, Times times) {
        TraceContext context = tracing.begin(TraceContext.parse(traceparent));
        if (context == null) {
            return;
        }
        Instant now = time.now();
        long nano = time.nanoTime();
        // The two clocks meet here.
        long epoch = now.getEpochSecond() * NANOS_PER_SECOND + now.getNano() - nano;
        TraceContext whole = context.at(tracing.newSpanId());
        tracing.record(
                new Span(
                        whole,
                        context.spanId(),
                        "infer " + call.project() + "/" + call.model(),
                        Span.Kind.SERVER,
                        epoch + times.begin(),
                        epoch + nano,
                        Map.of(
                                "millrace.project",
                                call.project().value(),
                                "millrace.model",
                                call.model().value(),
                                "millrace.version",
                                Integer.toString(call.version()),
                                "millrace.protocol",
                                call.protocol()),
                        call.error()));
        if (times.read() != 0) {
            part(whole, "read", epoch + times.begin(), epoch + times.read());
        }
        if (times.computed() != 0) {
            part(whole, "predict", epoch + times.read(), epoch + times.computed());
            part(whole, "write", epoch + times.computed(), epoch + nano);
        }
    }

    private void part(TraceContext whole, String name, long from, long to) {
        tracing.record(
                new Span(
                        whole.at(tracing.newSpanId()),
                        whole.spanId(),
                        name,
                        Span.Kind.INTERNAL,
                        from,
                        to,
                        Map.of(),
                        ""));
    }
}
