package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.Map;

/** The log, which takes nothing while its disk is nearly full; what it has can still be read. */
final class GuardedStreamLog implements StreamLog {

    /** Without the folder and the figures: whoever sends may be anybody. */
    private static final String REFUSAL =
            "the server's disk is nearly full (disk.reserve): it takes no records until there is"
                    + " more room";

    private final StreamLog log;
    private final DiskGuard guard;

    GuardedStreamLog(StreamLog log, DiskGuard guard) {
        this.log = log;
        this.guard = guard;
    }

    @Override
    public void ensureTopics(Collection<String> topics) {
        log.ensureTopics(topics);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        if (guard.problem().isPresent()) {
            listener.appended(refusal());
        } else {
            log.append(record, listener);
        }
    }

    private static MillraceException refusal() {
        return new MillraceException(ErrorCode.UNAVAILABLE, REFUSAL);
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        return log.consumer(spec);
    }

    @Override
    public LogReader reader(int maxRecords) {
        return log.reader(maxRecords);
    }

    @Override
    public LogTransactor transactor(String name) {
        return new Guarded(log.transactor(name));
    }

    @Override
    public void keepPlace(String group, String topic) {
        log.keepPlace(group, topic);
    }

    @Override
    public void endTransactions(Collection<String> names) {
        log.endTransactions(names);
    }

    @Override
    public void removeGroup(String group) {
        log.removeGroup(group);
    }

    /** Does nothing: who opened the log closes it. */
    @Override
    public void close() {}

    /**
     * Refuses appends, as the log does: whoever writes the transaction takes it back and waits. To
     * refuse its beginning would say that this transactor can do no more.
     */
    private final class Guarded implements LogTransactor {
        private final LogTransactor transactor;
        private boolean isRefused;

        Guarded(LogTransactor transactor) {
            this.transactor = transactor;
        }

        @Override
        public void begin() {
            isRefused = false;
            transactor.begin();
        }

        @Override
        public void append(OutgoingRecord record, AppendListener listener) {
            if (guard.problem().isPresent()) {
                isRefused = true;
                listener.appended(refusal());
            } else {
                transactor.append(record, listener);
            }
        }

        @Override
        public boolean commit(LogConsumer consumer, Map<LogPartition, Long> next) {
            failIfRefused();
            return transactor.commit(consumer, next);
        }

        @Override
        public void commit() {
            failIfRefused();
            transactor.commit();
        }

        /** The log below does not know of an append that did not come to it. */
        private void failIfRefused() {
            if (isRefused) {
                MillraceException refusal = refusal();
                try {
                    transactor.abort();
                } catch (MillraceException e) {
                    refusal.addSuppressed(e);
                }
                throw refusal;
            }
        }

        @Override
        public void abort() {
            transactor.abort();
        }

        @Override
        public void close() {
            transactor.close();
        }
    }
}
