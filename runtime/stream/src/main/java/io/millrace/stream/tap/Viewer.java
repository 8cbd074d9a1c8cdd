package io.millrace.stream.tap;

import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.LogRecord;
import io.millrace.spi.PipelineEdge;
import io.millrace.spi.PipelineTaps;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who looks at one edge of a pipeline. Tasks offer records and never wait: what is above
 * the rate, or finds the queue full, is counted and told instead.
 */
public final class Viewer implements PipelineTaps.Tap {

    /** How much of a payload is copied: enough for people. */
    static final int MAX_PAYLOAD = 16 << 10;

    private static final int MAX_QUEUED = 256;
    private static final int MAX_HEADERS = 64;
    private static final int MAX_HEADER = 1 << 10;
    private static final long NANOS = 1_000_000_000;

    private final PipelineTaps.Sampling sampling;
    private final TimeSource time;
    private final Consumer<Viewer> closing;
    private final LongConsumer sampledInAll;
    private final LongConsumer behindInAll;
    private final ArrayBlockingQueue<PipelineTaps.Seen> queue =
            new ArrayBlockingQueue<>(MAX_QUEUED);
    private final AtomicLong sampled = new AtomicLong();
    private final AtomicLong behind = new AtomicLong();
    private final double burst;
    private double allowance;
    private long refilledAt;
    private long passed;
    private long toldAt;

    /**
     * Somebody who begins to look.
     *
     * @param sampledInAll hears of what was left out as asked
     * @param behindInAll hears of what was left out because nobody read on
     */
    Viewer(
            PipelineTaps.Sampling sampling,
            TimeSource time,
            Consumer<Viewer> closing,
            LongConsumer sampledInAll,
            LongConsumer behindInAll) {
        this.sampledInAll = sampledInAll;
        this.behindInAll = behindInAll;
        this.sampling = sampling;
        this.time = time;
        this.closing = closing;
        this.burst = Math.max(1, Math.min(sampling.perSecond(), MAX_QUEUED));
        this.allowance = burst;
        this.refilledAt = time.nanoTime();
        this.toldAt = refilledAt;
    }

    /** Where it looks. */
    public PipelineEdge edge() {
        return sampling.edge();
    }

    /**
     * How many of some records that pass now it wants to see; the others are counted as sampled.
     */
    public synchronized int admit(int passing) {
        long before = passed / sampling.every();
        passed += passing;
        long wanted = passed / sampling.every() - before;
        long now = time.nanoTime();
        double earned = (now - refilledAt) * sampling.perSecond() / NANOS;
        allowance = Math.min(burst, allowance + Math.max(0, earned));
        refilledAt = now;
        int admitted = (int) Math.min(wanted, (long) allowance);
        allowance -= admitted;
        sampled.addAndGet((long) passing - admitted);
        sampledInAll.accept((long) passing - admitted);
        return admitted;
    }

    /** Shows a record that was admitted; copies what it keeps of it. */
    public void show(
            String edge, LogRecord record, byte[] payload, PipelineTaps.@Nullable Failure failure) {
        var seen =
                new PipelineTaps.Seen(
                        time.epochMillis(),
                        edge,
                        record.partition() + "/" + record.offset(),
                        shortened(record.key()),
                        shortened(record.headers()),
                        Arrays.copyOf(payload, Math.min(payload.length, MAX_PAYLOAD)),
                        payload.length,
                        failure);
        if (!queue.offer(seen)) {
            behind.incrementAndGet();
            behindInAll.accept(1);
        }
    }

    private static byte @Nullable [] shortened(byte @Nullable [] key) {
        return key == null || key.length <= MAX_HEADER ? key : Arrays.copyOf(key, MAX_HEADER);
    }

    private static List<Header> shortened(List<Header> headers) {
        return headers.stream()
                .limit(MAX_HEADERS)
                .map(header ->
                        header.value().length <= MAX_HEADER
                                ? header
                                : new Header(
                                        header.name(), Arrays.copyOf(header.value(), MAX_HEADER)))
                .toList();
    }

    @Override
    public Optional<PipelineTaps.Event> next(Duration patience) throws InterruptedException {
        Optional<PipelineTaps.Event> missed = missed();
        if (missed.isPresent()) {
            return missed;
        }
        PipelineTaps.Event seen = queue.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        return seen == null ? missed() : Optional.of(seen);
    }

    /** Told once a second at most: most of what passes is sampled away. */
    private Optional<PipelineTaps.Event> missed() {
        long now = time.nanoTime();
        if (now - toldAt < NANOS || (sampled.get() == 0 && behind.get() == 0)) {
            return Optional.empty();
        }
        toldAt = now;
        return Optional.of(new PipelineTaps.Missed(sampled.getAndSet(0), behind.getAndSet(0)));
    }

    @Override
    public void close() {
        closing.accept(this);
        queue.clear();
    }
}
