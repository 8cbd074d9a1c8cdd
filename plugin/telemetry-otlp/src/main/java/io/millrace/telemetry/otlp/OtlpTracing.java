package io.millrace.telemetry.otlp;

import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.millrace.spi.Tracing;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector, in the background: {@link #start} begins, {@link #close} sends what
 * is left, within a bounded time. Spans before and after are dropped and counted when there is no
 * room for them.
 */
public final class OtlpTracing implements Tracing, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OtlpTracing.class);
    private static final int QUEUE = 8_192;
    private static final int BATCH = 512;
    private static final long LINGER_NANOS = 200_000_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);
    private static final double UNIT = 0x1.0p-53;

    private final OtlpConfig config;
    private final TimeSource time;
    private final LongSupplier random;
    private final Resource resource;
    private final BlockingQueue<Span> queue;
    private final OtlpHttpSpanExporter exporter;
    private final Thread sender;
    private final Meters.Count sent;
    private final Meters.Count overflowed;
    private final Meters.Count refused;
    private volatile boolean isClosing;
    private boolean wasRefused;

    /**
     * Not yet started.
     *
     * @param meters counts what is sent and what is dropped
     * @param time the clock
     * @param random any numbers, equally likely; asked by all threads
     */
    public OtlpTracing(OtlpConfig config, Meters meters, TimeSource time, LongSupplier random) {
        this(config, meters, time, random, QUEUE);
    }

    OtlpTracing(OtlpConfig config, Meters meters, TimeSource time, LongSupplier random, int room) {
        this.config = config;
        this.time = time;
        this.random = random;
        this.queue = new ArrayBlockingQueue<>(room);
        this.resource =
                Resource.create(
                        Attributes.builder()
                                .put("service.name", "millrace")
                                .put("service.version", config.version())
                                .put("service.instance.id", config.node())
                                .build());
        this.exporter =
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(config.address())
                        .setTimeout(TIMEOUT)
                        .setConnectTimeout(CLOSE_PATIENCE)
                        .setCompression("gzip")
                        .setRetryPolicy(
                                RetryPolicy.builder()
                                        .setMaxAttempts(2)
                                        .setInitialBackoff(Duration.ofMillis(100))
                                        .setMaxBackoff(Duration.ofMillis(500))
                                        .build())
                        .setMeterProvider(MeterProvider.noop())
                        .build();
        this.sent = meters.count("millrace_tracing_spans_total", "Spans that the collector took");
        this.overflowed = dropped(meters, "queue");
        this.refused = dropped(meters, "collector");
        this.sender = Thread.ofPlatform().daemon().name("tracing").unstarted(this::run);
    }

    private static Meters.Count dropped(Meters meters, String reason) {
        return meters.count(
                "millrace_tracing_dropped_total", "Spans that no collector has", "reason", reason);
    }

    /** Begins to send. */
    public void start() {
        sender.start();
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public @Nullable TraceContext begin(@Nullable TraceContext given) {
        if (given != null) {
            return given.isSampled() ? given : null;
        }
        if (config.share() == 0 || (random.getAsLong() >>> 11) * UNIT >= config.share()) {
            return null;
        }
        return new TraceContext(random.getAsLong(), newSpanId(), 0, true);
    }

    @Override
    public long newSpanId() {
        long id = random.getAsLong();
        return id == 0 ? 1 : id;
    }

    @Override
    public void record(Span span) {
        if (isClosing || !queue.offer(span)) {
            overflowed.increment();
        }
    }

    private void run() {
        var batch = new ArrayList<SpanData>(BATCH);
        try {
            while (!isClosing || !queue.isEmpty()) {
                take(batch);
                if (!batch.isEmpty()) {
                    send(List.copyOf(batch));
                    batch.clear();
                }
            }
        } catch (InterruptedException e) {
            // Closing takes too long: what is left is counted there.
            refused.add(batch.size());
            Thread.currentThread().interrupt();
        }
    }

    /** Once there is one, waits a little for others that go along. */
    private void take(List<SpanData> batch) throws InterruptedException {
        Span next = queue.poll(LINGER_NANOS, TimeUnit.NANOSECONDS);
        long begun = time.nanoTime();
        while (next != null) {
            batch.add(OtlpSpan.of(next, resource));
            long left = isClosing ? 0 : LINGER_NANOS - (time.nanoTime() - begun);
            next = batch.size() == BATCH ? null : queue.poll(left, TimeUnit.NANOSECONDS);
        }
    }

    private void send(List<SpanData> batch) throws InterruptedException {
        CompletableResultCode result = exporter.export(batch);
        result.join(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        if (Thread.interrupted()) {
            refused.add(batch.size());
            throw new InterruptedException();
        }
        if (result.isSuccess()) {
            sent.add(batch.size());
            wasRefused = false;
            return;
        }
        refused.add(batch.size());
        if (!wasRefused) {
            wasRefused = true;
            LOG.warn(
                    "{} takes no traces ({}); they are dropped and counted until it does",
                    config.address(),
                    String.valueOf(result.getFailureThrowable()));
        }
    }

    /** Sends what is there as long as that takes at most 2 seconds. Idempotent. */
    @Override
    public void close() {
        isClosing = true;
        try {
            if (sender.isAlive() && !sender.join(CLOSE_PATIENCE)) {
                sender.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var left = new ArrayList<Span>();
        queue.drainTo(left);
        refused.add(left.size());
        exporter.shutdown();
    }
}
