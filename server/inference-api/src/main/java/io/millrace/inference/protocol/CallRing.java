package io.millrace.inference.protocol;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.RequestLog.NumberedCall;
import io.millrace.inference.protocol.RequestLog.Reading;
import io.millrace.inference.protocol.RequestLog.Settings;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/** The last calls of one model. Writers never wait for each other or for a reader. */
final class CallRing {

    private final Settings settings;
    private final AtomicReferenceArray<NumberedCall> slots;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong asked = new AtomicLong();

    /** The highest number that somebody has read. */
    private final AtomicLong read = new AtomicLong(-1);

    // Of this log; the meters count over all logs that the model ever had.
    private final LongAdder overwritten = new LongAdder();
    private final LongAdder sampledOut = new LongAdder();
    private final Count overwrittenMeter;
    private final Count sampledOutMeter;

    CallRing(Settings settings, Meters meters, ProjectId project, ResourceName model) {
        this.settings = settings;
        this.slots = new AtomicReferenceArray<>(settings.capacity());
        this.overwrittenMeter = meter(meters, project, model, "overwritten");
        this.sampledOutMeter = meter(meters, project, model, "sampled");
    }

    private static Count meter(
            Meters meters, ProjectId project, ResourceName model, String reason) {
        return meters.count(
                "millrace_inference_log_dropped_total",
                "Calls of a model whose request log is on that nobody will find in it",
                "project",
                project.value(),
                "model",
                model.value(),
                "reason",
                reason);
    }

    Settings settings() {
        return settings;
    }

    boolean isOnAt(Instant now) {
        return now.isBefore(settings.until());
    }

    /** Whether the next call is one of those to keep; counts it when not. */
    boolean samples() {
        if (asked.getAndIncrement() % settings.sampleEvery() == 0) {
            return true;
        }
        sampledOut.increment();
        sampledOutMeter.increment();
        return false;
    }

    void add(LoggedCall call) {
        long number = next.getAndIncrement();
        NumberedCall before =
                slots.getAndSet((int) (number % slots.length()), new NumberedCall(number, call));
        if (before != null && before.number() > read.get()) {
            overwritten.increment();
            overwrittenMeter.increment();
        }
    }

    Reading read(long after, Instant now) {
        var calls = new ArrayList<NumberedCall>();
        for (int i = 0; i < slots.length(); i++) {
            NumberedCall call = slots.get(i);
            if (call != null && call.number() > after) {
                calls.add(call);
            }
        }
        calls.sort(Comparator.comparingLong(NumberedCall::number));
        if (!calls.isEmpty()) {
            read.accumulateAndGet(calls.getLast().number(), Math::max);
        }
        return new Reading(settings, isOnAt(now), overwritten.sum(), sampledOut.sum(), calls);
    }
}
