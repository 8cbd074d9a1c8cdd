package io.millrace.embedded.kafka;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How fast the log is on this machine, by hand: appends a second, and the time from append to
 * acknowledgement and to the reader at a steady rate, corrected for coordinated omission.
 * Arguments: compression types to compare, {@code none} when there are none.
 */
final class LogSpeed {

    private static final Logger LOG = LoggerFactory.getLogger(LogSpeed.class);
    private static final TimeSource TIME = TimeSource.system();
    private static final int THREADS = 20;
    private static final int IN_FLIGHT = 1_000;
    private static final int BYTES = 64;
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration MEASURE = Duration.ofSeconds(6);

    private LogSpeed() {}

    public static void main(String[] compressions) throws Exception {
        var directory = Files.createTempDirectory("log-speed");
        var kafka =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(directory, 0),
                        fault -> {
                            throw fault;
                        });
        long start = TIME.nanoTime();
        kafka.start();
        LOG.info("started in {} ms", (TIME.nanoTime() - start) / 1_000_000);
        try (kafka) {
            for (String compression :
                    compressions.length == 0 ? new String[] {"none"} : compressions) {
                var config =
                        new KafkaLogConfig(
                                kafka.bootstrapServers(),
                                KafkaLogConfig.DEFAULT_PARTITIONS,
                                1,
                                KafkaLogConfig.DEFAULT_RETENTION,
                                Map.of("compression.type", compression));
                try (var log = KafkaStreamLog.open(config, TIME)) {
                    String topic = "speed." + compression;
                    log.ensureTopics(List.of(topic));
                    LOG.info("compression {}", compression);
                    steady(log, topic, 1_000);
                    flood(log, topic);
                    LOG.info("rest: {} records lag", drain(log, topic));
                }
            }
        }
    }

    /** One sender at a fixed rate, one reader that commits each batch. */
    private static void steady(StreamLog log, String topic, int perSecond)
            throws InterruptedException {
        Histogram acknowledged = new ConcurrentHistogram(3);
        Histogram read = new ConcurrentHistogram(3);
        var stop = new AtomicBoolean();
        Thread reader =
                Thread.ofPlatform().name("reader").start(() -> readUntil(log, topic, stop, read));
        long period = TimeUnit.SECONDS.toNanos(1) / perSecond;
        long begin = TIME.nanoTime();
        long warm = begin + WARM_UP.toNanos();
        long end = warm + MEASURE.toNanos();
        for (long due = begin; due < end; due += period) {
            while (due - TIME.nanoTime() > 0) {
                LockSupport.parkNanos(due - TIME.nanoTime());
            }
            if (due - warm > 0 && due - period - warm <= 0) {
                acknowledged.reset();
                read.reset();
            }
            long dueAt = due;
            log.append(
                    new OutgoingRecord(topic, null, payload(due), List.of(), TIME.epochMillis()),
                    _ -> acknowledged.recordValue(TIME.nanoTime() - dueAt));
        }
        TIME.pause(Duration.ofMillis(300));
        stop.set(true);
        reader.join();
        report(perSecond + "/s append to acknowledgement", acknowledged);
        report(perSecond + "/s append to reader", read);
    }

    private static void readUntil(
            StreamLog log, String topic, AtomicBoolean stop, Histogram latencies) {
        try (LogConsumer consumer =
                log.consumer(new ConsumerSpec(topic, "m", TIME.epochMillis(), 5_000))) {
            consumer.subscribe(Set.of(topic));
            while (!stop.get()) {
                List<LogRecord> records = consumer.poll(Duration.ofMillis(100));
                long now = TIME.nanoTime();
                for (LogRecord record : records) {
                    latencies.recordValue(
                            Math.max(0, now - ByteBuffer.wrap(record.value()).getLong()));
                }
                commit(consumer, records);
            }
        }
    }

    private static void commit(LogConsumer consumer, List<LogRecord> records) {
        if (!records.isEmpty()) {
            var next = new HashMap<io.millrace.spi.LogPartition, Long>();
            records.forEach(record -> next.put(record.partition(), record.offset() + 1));
            consumer.commit(next);
        }
    }

    /** Twenty senders, each with a bounded number of records under way. */
    private static void flood(StreamLog log, String topic) throws InterruptedException {
        var acknowledged = new LongAdder();
        var failed = new LongAdder();
        Histogram latencies = new ConcurrentHistogram(3);
        long end = TIME.nanoTime() + WARM_UP.plus(MEASURE).toNanos();
        var senders = new ArrayList<Thread>();
        for (int i = 0; i < THREADS; i++) {
            senders.add(
                    Thread.ofPlatform()
                            .start(() ->
                                    sendUntil(end, log, topic, acknowledged, failed, latencies)));
        }
        TIME.pause(WARM_UP);
        long before = acknowledged.sum();
        latencies.reset();
        long from = TIME.nanoTime();
        TIME.pause(MEASURE.minusMillis(100));
        long count = acknowledged.sum() - before;
        long took = TIME.nanoTime() - from;
        for (Thread sender : senders) {
            sender.join();
        }
        LOG.info(
                "{} threads: {} appends/s acknowledged, {} failed",
                THREADS,
                count * TimeUnit.SECONDS.toNanos(1) / took,
                failed.sum());
        report("flood append to acknowledgement", latencies);
    }

    private static void sendUntil(
            long end,
            StreamLog log,
            String topic,
            LongAdder good,
            LongAdder bad,
            Histogram latencies) {
        var places = new Semaphore(IN_FLIGHT);
        while (TIME.nanoTime() - end < 0) {
            places.acquireUninterruptibly();
            long sent = TIME.nanoTime();
            log.append(
                    new OutgoingRecord(topic, null, payload(sent), List.of(), TIME.epochMillis()),
                    failure -> {
                        places.release();
                        (failure == null ? good : bad).increment();
                        latencies.recordValue(TIME.nanoTime() - sent);
                    });
        }
        places.acquireUninterruptibly(IN_FLIGHT);
    }

    /** Reads what the flood left. */
    private static long drain(StreamLog log, String topic) {
        try (LogConsumer consumer =
                log.consumer(new ConsumerSpec("drain." + topic, "m", 0, 5_000))) {
            consumer.subscribe(Set.of(topic));
            long count = 0;
            long begin = 0;
            while (count == 0 || consumer.lag() > 0) {
                count += consumer.poll(Duration.ofMillis(100)).size();
                begin = begin == 0 && count > 0 ? TIME.nanoTime() : begin;
            }
            LOG.info(
                    "read {} records at {}/s",
                    count,
                    count * TimeUnit.SECONDS.toNanos(1) / (TIME.nanoTime() - begin));
            return consumer.lag();
        }
    }

    private static byte[] payload(long stamp) {
        byte[] payload = new byte[BYTES];
        ThreadLocalRandom.current().nextBytes(payload);
        ByteBuffer.wrap(payload).putLong(stamp);
        return payload;
    }

    private static void report(String what, Histogram latencies) {
        LOG.info(
                "{}: p50 {} us, p99 {} us, p99.9 {} us, max {} us, {} records",
                what,
                latencies.getValueAtPercentile(50) / 1_000,
                latencies.getValueAtPercentile(99) / 1_000,
                latencies.getValueAtPercentile(99.9) / 1_000,
                latencies.getMaxValue() / 1_000,
                latencies.getTotalCount());
    }
}
