package io.millrace.inference;

import io.millrace.api.DataSize;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much memory models may take, and who has to go when it is not enough: first what is in no
 * service, then what is but has not been called for a while, each time the one whose last call is
 * longest ago. Never one with calls under way.
 *
 * <p>What a model takes is estimated from the size of its files, before it is loaded: room has to
 * be made first, and what a process has grown by cannot be told from what its calls took meanwhile
 * or what an allocator kept from the last model.
 */
final class MemoryBudget {

    /** Engines hold the weights once as read and once as their kernels like them. */
    private static final int FACTOR = 2;

    /** What even the smallest model takes: graph, session, buffers. */
    private static final long FIXED_BYTES = 4L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(MemoryBudget.class);

    /** A version that could go. */
    record Candidate(
            ServedModel model, ServedVersion version, boolean isInService, long lastUsed) {}

    private final DataSize limit;
    private final long idleNanos;
    private final TimeSource time;
    private final Supplier<Collection<ServedModel>> models;
    private final AtomicLong used = new AtomicLong();
    private final Meters.Count evictions;

    MemoryBudget(
            ResidencyConfig config,
            TimeSource time,
            Meters meters,
            Supplier<Collection<ServedModel>> models) {
        this.limit = config.memory();
        this.idleNanos = config.idle().toNanos();
        this.time = time;
        this.models = models;
        this.evictions =
                meters.count(
                        "millrace_model_evictions_total",
                        "Versions that were put out of memory to make room for others.");
        meters.gauge(
                "millrace_models_loaded_bytes",
                "What the models in memory take, by estimate.",
                used::doubleValue);
        meters.gauge(
                "millrace_models_memory_budget_bytes",
                "What the models in memory may take.",
                limit::bytes);
    }

    /** About how much memory a model takes whose files have this size. */
    static long estimate(long fileBytes) {
        return fileBytes * FACTOR + FIXED_BYTES;
    }

    /**
     * Makes room and takes it.
     *
     * @return why there is none, for people; empty when it was taken
     */
    String reserve(long bytes) {
        var evicted = new ArrayList<ServedModel>();
        try {
            return reserve(bytes, evicted);
        } finally {
            evicted.forEach(ServedModel::tell);
        }
    }

    private synchronized String reserve(long bytes, List<ServedModel> evicted) {
        List<Candidate> candidates = bytes > free() ? candidates() : List.of();
        long possible = free();
        for (Candidate candidate : candidates) {
            possible += candidate.version().loadedBytes().get();
        }
        // Nobody goes when it would not be enough.
        for (int i = 0; i < candidates.size() && bytes <= possible && bytes > free(); i++) {
            evict(candidates.get(i), evicted);
        }
        if (bytes > free()) {
            return ("it takes about %s of memory; of the %s for models %s are free, and no idle"
                            + " model can make room: unload a model or give models more memory")
                    .formatted(
                            mebibytes(bytes + (1 << 20) - 1),
                            mebibytes(limit.bytes()),
                            mebibytes(Math.max(0, free())));
        }
        used.addAndGet(bytes);
        return "";
    }

    /** Gives back what was taken. */
    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    private long free() {
        return limit.bytes() - used.get();
    }

    private List<Candidate> candidates() {
        long now = time.nanoTime();
        var all = new ArrayList<Candidate>();
        for (ServedModel model : models.get()) {
            for (Candidate candidate : model.idle()) {
                if (!candidate.isInService() || now - candidate.lastUsed() >= idleNanos) {
                    all.add(candidate);
                }
            }
        }
        all.sort(
                Comparator.comparing(Candidate::isInService)
                        .thenComparingLong(
                                c -> c.lastUsed() - now)); // the clock's origin is anywhere
        return all;
    }

    private void evict(Candidate candidate, List<ServedModel> evicted) {
        if (candidate.model().tryEvict(candidate.version())) {
            evicted.add(candidate.model());
            evictions.increment();
            LOG.info(
                    "model {} version {} is put out of memory to make room",
                    candidate.model().key(),
                    candidate.version().version());
        }
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + "Mi";
    }
}
