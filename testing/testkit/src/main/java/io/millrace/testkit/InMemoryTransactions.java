package io.millrace.testkit;

import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which records of an in-memory log belong to transactions that were not committed, and who writes
 * under which name. Guarded by the lock of its log.
 */
final class InMemoryTransactions {

    /** How a transaction stands; what is committed is forgotten. */
    static final class Transaction {
        private boolean isAborted;

        boolean isAborted() {
            return isAborted;
        }
    }

    private final Map<LogPartition, TreeMap<Long, Transaction>> hidden = new HashMap<>();
    private final Map<String, InMemoryTransactor> owners = new HashMap<>();

    /** A record of an open transaction has come to stand at a place. */
    void hide(LogPartition place, long offset, Transaction transaction) {
        hidden.computeIfAbsent(place, _ -> new TreeMap<>()).put(offset, transaction);
    }

    /** Whether the record at a place counts: it was written by itself, or committed. */
    boolean isVisible(LogPartition place, long offset) {
        TreeMap<Long, Transaction> ofPlace = hidden.get(place);
        return ofPlace == null || !ofPlace.containsKey(offset);
    }

    /** The offset up to which nothing is open: readers wait there. */
    long stableEnd(LogPartition place, long end) {
        TreeMap<Long, Transaction> ofPlace = hidden.get(place);
        if (ofPlace != null) {
            for (var entry : ofPlace.entrySet()) {
                if (!entry.getValue().isAborted) {
                    return entry.getKey();
                }
            }
        }
        return end;
    }

    /** The records that count, up to the first one that is not decided. */
    List<LogRecord> visible(LogPartition place, List<LogRecord> all) {
        if (!hidden.containsKey(place)) {
            return all;
        }
        long end = stableEnd(place, all.size());
        return all.stream()
                .filter(record -> record.offset() < end && isVisible(place, record.offset()))
                .toList();
    }

    void commit(Transaction transaction) {
        for (Iterator<TreeMap<Long, Transaction>> i = hidden.values().iterator(); i.hasNext(); ) {
            TreeMap<Long, Transaction> ofPlace = i.next();
            ofPlace.values().removeIf(each -> each == transaction);
            if (ofPlace.isEmpty()) {
                i.remove();
            }
        }
    }

    void abort(Transaction transaction) {
        transaction.isAborted = true;
    }

    /** The writer who had the name before; its transaction, if open, is aborted. */
    @Nullable InMemoryTransactor takeOver(String name, InMemoryTransactor next) {
        return owners.put(name, next);
    }

    boolean isOwner(String name, InMemoryTransactor transactor) {
        return owners.get(name) == transactor;
    }

    Iterable<InMemoryTransactor> owners() {
        return owners.values();
    }
}
