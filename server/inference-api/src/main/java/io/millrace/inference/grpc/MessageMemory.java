package io.millrace.inference.grpc;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.inference.protocol.BodyMemory;

/**
 * What the message that is being put together takes of the memory for bodies. The call's own thread
 * takes; whoever ends the call may end this, too, from any thread.
 */
final class MessageMemory {

    private final BodyMemory memory;
    private long held;
    private boolean isClosed;

    MessageMemory(BodyMemory memory) {
        this.memory = memory;
    }

    /**
     * Holds so many bytes instead of those before.
     *
     * @throws MillraceException {@code OVERLOADED} when other bodies have the memory
     */
    synchronized void hold(long bytes) {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the call has ended");
        }
        memory.take(bytes - held);
        held = bytes;
    }

    /** The message is complete, or will not come. */
    synchronized void release() {
        memory.giveBack(held);
        held = 0;
    }

    /** Nothing is taken any more. Idempotent. */
    synchronized void close() {
        isClosed = true;
        release();
    }
}
