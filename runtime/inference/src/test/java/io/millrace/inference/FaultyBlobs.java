package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A store whose blobs cannot be read for a while, as when the disk is full. */
final class FaultyBlobs implements BlobStore {

    private final BlobStore blobs;
    private final Map<String, AtomicInteger> faults = new ConcurrentHashMap<>();
    private static final CountDownLatch OPEN = new CountDownLatch(0);

    private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> opened = new ConcurrentHashMap<>();

    FaultyBlobs(BlobStore blobs) {
        this.blobs = blobs;
    }

    /** Fails to open a blob so many times. */
    void fail(String uri, int times) {
        faults.put(sha256(uri), new AtomicInteger(times));
    }

    /** Opening a blob waits until it is released. */
    void hold(String uri) {
        gates.put(sha256(uri), new CountDownLatch(1));
    }

    void release(String uri) {
        gates.getOrDefault(sha256(uri), OPEN).countDown();
    }

    /** How often a blob was opened, failures included. */
    int opened(String uri) {
        return counter(opened, sha256(uri)).get();
    }

    private static String sha256(String uri) {
        return uri.replace("blob:sha256:", "");
    }

    private static AtomicInteger counter(Map<String, AtomicInteger> counters, String sha256) {
        return counters.computeIfAbsent(sha256, _ -> new AtomicInteger());
    }

    @Override
    public String put(InputStream content, long maxBytes) {
        return blobs.put(content, maxBytes);
    }

    @Override
    public boolean contains(String sha256) {
        return blobs.contains(sha256);
    }

    @Override
    public Path open(String sha256) {
        counter(opened, sha256).incrementAndGet();
        try {
            gates.getOrDefault(sha256, OPEN).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (counter(faults, sha256).getAndDecrement() > 0) {
            throw MillraceException.internal("cannot unpack the model: no space left", null);
        }
        return blobs.open(sha256);
    }
}
