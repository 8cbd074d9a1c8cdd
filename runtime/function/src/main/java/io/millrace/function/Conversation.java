package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one worker process. Two call frames are on their way at a time, so that the worker
 * never waits for the server; results come one by one, in order, so that it is always known which
 * message the function is working on.
 *
 * <p>Hot path. One thread at a time.
 */
final class Conversation implements Talk {

    /** Small, so that the worker begins while the rest is still being written. */
    private static final int FRAME_PAYLOAD = 128 << 10;

    /** Large: what a frame holds is one call of the batch entry point. */
    private static final int BATCH_FRAME_PAYLOAD = 8 << 20;

    private static final int FRAME_MESSAGES = 256;
    private static final int ITEM_HEADER = 14;
    private static final int CALL_HEADER = 15;
    private static final int FRAMES_UNDER_WAY = 2;

    private static final FunctionResult NOTHING = new FunctionResult.Sent(List.of());

    private final WorkerProcess process;
    private final FrameChannel channel;
    private final boolean isBatchCapable;
    private final long timeoutNanos;
    private final List<Origin> origins = new ArrayList<>();
    private final int[] originOf = new int[FRAME_MESSAGES];
    private final int[] frameEnds = new int[FRAMES_UNDER_WAY];

    private long sequence;
    private int answered;
    private int frameEnd;
    private int startsOfFrame;
    private boolean singly;
    private long completed;

    Conversation(
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

    /** After a broken {@link #call}: the first message without an answer. */
    int firstUnanswered() {
        return answered;
    }

    /**
     * After a broken {@link #call}: up to where it is not known which message did it, because they
     * were in one batch call; {@link #firstUnanswered} when it is known or none was begun.
     */
    int suspectsEnd() {
        boolean inBatch = isBatchCapable && !singly && startsOfFrame == 1;
        return inBatch && frameEnd - answered > 1 ? frameEnd : answered;
    }

    /** After a broken {@link #call}: whether the function was called with the first unanswered. */
    boolean isBegun() {
        return startsOfFrame > 0;
    }

    /**
     * Has messages answered.
     *
     * @param from the first one
     * @param to behind the last one
     * @param oneByOne not to use the batch entry point
     * @throws IOException when the process or its connection broke
     */
    void call(
            List<FunctionMessage> batch,
            int from,
            int to,
            boolean oneByOne,
            @Nullable FunctionResult[] results)
            throws IOException {
        channel.use().lock();
        try {
            exchange(batch, from, to, oneByOne, results);
        } finally {
            channel.use().unlock();
        }
    }

    private void exchange(
            List<FunctionMessage> batch,
            int from,
            int to,
            boolean oneByOne,
            @Nullable FunctionResult[] results)
            throws IOException {
        answered = from;
        frameEnd = from;
        startsOfFrame = 0;
        singly = oneByOne;
        int written = from;
        int frames = 0;
        process.arm(timeoutNanos);
        while (answered < to) {
            while (frames < FRAMES_UNDER_WAY && written < to) {
                int end = endOfFrame(batch, written, to);
                write(batch, written, end);
                frameEnds[frames++] = end;
                written = end;
            }
            frameEnd = frameEnds[0];
            read(results);
            if (answered == frameEnd) {
                frameEnds[0] = frameEnds[1];
                frames--;
                startsOfFrame = 0;
            }
        }
        process.disarm();
    }

    private int endOfFrame(List<FunctionMessage> batch, int from, int to) {
        int room = isBatchCapable && !singly ? BATCH_FRAME_PAYLOAD : FRAME_PAYLOAD;
        long bytes = 0;
        int end = from;
        while (end < to && end - from < FRAME_MESSAGES) {
            bytes += batch.get(end).payload().length;
            if (bytes > room && end > from) {
                break;
            }
            end++;
        }
        return end;
    }

    private void write(List<FunctionMessage> batch, int from, int to) throws IOException {
        origins.clear();
        int length = CALL_HEADER;
        for (int i = from; i < to; i++) {
            FunctionMessage message = batch.get(i);
            originOf[i - from] = origin(message);
            length += ITEM_HEADER + message.payload().length;
        }
        for (int i = 0; i < origins.size(); i++) {
            length += origins.get(i).length();
        }
        channel.beginFrame(Protocol.CALL, length);
        channel.writeLong(sequence + (from - answered));
        channel.writeByte(singly ? Protocol.SINGLY : 0);
        channel.writeInt(to - from);
        channel.writeShort(origins.size());
        for (int i = 0; i < origins.size(); i++) {
            origins.get(i).write(channel);
        }
        for (int i = from; i < to; i++) {
            FunctionMessage message = batch.get(i);
            channel.writeShort(originOf[i - from]);
            channel.writeLong(message.receivedNanos());
            channel.writeInt(message.payload().length);
            channel.writeBytes(message.payload());
        }
        channel.flush();
    }

    /** Messages of one frame mostly come from few places: each is sent and parsed once. */
    private int origin(FunctionMessage message) {
        int count = origins.size();
        for (int i = count - 1; i >= 0; i--) {
            if (origins.get(i).isOf(message)) {
                return i;
            }
        }
        origins.add(new Origin(message.topic(), message.selectors()));
        return count;
    }

    private void read(@Nullable FunctionResult[] results) throws IOException {
        int kind = channel.nextFrame(Protocol.MAX_FRAME);
        if (kind == Protocol.STARTED) {
            if (channel.readLong() != sequence || ++startsOfFrame > 2) {
                throw new ProtocolViolation("the worker began a message that is not its next");
            }
            process.arm(timeoutNanos);
            return;
        }
        if (kind != Protocol.RESULT) {
            throw new ProtocolViolation("the worker sent a frame of kind " + kind);
        }
        if (channel.readLong() != sequence) {
            throw new ProtocolViolation("the worker answered a message that is not its next");
        }
        FunctionResult result = result(channel.readByte());
        results[answered] = result;
        answered++;
        sequence++;
        completed++;
        process.arm(timeoutNanos);
    }

    private FunctionResult result(int status) throws IOException {
        if (status == 1) {
            return new FunctionResult.Failed(ErrorCode.USER_CODE, channel.readText());
        }
        int count = channel.readInt();
        if (status != 0 || count < 0 || count > Protocol.MAX_SENDS) {
            throw new ProtocolViolation("the worker sent a result that cannot be read");
        }
        if (count == 0) {
            return NOTHING;
        }
        if (count == 1) {
            return new FunctionResult.Sent(List.of(payload()));
        }
        List<byte[]> payloads = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            payloads.add(payload());
        }
        return new FunctionResult.Sent(payloads);
    }

    private byte[] payload() throws IOException {
        int length = channel.readInt();
        if (length > Protocol.MAX_PAYLOAD) {
            throw new ProtocolViolation("the worker sent a payload of " + length + " bytes");
        }
        return channel.readBytes(length);
    }

    /** Where messages come from, as it goes over the wire. */
    private static final class Origin {
        private final String topic;
        private final Map<String, String> selectors;
        private final byte[] topicBytes;
        private final List<byte[]> selectorBytes;

        Origin(String topic, Map<String, String> selectors) {
            this.topic = topic;
            this.selectors = selectors;
            this.topicBytes = topic.getBytes(StandardCharsets.UTF_8);
            this.selectorBytes = new ArrayList<>(selectors.size() * 2);
            selectors.forEach((name, value) -> {
                selectorBytes.add(name.getBytes(StandardCharsets.UTF_8));
                selectorBytes.add(value.getBytes(StandardCharsets.UTF_8));
            });
        }

        boolean isOf(FunctionMessage message) {
            return topic.equals(message.topic()) && selectors.equals(message.selectors());
        }

        int length() {
            int length = 4 + topicBytes.length + 2;
            for (int i = 0; i < selectorBytes.size(); i++) {
                length += 4 + selectorBytes.get(i).length;
            }
            return length;
        }

        void write(FrameChannel channel) throws IOException {
            channel.writeText(topicBytes);
            channel.writeShort(selectorBytes.size() / 2);
            for (int i = 0; i < selectorBytes.size(); i++) {
                channel.writeText(selectorBytes.get(i));
            }
        }
    }
}
