package io.millrace.drift;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the labels of a model in a thread of its own. Start once, close once. */
final class LabelReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LabelReader.class);
    private static final int MOST_RECORDS = 500;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String group;
    private final String member;
    private final String topic;
    private final Duration within;
    private final StreamLog log;
    private final TimeSource time;
    private final Consumer<LogRecord> listener;
    private final Thread thread;
    private volatile boolean isClosed;
    private volatile boolean isForgotten;
    private volatile @Nullable LogConsumer consumer;

    LabelReader(
            String group,
            String member,
            String topic,
            Duration within,
            StreamLog log,
            TimeSource time,
            Consumer<LogRecord> listener) {
        this.group = group;
        this.member = member;
        this.topic = topic;
        this.within = within;
        this.log = log;
        this.time = time;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name(group).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!isClosed) {
            try {
                read();
            } catch (MillraceException e) {
                if (!isClosed) {
                    LOG.warn("labels in {} cannot be read, trying again: {}", topic, e.text());
                    time.pause(RETRY);
                }
            } catch (RuntimeException e) {
                // The supervisor of this thread: without it labels would end silently.
                if (!isClosed) {
                    LOG.error("reading labels in {} failed, trying again", topic, e);
                    time.pause(RETRY);
                }
            }
        }
        if (isForgotten) {
            forgetGroup();
        }
    }

    private void read() {
        log.ensureTopics(List.of(topic));
        long start = Math.max(0, time.epochMillis() - within.toMillis());
        try (LogConsumer opened =
                log.consumer(new ConsumerSpec(group, member, start, MOST_RECORDS))) {
            consumer = opened;
            opened.subscribe(Set.of(topic));
            while (!isClosed) {
                take(opened);
            }
        } finally {
            consumer = null;
        }
    }

    private void take(LogConsumer opened) {
        List<LogRecord> records = opened.poll(POLL);
        if (records.isEmpty()) {
            return;
        }
        var next = new HashMap<LogPartition, Long>();
        for (LogRecord record : records) {
            listener.accept(record);
            next.put(record.partition(), record.offset() + 1);
        }
        opened.commit(next);
    }

    private void forgetGroup() {
        try {
            log.removeGroup(group);
        } catch (MillraceException e) {
            LOG.warn("the consumer group {} could not be removed: {}", group, e.text());
        }
    }

    /** Ends it without a way back: its place in the log is forgotten. Returns at once. */
    void forget() {
        isForgotten = true;
        end();
    }

    private void end() {
        isClosed = true;
        LogConsumer open = consumer;
        if (open != null) {
            open.wakeup();
        } else {
            thread.interrupt(); // it waits for a log that is away
        }
    }

    /** Ends it; what was read stays read. */
    @Override
    public void close() {
        end();
        try {
            thread.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
