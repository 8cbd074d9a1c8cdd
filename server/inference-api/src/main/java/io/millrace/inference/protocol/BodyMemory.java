package io.millrace.inference.protocol;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for bodies that are on their way, of all callers together. Each may be large, and callers
 * choose how slowly they send: without a common limit a few of them take all the memory there is.
 */
public final class BodyMemory {

    private static final int PART_OF_HEAP = 4;

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /** Makes a memory of a given size. */
    public BodyMemory(DataSize limit) {
        this.limit = limit.bytes();
    }

    /** A quarter of the heap, and always enough for two of the largest bodies. */
    public static BodyMemory standard(DataSize maxBody) {
        return new BodyMemory(
                new DataSize(
                        Math.max(
                                Runtime.getRuntime().maxMemory() / PART_OF_HEAP,
                                2 * maxBody.bytes())));
    }

    /**
     * Takes memory, to be given back when the body has come or will not come.
     *
     * @throws MillraceException {@code OVERLOADED} when other bodies have it
     */
    public void take(long bytes) {
        if (taken.addAndGet(bytes) > limit) {
            taken.addAndGet(-bytes);
            throw new MillraceException(
                    ErrorCode.OVERLOADED,
                    "too many large bodies are on their way to the server; try again later");
        }
    }

    /** Gives back what was taken. */
    public void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }
}
