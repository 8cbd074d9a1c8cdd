package io.millrace.inference.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gRPC call on one HTTP/2 stream. Helidon gives each stream a virtual thread of its own, which
 * reads, computes and answers; only a reset comes from the thread of the connection.
 *
 * <p>A reset interrupts the thread while it waits for data or computes, and never while it writes:
 * that would cost the connection and all other calls on it.
 */
final class GrpcExchange implements SubProtocolHandler {

    private static final Logger LOG = LoggerFactory.getLogger(GrpcExchange.class);
    private static final HeaderName ENCODING = HeaderNames.create("grpc-encoding");

    private final GrpcProtocol protocol;
    private final Http2Headers headers;
    private final GrpcAnswer answer;
    private final MessageMemory memory;
    private final Thread thread = Thread.currentThread();

    // Of the stream's thread.
    private @Nullable GrpcMethod<?, ?> method;
    private @Nullable GrpcCall call;
    private @Nullable MessageReader reader;
    private byte @Nullable [] message;
    private boolean isAnswered;
    private boolean isRemoteDone;

    // Of both threads.
    private boolean isInterruptible;
    private boolean isReset;
    private volatile long lastHeard;

    /** Made in the thread of the stream. */
    GrpcExchange(GrpcProtocol protocol, Http2Headers headers, GrpcAnswer answer) {
        this.protocol = protocol;
        this.headers = headers;
        this.answer = answer;
        this.memory = new MessageMemory(protocol.bodies());
        this.lastHeard = protocol.time().nanoTime();
    }

    /** When the caller last sent something, by {@link io.millrace.api.TimeSource#nanoTime}. */
    long lastHeard() {
        return lastHeard;
    }

    @Override
    public void init() {
        protocol.openCalls().add(this);
        try {
            prepare();
        } catch (MillraceException e) {
            fail(e);
        }
        enterInterruptible(); // it waits for data now
    }

    private void prepare() {
        String path = headers.path();
        method = protocol.find(path);
        if (method == null) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED, "there is no method " + path.substring(1));
        }
        Headers http = headers.httpHeaders();
        call = new GrpcCall(http, protocol.time());
        reader =
                new MessageReader(
                        protocol.maxMessage(),
                        http.contains(ENCODING) ? http.get(ENCODING).get() : "",
                        memory);
    }

    @Override
    public void data(Http2FrameHeader header, @Nullable BufferData data) {
        leaveInterruptible();
        lastHeard = protocol.time().nanoTime();
        // After an error the rest is read and dropped: Helidon's connection thread would wait for
        // room in the stream's queue.
        try {
            if (!isAnswered && data != null) {
                read(data);
            }
            if (header.flags(Http2FrameTypes.DATA).endOfStream()) {
                isRemoteDone = true;
                protocol.openCalls().remove(this);
                if (!isAnswered) {
                    finish();
                }
            }
        } catch (MillraceException e) {
            fail(e);
        } catch (OutOfMemoryError e) {
            // The caller gets an answer, and the rest of what it sends is read and dropped.
            fail(new MillraceException(ErrorCode.OVERLOADED, "no memory for the message", e));
        }
        enterInterruptible();
    }

    private void read(BufferData data) {
        if (reader == null || method == null) {
            return;
        }
        byte[] next = reader.read(data);
        while (next != null) {
            if (!method.isUnary()) {
                send(compute(method, next));
            } else if (message == null) {
                message = next;
            } else {
                throw MillraceException.invalid(method.name() + " takes one message");
            }
            next = data.available() > 0 ? reader.read(data) : null;
        }
    }

    /** The caller has said everything. */
    private void finish() {
        if (reader == null || method == null) {
            return;
        }
        if (!reader.isComplete()) {
            throw MillraceException.invalid("the last message is not complete");
        }
        if (method.isUnary()) {
            if (message == null) {
                throw MillraceException.invalid(method.name() + " takes one message, got none");
            }
            byte[] only = message;
            message = null;
            send(compute(method, only));
        }
        if (!isReset()) {
            isAnswered = true;
            answer.ok();
        }
    }

    private byte[] compute(GrpcMethod<?, ?> of, byte[] request) {
        if (call == null) {
            throw MillraceException.internal("a message before its call", null);
        }
        enterInterruptible();
        try {
            MessageLite reply = of.answer(request, call);
            return GrpcAnswer.frame(reply);
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.INTERNAL) {
                LOG.error("{} failed", of.name(), e);
            }
            throw e;
        } catch (RuntimeException | Error e) {
            // The supervisor of the call: whatever happens, the caller gets an answer.
            LOG.error("{} failed", of.name(), e);
            throw MillraceException.internal(
                    e.getClass().getSimpleName() + " : " + e.getMessage(), e);
        } finally {
            leaveInterruptible();
        }
    }

    private void send(byte[] frame) {
        if (!isReset()) {
            answer.message(frame);
        }
    }

    private void fail(MillraceException e) {
        isAnswered = true;
        message = null;
        reader = null;
        memory.close();
        if (!isReset()) {
            answer.error(GrpcStatus.of(e.code()), e.text());
        }
    }

    @Override
    public Http2StreamState streamState() {
        return isReset() || (isAnswered && isRemoteDone)
                ? Http2StreamState.CLOSED
                : isRemoteDone ? Http2StreamState.HALF_CLOSED_REMOTE : Http2StreamState.OPEN;
    }

    @Override
    public void rstStream(Http2RstStream frame) {
        protocol.openCalls().remove(this);
        abandon();
    }

    /** Stops what is under way; nothing is answered any more. From any thread. */
    private synchronized void abandon() {
        isReset = true;
        memory.close();
        if (isInterruptible) {
            thread.interrupt();
        }
    }

    /**
     * Ends a call that waits for its caller, and says so to the caller, who may be there after all.
     * From any thread; it does not wait for the network.
     *
     * @return false when the call is at work, and the caller not to blame
     */
    synchronized boolean tryExpire(long silentNanos) {
        if (!isInterruptible) {
            return false;
        }
        abandon();
        if (!isAnswered) {
            Thread.ofVirtual().name("grpc-expired").start(() -> sayExpired(silentNanos));
        }
        return true;
    }

    private void sayExpired(long silentNanos) {
        try {
            answer.error(
                    Status.Code.DEADLINE_EXCEEDED,
                    "nothing was heard from the caller for %d s"
                            .formatted(Duration.ofNanos(silentNanos).toSeconds()));
        } catch (UncheckedIOException | SocketWriterException e) {
            LOG.debug("the caller of an expired call is gone", e);
        }
    }

    private synchronized boolean isReset() {
        return isReset;
    }

    private synchronized void enterInterruptible() {
        isInterruptible = true;
        if (isReset) {
            thread.interrupt();
        }
    }

    /** Nothing that is written later may find the thread interrupted. */
    private synchronized void leaveInterruptible() {
        isInterruptible = false;
        Thread.interrupted();
    }

    @Override
    public void windowUpdate(Http2WindowUpdate update) {
        // The outbound window takes care of itself.
    }
}
