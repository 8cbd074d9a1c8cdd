package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Transactions in memory. Its state is guarded by the lock of the log. */
final class InMemoryTransactor implements LogTransactor {

    private final InMemoryStreamLog log;
    private final InMemoryTransactions transactions;
    private final String name;
    private final ReentrantLock lock;
    private final AtomicReference<@Nullable Exception> failedAppend = new AtomicReference<>();
    private InMemoryTransactions.@Nullable Transaction open;
    private boolean expired;
    private boolean broken;
    private boolean closed;

    InMemoryTransactor(InMemoryStreamLog log, InMemoryTransactions transactions, String name) {
        this.log = log;
        this.transactions = transactions;
        this.name = name;
        this.lock = log.lock();
    }

    @Override
    public void begin() {
        boolean fails = log.transactionFaults().failsBegin().getAsBoolean();
        lock.lock();
        try {
            requireUsable();
            if (open != null) {
                throw MillraceException.internal(what("has begun already"), null);
            }
            if (fails) {
                broken = true;
                throw unavailable("can do no more");
            }
            failedAppend.set(null);
            open = new InMemoryTransactions.Transaction();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        InMemoryTransactions.Transaction current;
        lock.lock();
        try {
            requireUsable();
            current = begun();
        } finally {
            lock.unlock();
        }
        log.append(
                record,
                failure -> {
                    if (failure != null) {
                        failedAppend.compareAndSet(null, failure);
                    }
                    listener.appended(failure);
                },
                current);
    }

    @Override
    public boolean commit(LogConsumer consumer, Map<LogPartition, Long> next) {
        if (!(consumer instanceof InMemoryConsumer member) || !member.isOf(log)) {
            abort();
            throw MillraceException.invalid(
                    "a transaction takes the offsets of a consumer of the same log, this is a "
                            + consumer.getClass().getName());
        }
        if (log.transactionFaults().redistributes().getAsBoolean()) {
            abort();
            return false;
        }
        commit(() -> member.commitInTransaction(next));
        return true;
    }

    @Override
    public void commit() {
        commit(() -> {});
    }

    private void commit(Runnable offsets) {
        InMemoryTransactions.Transaction current;
        lock.lock();
        try {
            requireUsable();
            current = begun();
        } finally {
            lock.unlock();
        }
        log.flush(current);
        TransactionFaults faults = log.transactionFaults();
        boolean isLost = faults.losesCommit().getAsBoolean();
        boolean isWithoutOffsets = faults.forgetsOffsets().getAsBoolean();
        boolean isWithoutRecords = faults.forgetsRecords().getAsBoolean();
        boolean isSilent = faults.losesAcknowledgement().getAsBoolean() || isWithoutOffsets;
        locked(() -> {
            if (!isLost) {
                commit(current, isWithoutOffsets ? () -> {} : offsets, isWithoutRecords);
            }
            if (isLost || isSilent) {
                broken = true;
                throw unavailable("does not hear whether it is committed");
            }
        });
    }

    private void commit(
            InMemoryTransactions.Transaction current, Runnable offsets, boolean isForgotten) {
        try {
            requireUsable();
            requireAppended();
            offsets.run();
        } catch (MillraceException e) {
            abortOpen();
            throw e;
        }
        if (isForgotten) {
            transactions.abort(current);
        } else {
            transactions.commit(current);
        }
        open = null;
        log.changed().signalAll();
    }

    private void requireAppended() {
        Exception failure = failedAppend.get();
        if (failure instanceof MillraceException e) {
            throw new MillraceException(e.code(), what("cannot commit: ") + e.text(), e);
        }
        if (failure != null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, what("cannot commit: an append failed"), failure);
        }
    }

    @Override
    public void abort() {
        InMemoryTransactions.Transaction current;
        lock.lock();
        try {
            requireUsable();
            current = begun();
        } finally {
            lock.unlock();
        }
        log.drop(current);
        locked(this::abortOpen);
    }

    @Override
    public void close() {
        InMemoryTransactions.@Nullable Transaction current;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            current = broken ? null : open;
        } finally {
            lock.unlock();
        }
        if (current != null) {
            log.drop(current);
            locked(this::abortOpen);
        }
    }

    /** Ends what is open: by its owner, by its successor, or because its time is up. */
    void abortOpen() {
        InMemoryTransactions.Transaction current = open;
        if (current != null) {
            open = null;
            transactions.abort(current);
            log.changed().signalAll();
        }
    }

    /** Its time is up: the log ends it. */
    void expire() {
        if (open != null) {
            expired = true;
            abortOpen();
        }
    }

    /** The process of the writer dies: what is open stays so until the name is taken over. */
    void crashed() {
        broken = true;
    }

    private InMemoryTransactions.Transaction begun() {
        InMemoryTransactions.Transaction current = open;
        if (current == null) {
            throw MillraceException.internal(what("has not begun"), null);
        }
        return current;
    }

    private void requireUsable() {
        if (closed) {
            throw unavailable("is closed");
        }
        if (!transactions.isOwner(name, this)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT, what("is out: another one of the same name took over"));
        }
        if (expired) {
            throw new MillraceException(ErrorCode.CONFLICT, what("is out: it took too long"));
        }
        if (broken) {
            throw unavailable("can do no more");
        }
        log.requireOpen();
    }

    private String what(String happened) {
        return "the transactor \"" + name + "\" " + happened;
    }

    private MillraceException unavailable(String happened) {
        return new MillraceException(ErrorCode.UNAVAILABLE, what(happened));
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }
}
