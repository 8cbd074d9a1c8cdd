package io.millrace.embedded.kafka;

import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * A log whose transactions break where it hurts: before the commit, and after it but before the
 * writer hears of it. What broke is left as a dead process leaves it, open and without a word.
 */
final class CrashingLog implements StreamLog {

    private final StreamLog log;
    private final RandomGenerator random;
    private final int mostCrashes;
    private final AtomicInteger crashes = new AtomicInteger();
    private final Queue<LogTransactor> leftOpen = new ConcurrentLinkedQueue<>();

    CrashingLog(StreamLog log, RandomGenerator random, int mostCrashes) {
        this.log = log;
        this.random = random;
        this.mostCrashes = mostCrashes;
    }

    int crashes() {
        return crashes.get();
    }

    @Override
    public LogTransactor transactor(String name) {
        return new Crashing(log.transactor(name));
    }

    private boolean crashes(double probability) {
        synchronized (random) {
            return crashes.get() < mostCrashes
                    && random.nextDouble() < probability
                    && crashes.incrementAndGet() > 0;
        }
    }

    private final class Crashing implements LogTransactor {

        private final LogTransactor transactor;
        private boolean isDead;

        Crashing(LogTransactor transactor) {
            this.transactor = transactor;
        }

        private void mayCrash() {
            if (crashes(0.06)) {
                isDead = true;
                leftOpen.add(transactor);
                throw new IllegalStateException("a crash as the test wants it");
            }
        }

        @Override
        public void begin() {
            transactor.begin();
        }

        @Override
        public void append(OutgoingRecord record, AppendListener listener) {
            transactor.append(record, listener);
        }

        @Override
        public boolean commit(LogConsumer consumer, Map<LogPartition, Long> next) {
            mayCrash();
            boolean isCommitted = transactor.commit(consumer, next);
            mayCrash();
            return isCommitted;
        }

        @Override
        public void commit() {
            transactor.commit();
        }

        @Override
        public void abort() {
            transactor.abort();
        }

        @Override
        public void close() {
            if (!isDead) {
                transactor.close();
            }
        }
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
    public void removeGroup(String group) {
        log.removeGroup(group);
    }

    @Override
    public void close() {
        leftOpen.forEach(LogTransactor::close);
        log.close();
    }
}
