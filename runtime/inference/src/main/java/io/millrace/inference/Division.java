package io.millrace.inference;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Divides calls by percent. Call by call, any 100 calls in a row give exactly the percentage,
 * spread evenly; by a caller's value, the same value always falls on the same side, and a larger
 * percentage only adds callers. Hot path: one atomic addition or one hash, no allocation.
 */
final class Division {

    private static final int WHOLE = 100;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final AtomicLong calls = new AtomicLong();
    private final long salt;

    /**
     * Makes a division.
     *
     * @param name of what is divided: the callers that try out one model first shall not be those
     *     that try out every model first
     */
    Division(String name) {
        this.salt = hash(FNV_OFFSET, name);
    }

    /** Whether the next call belongs to the share. */
    boolean takesNext(int percent) {
        long position = calls.getAndIncrement() % WHOLE;
        // The whole part of position * percent / 100 grows by one here, or it does not.
        return (position * percent) % WHOLE + percent >= WHOLE;
    }

    /** Whether a caller belongs to the share. */
    boolean takes(int percent, String caller) {
        return Long.remainderUnsigned(mix(hash(salt, caller)), WHOLE) < percent;
    }

    /** FNV-1a over characters: defined here, so that no restart or upgrade moves a caller. */
    private static long hash(long start, String text) {
        long hash = start;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return hash;
    }

    /** The low bits of FNV are weak for short texts; this spreads all bits over all others. */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }
}
