package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectStore;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The buckets of a store of which an output knows that they are there. One that it does not know is
 * made, if it is to be, before anything is put into it.
 */
final class KnownBuckets {

    /**
     * Answers choose names: whoever sends records must not be able to fill a store with buckets.
     */
    static final int MOST = 1_000;

    private final ObjectStore store;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /** All that were ever asked for; guarded by itself, so that the limit is one. */
    private final Set<String> wanted = new HashSet<>();

    KnownBuckets(ObjectStore store) {
        this.store = store;
    }

    /** Has a bucket be there; returns whether it had to look. */
    boolean ensure(String bucket) {
        if (known.contains(bucket)) {
            return false;
        }
        reserve(bucket);
        try {
            store.ensureBucket(bucket);
        } catch (MillraceException e) {
            // It may be there all the same, for a credential that may neither look nor make.
            if (e.code() != ErrorCode.DENIED) {
                throw e;
            }
        }
        known.add(bucket);
        return true;
    }

    private void reserve(String bucket) {
        boolean isFree;
        synchronized (wanted) {
            isFree = wanted.contains(bucket) || (wanted.size() < MOST && wanted.add(bucket));
        }
        if (!isFree) {
            throw MillraceException.invalid(
                    "this output has used %d buckets already, and '%s' would be one more; make it by hand and say create: false, or choose a template with fewer"
                            .formatted(MOST, bucket));
        }
    }

    /** Somebody has removed it. */
    void forget(String bucket) {
        known.remove(bucket);
    }
}
