package io.millrace.stream;

import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.spi.Tracing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The spans of those records of a slice that are traced: one for all that happens to the record,
 * and within it reception, waiting, each step and each output. A slice goes through its stages as a
 * whole, so its records share the times.
 *
 * <p>Hot path: with tracing off, or no traced record in the slice, each call looks at one field.
 */
final class SliceTraces {

    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Tracing tracing;
    private final TimeSource time;
    private final String pipeline;
    private final List<String> stages;
    private final int steps;
    private final long[] ends;
    private final List<Traced> traced = new ArrayList<>();
    private boolean isActive;
    private int passed;
    private long begun;
    private long begunEpoch;

    /**
     * Those of one task.
     *
     * @param steps labels of the steps, in order
     * @param outputs labels of the outputs, in order
     */
    SliceTraces(
            Tracing tracing,
            TimeSource time,
            ResourceKey pipeline,
            List<String> steps,
            List<String> outputs) {
        this.tracing = tracing;
        this.time = time;
        this.pipeline = pipeline.project() + "/" + pipeline.name();
        this.steps = steps.size();
        this.stages = new ArrayList<>(steps);
        this.stages.addAll(outputs);
        this.ends = new long[stages.size()];
    }

    /** A record, its whole span, and the span that outputs name as where they come from. */
    private record Traced(int record, long parent, TraceContext whole, TraceContext last) {}

    /** Begins a slice: finds out which of its records are traced. */
    void start(List<LogRecord> records, long nanoTime) {
        if (tracing.isOn()) {
            find(records, nanoTime);
        }
    }

    private void find(List<LogRecord> records, long nanoTime) {
        traced.clear();
        passed = 0;
        for (int i = 0; i < records.size(); i++) {
            TraceContext context = tracing.begin(given(records.get(i).headers()));
            if (context != null) {
                TraceContext whole = context.at(tracing.newSpanId());
                traced.add(
                        new Traced(
                                i,
                                context.spanId(),
                                whole,
                                steps == 0 ? whole : context.at(tracing.newSpanId())));
            }
        }
        isActive = !traced.isEmpty();
        if (isActive) {
            begun = nanoTime;
            Instant now = time.now();
            begunEpoch = now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
        }
    }

    private static @Nullable TraceContext given(List<Header> headers) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(TraceContext.HEADER)) {
                return TraceContext.parse(headers.get(i).value());
            }
        }
        return null;
    }

    /** The next stage is done with the slice. */
    void passed(long nanoTime) {
        if (isActive) {
            ends[passed++] = begunEpoch + nanoTime - begun;
        }
    }

    /** The headers of an output: of a traced record they name the last step's span. */
    List<Header> carried(int record, List<Header> headers) {
        return isActive ? replaced(record, headers) : headers;
    }

    private List<Header> replaced(int record, List<Header> headers) {
        Traced found = find(record);
        if (found == null) {
            return headers;
        }
        var all = new ArrayList<Header>(headers.size() + 1);
        for (Header header : headers) {
            if (!header.name().equals(TraceContext.HEADER)) {
                all.add(header);
            }
        }
        all.add(Header.of(TraceContext.HEADER, found.last().text()));
        return all;
    }

    /** They stand in the order of their records. */
    private @Nullable Traced find(int record) {
        int low = 0;
        int high = traced.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Traced each = traced.get(middle);
            if (each.record() == record) {
                return each;
            }
            if (each.record() < record) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    /** The slice is finished: its spans are handed over. */
    void finish(Batch batch, long nanoTime) {
        if (isActive) {
            isActive = false;
            boolean[] answered = answered(batch);
            for (Traced each : traced) {
                tell(batch, each, answered[each.record()], begunEpoch + nanoTime - begun);
            }
            traced.clear();
        }
    }

    /** Which records there are outputs of. */
    private static boolean[] answered(Batch batch) {
        boolean[] answered = new boolean[batch.recordCount()];
        for (int item = 0; item < batch.size(); item++) {
            answered[batch.origin(item)] = true;
        }
        return answered;
    }

    private void tell(Batch batch, Traced each, boolean isAnswered, long end) {
        LogRecord record = batch.record(each.record());
        Failure failure = batch.failure(each.record());
        String error = failure == null ? "" : failure.code() + ": " + failure.reason();
        long received = Math.min(ReceivedTime.nanos(record), begunEpoch);
        long written = Math.clamp(record.timestampMillis() * NANOS_PER_MILLI, received, begunEpoch);
        Map<String, String> about = about(batch, record, failure);
        tracing.record(
                new Span(
                        each.whole(),
                        each.parent(),
                        "pipeline " + pipeline,
                        Span.Kind.CONSUMER,
                        received,
                        end,
                        about,
                        error));
        part(each, "receive", Span.Kind.INTERNAL, received, written, "");
        part(each, "queue", Span.Kind.INTERNAL, written, begunEpoch, "");
        long from = begunEpoch;
        for (int i = 0; i < passed && (i < steps || isAnswered); i++) {
            boolean isFailed = failure != null && failure.stage().equals(stages.get(i));
            Span.Kind kind = i < steps ? Span.Kind.INTERNAL : Span.Kind.PRODUCER;
            if (i == steps - 1) {
                TraceContext last = each.last();
                tell(last, each, stages.get(i), kind, from, ends[i], isFailed ? error : "");
            } else {
                part(each, stages.get(i), kind, from, ends[i], isFailed ? error : "");
            }
            if (isFailed) {
                return;
            }
            from = ends[i];
        }
    }

    private void part(Traced each, String name, Span.Kind kind, long from, long to, String error) {
        tell(each.whole().at(tracing.newSpanId()), each, name, kind, from, to, error);
    }

    private void tell(
            TraceContext context,
            Traced each,
            String name,
            Span.Kind kind,
            long from,
            long to,
            String error) {
        tracing.record(
                new Span(context, each.whole().spanId(), name, kind, from, to, Map.of(), error));
    }

    private Map<String, String> about(Batch batch, LogRecord record, @Nullable Failure failure) {
        var about = new HashMap<String, String>();
        about.put("millrace.pipeline", pipeline);
        about.put("millrace.position", record.partition() + "/" + record.offset());
        about.put("millrace.slice.records", Integer.toString(batch.recordCount()));
        String source = Header.find(record.headers(), HeaderNames.SOURCE);
        if (source != null) {
            about.put("millrace.source", source);
        }
        String topic = Header.find(record.headers(), HeaderNames.TOPIC);
        if (topic != null) {
            about.put("millrace.topic", topic);
        }
        if (failure != null) {
            about.put("millrace.failed.stage", failure.stage());
            about.put("millrace.attempts", Integer.toString(failure.attempts()));
        }
        return about;
    }
}
