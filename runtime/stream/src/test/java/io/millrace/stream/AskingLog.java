package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A log that counts the questions it is asked, and does not answer some of them. */
final class AskingLog implements StreamLog {

    private final StreamLog log;
    private final Predicate<Collection<String>> refuses;
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger endings = new AtomicInteger();
    private volatile boolean failsEndings;

    /** Asked before each question after the ranges of topics, which fails when it says so. */
    AskingLog(StreamLog log, Predicate<Collection<String>> refuses) {
        this.log = log;
        this.refuses = refuses;
    }

    /** How many readers were opened. */
    int opened() {
        return opened.get();
    }

    /** How many readers were closed. */
    int closed() {
        return closed.get();
    }

    /** How often it was asked for ranges. */
    int asked() {
        return asked.get();
    }

    /** How often it did not answer. */
    int refused() {
        return refused.get();
    }

    /** How often it was to end transactions. */
    int endings() {
        return endings.get();
    }

    /** Whether it is away when transactions are to be ended. */
    void failEndings(boolean fails) {
        failsEndings = fails;
    }

    @Override
    public void ensureTopics(Collection<String> topics) {
        log.ensureTopics(topics);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        log.append(record, listener);
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        return log.consumer(spec);
    }

    @Override
    public LogTransactor transactor(String name) {
        return log.transactor(name);
    }

    @Override
    public void endTransactions(Collection<String> names) {
        endings.incrementAndGet();
        if (failsEndings) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "nobody answers");
        }
        log.endTransactions(names);
    }

    @Override
    public LogReader reader(int maxRecords) {
        opened.incrementAndGet();
        return new Reader(log.reader(maxRecords));
    }

    @Override
    public void removeGroup(String group) {
        log.removeGroup(group);
    }

    @Override
    public void close() {
        log.close();
    }

    private final class Reader implements LogReader {
        private final LogReader reader;

        Reader(LogReader reader) {
            this.reader = reader;
        }

        @Override
        public Map<LogPartition, OffsetRange> ranges(Collection<String> topics) {
            asked.incrementAndGet();
            if (refuses.test(topics)) {
                refused.incrementAndGet();
                throw new MillraceException(ErrorCode.UNAVAILABLE, "nobody answers");
            }
            return reader.ranges(topics);
        }

        @Override
        public Map<LogPartition, Long> offsetsAt(Collection<String> topics, long millis) {
            return reader.offsetsAt(topics, millis);
        }

        @Override
        public Map<LogPartition, Long> committed(String group, Collection<String> topics) {
            return reader.committed(group, topics);
        }

        @Override
        public void seek(Map<LogPartition, OffsetRange> parts) {
            reader.seek(parts);
        }

        @Override
        public List<LogRecord> poll(Duration timeout) {
            return reader.poll(timeout);
        }

        @Override
        public boolean isAtEnd() {
            return reader.isAtEnd();
        }

        @Override
        public void close() {
            closed.incrementAndGet();
            reader.close();
        }
    }
}
