package io.millrace.stream.dead;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How records to try again and the entry that says so get into the log: this is the one place that
 * decides between exactly once and at least once.
 */
sealed interface Delivery extends AutoCloseable {

    /**
     * Writes all; when it returns all is durable.
     *
     * @throws MillraceException when something may be missing; close this one then, and read what
     *     the log has
     */
    void write(List<OutgoingRecord> retries, OutgoingRecord entry);

    @Override
    void close();

    /** With transactions where the log has them. */
    static Delivery open(StreamLog log, String name) {
        try {
            return new InTransactions(log.transactor(name));
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.UNSUPPORTED) {
                return new EntryLast(log);
            }
            throw e;
        }
    }

    /** One record alone; it needs no transaction. */
    static void append(StreamLog log, OutgoingRecord record) {
        new EntryLast(log).write(List.of(), record);
    }

    /** Exactly once: retries and entry become visible together or not at all. */
    record InTransactions(LogTransactor transactor) implements Delivery {
        @Override
        public void write(List<OutgoingRecord> retries, OutgoingRecord entry) {
            transactor.begin();
            try {
                for (OutgoingRecord retry : retries) {
                    // An append that failed makes the commit fail, with the reason.
                    transactor.append(retry, _ -> {});
                }
                transactor.append(entry, _ -> {});
            } catch (MillraceException e) {
                abort(e);
                throw e;
            }
            transactor.commit();
        }

        private void abort(MillraceException cause) {
            try {
                transactor.abort();
            } catch (MillraceException e) {
                cause.addSuppressed(e);
            }
        }

        @Override
        public void close() {
            transactor.close();
        }
    }

    /** At least once: the entry comes when all retries are durable. */
    record EntryLast(StreamLog log) implements Delivery {
        @Override
        public void write(List<OutgoingRecord> retries, OutgoingRecord entry) {
            appendAll(retries);
            appendAll(List.of(entry));
        }

        private void appendAll(List<OutgoingRecord> records) {
            var open = new CountDownLatch(records.size());
            var failure = new AtomicReference<@Nullable Exception>();
            for (OutgoingRecord record : records) {
                log.append(
                        record,
                        problem -> {
                            if (problem != null) {
                                failure.compareAndSet(null, problem);
                            }
                            open.countDown();
                        });
            }
            await(open);
            switch (failure.get()) {
                case null -> {}
                case MillraceException e -> throw e;
                case Exception e ->
                        throw new MillraceException(
                                ErrorCode.UNAVAILABLE,
                                "the log did not take a record: " + e.getMessage(),
                                e);
            }
        }

        /** The log promises that each append ends. */
        private static void await(CountDownLatch open) {
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, "interrupted while records were written", e);
            }
        }

        @Override
        public void close() {}
    }
}
