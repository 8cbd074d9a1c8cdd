package io.millrace.function;

import io.millrace.api.TransformerSpec;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerWorker.Prediction;
import io.millrace.spi.TransformerWorker.Predictor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one process that is a transformer. While it works on one, the process asks for
 * predictions; they are answered from threads of their own, so that it may ask for several at once.
 * Time that the process waits for the model does not count against its limit.
 *
 * <pre>
 *   REQUEST ─▶ STARTED, (PREDICT ─▶ PREDICTED)*, RESPONSE
 * </pre>
 */
final class TransformerTalk implements Talk {

    private static final Logger log = LoggerFactory.getLogger(TransformerTalk.class);

    /** One request that asks for more at once is told that it is too much. */
    private static final int MAX_ASKED = 256;

    private static final long MICRO = 1000;

    private final WorkerProcess process;
    private final FrameChannel channel;
    private final boolean isBatchCapable;
    private final long timeoutNanos;

    /** The requests are written by one thread, answers of the model by many. */
    private final ReentrantLock writing = new ReentrantLock();

    private final Object asking = new Object();
    private int asked;
    private long exchange;

    private long sequence;
    private int answered;
    private boolean isBegun;
    private long completed;

    TransformerTalk(
            WorkerProcess process,
            FrameChannel channel,
            boolean isBatchCapable,
            long timeoutNanos) {
        this.process = process;
        this.channel = channel;
        this.isBatchCapable = isBatchCapable;
        this.timeoutNanos = timeoutNanos;
    }

    @Override
    public long completed() {
        return completed;
    }

    boolean isBatchCapable() {
        return isBatchCapable;
    }

    /** After a broken {@link #handle}: the first request without an answer. */
    int firstUnanswered() {
        return answered;
    }

    /** After a broken {@link #handle}: whether the code was called with what is unanswered. */
    boolean isBegun() {
        return isBegun;
    }

    /**
     * Has requests answered, all at once.
     *
     * @throws IOException when the process or its connection broke
     */
    void handle(
            List<TransformerRequest> requests,
            int from,
            int to,
            Predictor predictor,
            @Nullable TransformerReply[] replies)
            throws IOException {
        channel.use().lock();
        try {
            answered = from;
            isBegun = false;
            process.arm(timeoutNanos);
            write(requests, from, to);
            while (answered < to) {
                read(from, to, predictor, replies);
            }
        } finally {
            synchronized (asking) {
                exchange++;
                asked = 0;
                process.disarm();
            }
            channel.use().unlock();
        }
    }

    private void write(List<TransformerRequest> requests, int from, int to) throws IOException {
        int length = 8 + 2;
        for (int i = from; i < to; i++) {
            TransformerRequest request = requests.get(i);
            length += 1 + lengthOf(request.headers()) + 8 + request.body().length;
        }
        writing.lock();
        try {
            channel.beginFrame(Protocol.REQUEST, length);
            channel.writeLong(sequence);
            channel.writeShort(to - from);
            for (int i = from; i < to; i++) {
                TransformerRequest request = requests.get(i);
                channel.writeByte(form(request));
                write(request.headers());
                channel.writeInt(request.jsonLength());
                channel.writeInt(request.body().length);
                channel.writeBytes(request.body());
            }
            channel.flush();
        } finally {
            writing.unlock();
        }
    }

    private static int form(TransformerRequest request) {
        int form =
                switch (request.form()) {
                    case V1 -> Protocol.V1;
                    case V2 -> Protocol.V2;
                    case EXPLAIN -> Protocol.EXPLAIN;
                };
        return request.isEvent() ? form | Protocol.EVENT : form;
    }

    private static int lengthOf(Map<String, String> headers) {
        int length = 2;
        for (var header : headers.entrySet()) {
            length += 8 + utf8(header.getKey()).length + utf8(header.getValue()).length;
        }
        return length;
    }

    private void write(Map<String, String> headers) throws IOException {
        channel.writeShort(headers.size());
        for (var header : headers.entrySet()) {
            channel.writeText(utf8(header.getKey()));
            channel.writeText(utf8(header.getValue()));
        }
    }

    private void read(int from, int to, Predictor predictor, @Nullable TransformerReply[] replies)
            throws IOException {
        int kind = channel.nextFrame(Protocol.MAX_FRAME);
        switch (kind) {
            case Protocol.STARTED -> {
                if (channel.readLong() != sequence) {
                    throw new ProtocolViolation("the worker began a request that is not its next");
                }
                isBegun = true;
                process.arm(timeoutNanos);
            }
            case Protocol.PREDICT -> predict(from, to, predictor);
            case Protocol.RESPONSE -> {
                replies[answered] = response();
                answered++;
                sequence++;
                completed++;
            }
            default -> throw new ProtocolViolation("the worker sent a frame of kind " + kind);
        }
    }

    private TransformerReply response() throws IOException {
        if (channel.readLong() != sequence) {
            throw new ProtocolViolation("the worker answered a request that is not its next");
        }
        int status = channel.readByte() << 8 | channel.readByte();
        if (status < 200 || status > 599) {
            throw new ProtocolViolation("the worker answered with the status " + status);
        }
        long preprocess = nanos();
        long predict = nanos();
        long postprocess = nanos();
        long explain = nanos();
        int count = channel.readByte() << 8 | channel.readByte();
        var headers = new HashMap<String, String>();
        for (int i = 0; i < count; i++) {
            headers.put(channel.readText(), channel.readText());
        }
        int jsonLength = channel.readInt();
        byte[] body = body(jsonLength);
        return new TransformerReply.Answered(
                status,
                Map.copyOf(headers),
                body,
                jsonLength,
                new TransformerReply.Stages(preprocess, predict, postprocess, explain));
    }

    private long nanos() throws IOException {
        return (channel.readInt() & 0xffff_ffffL) * MICRO;
    }

    private byte[] body(int jsonLength) throws IOException {
        int length = channel.readInt();
        if (length < 0 || length > Protocol.MAX_PAYLOAD || jsonLength > length) {
            throw new ProtocolViolation("the worker sent a body of " + length + " bytes");
        }
        return channel.readBytes(length);
    }

    private void predict(int from, int to, Predictor predictor) throws IOException {
        long offset = channel.readLong() - sequence;
        int number = channel.readInt();
        int form = channel.readByte();
        int jsonLength = channel.readInt();
        byte[] body = body(jsonLength);
        int request = answered + (int) offset;
        if (offset < from - answered
                || request >= to
                || (form != Protocol.V1 && form != Protocol.V2)) {
            throw new ProtocolViolation("the worker asked for a prediction of no request");
        }
        var protocol =
                form == Protocol.V1 ? TransformerSpec.Protocol.V1 : TransformerSpec.Protocol.V2;
        long mine;
        synchronized (asking) {
            mine = exchange;
            if (asked >= MAX_ASKED) {
                mine = -1;
            } else {
                asked++;
                process.disarm();
            }
        }
        if (mine < 0) {
            send(number, tooMany());
            return;
        }
        long asker = mine;
        Thread.ofVirtual()
                .name("transformer-prediction-" + number)
                .start(() -> {
                    Prediction prediction = predictor.predict(request, protocol, body, jsonLength);
                    try {
                        send(number, prediction);
                    } catch (IOException e) {
                        log.debug("A prediction came too late for its worker", e);
                    }
                    predicted(asker);
                });
    }

    /** The process is on its own again when it has all its answers. */
    private void predicted(long asker) {
        synchronized (asking) {
            if (asker == exchange && --asked == 0) {
                process.arm(timeoutNanos);
            }
        }
    }

    private void send(int number, Prediction wanted) throws IOException {
        Prediction prediction =
                wanted.body().length > Protocol.MAX_PAYLOAD ? tooLarge(wanted) : wanted;
        writing.lock();
        try {
            channel.beginFrame(Protocol.PREDICTED, 4 + 2 + 4 + 4 + prediction.body().length);
            channel.writeInt(number);
            channel.writeShort(prediction.status());
            channel.writeInt(prediction.jsonLength());
            channel.writeInt(prediction.body().length);
            channel.writeBytes(prediction.body());
            channel.flush();
        } finally {
            writing.unlock();
        }
    }

    private static Prediction tooLarge(Prediction prediction) {
        return error(
                500,
                "the model answered %d bytes, a transformer takes %d"
                        .formatted(prediction.body().length, Protocol.MAX_PAYLOAD));
    }

    private static Prediction tooMany() {
        return error(
                503, "one request asks for %d predictions at once at most".formatted(MAX_ASKED));
    }

    private static Prediction error(int status, String text) {
        return new Prediction(
                status, utf8("{\"error\":\"" + text + "\"}"), TransformerRequest.ALL_JSON);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
