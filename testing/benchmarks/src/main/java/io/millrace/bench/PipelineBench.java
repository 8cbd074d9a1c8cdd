package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * MQTT QoS 1 → log → model step → MQTT QoS 1 at a fixed rate. Latency counts from when a message
 * was due, not from when the sender got to it, so that a slow answer also counts for those behind
 * it.
 */
final class PipelineBench {

    private static final byte[] ID = "\"id\":".getBytes(StandardCharsets.UTF_8);
    private static final int WINDOW = 20_000;
    private static final byte[] NOTHING = {};

    private final int port;
    private final String topic;
    private final String answers;
    private final IntFunction<byte[]> messages;

    private PipelineBench(int port, String topic, String answers, IntFunction<byte[]> messages) {
        this.port = port;
        this.topic = topic;
        this.answers = answers;
        this.messages = messages;
    }

    /** Pictures of 7,976 bytes in MessagePack. */
    static PipelineBench ofPictures(int port) throws IOException {
        byte[] template = image();
        return new PipelineBench(
                port, Setup.IMAGE_TOPIC, Setup.ANSWER_TOPIC, id -> withId(template, id));
    }

    /** Six readings of a series in JSON, as clients of the serving contract send them. */
    static PipelineBench ofReadings(int port, String topic, String answers) {
        return new PipelineBench(
                port,
                topic,
                answers,
                id ->
                        ("{\"id\": %d, \"norm_1\": 0.0740523730112228, \"norm_2\": -0.0031099292378419,"
                                        + " \"norm_3\": -0.0802722314869067, \"norm_4\": -0.1574345337359715,"
                                        + " \"norm_5\": -0.2345968359850363, \"norm_6\": -0.311759138234101}")
                                .formatted(id)
                                .getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What was measured.
     *
     * @param sent messages published
     * @param answered distinct messages whose answer came
     * @param perSecond answers a second
     * @param latency due time to answer, microseconds
     */
    record Result(long sent, long answered, double perSecond, Histogram latency) {}

    Result run(int perSecond, double seconds) throws Exception {
        int count = (int) (perSecond * seconds);
        long[] due = new long[count];
        boolean[] seen = new boolean[count];
        var latency = new Histogram(120_000_000, 3);
        var answered = new AtomicLong();
        byte[] topicBytes = topic.getBytes(StandardCharsets.UTF_8);
        byte[][] prepared = new byte[count][];
        for (int i = 0; i < count; i++) {
            prepared[i] = messages.apply(i);
        }
        try (var subscriber =
                        new WireClient(
                                new Socket(InetAddress.getLoopbackAddress(), port),
                                "bench-sub-" + perSecond);
                var publisher =
                        new WireClient(
                                new Socket(InetAddress.getLoopbackAddress(), port),
                                "bench-pub-" + perSecond)) {
            subscriber.subscribe(answers);
            long begin = System.nanoTime() + 100_000_000L;
            for (int i = 0; i < count; i++) {
                due[i] = begin + (long) (i * 1e9 / perSecond);
            }
            Thread reader =
                    Thread.ofPlatform()
                            .name("bench-subscriber")
                            .start(() -> read(subscriber, due, seen, latency, answered));
            Thread acks =
                    Thread.ofPlatform().name("bench-acks").unstarted(() -> acks(publisher, count));
            acks.start();
            for (int i = 0; i < count; i++) {
                awaitDue(due[i], publisher);
                publisher.publish(topicBytes, i % 65_535 + 1, prepared[i]);
                prepared[i] = NOTHING;
                while (i - answered.get() > WINDOW) {
                    publisher.flush();
                    Thread.sleep(1);
                }
            }
            publisher.flush();
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (answered.get() < count && System.nanoTime() < deadline) {
                Thread.sleep(2);
            }
            double took = (System.nanoTime() - begin) / 1e9;
            subscriber.hangUp();
            publisher.hangUp();
            reader.join();
            acks.join();
            return new Result(count, answered.get(), answered.get() / took, latency);
        }
    }

    private static void awaitDue(long due, WireClient publisher) throws IOException {
        long left = due - System.nanoTime();
        if (left <= 0) {
            return;
        }
        publisher.flush();
        while (left > 0) {
            // A sender that spins takes a core from the server. A late wake-up counts as latency.
            LockSupport.parkNanos(left);
            left = due - System.nanoTime();
        }
    }

    private static void acks(WireClient publisher, int count) {
        try {
            for (int i = 0; i < count; i++) {
                publisher.awaitAck();
            }
        } catch (IOException e) {
            // The run is over: the socket was closed while acknowledgements were outstanding.
            Thread.currentThread().interrupt();
        }
    }

    private static void read(
            WireClient subscriber,
            long[] due,
            boolean[] seen,
            Histogram latency,
            AtomicLong answered) {
        try {
            while (answered.get() < due.length) {
                int id = idOf(subscriber.awaitMessage());
                long now = System.nanoTime();
                if (id >= 0 && id < due.length && !seen[id]) {
                    seen[id] = true;
                    latency.recordValue(Math.max(0, (now - due[id]) / 1000));
                    answered.incrementAndGet();
                }
            }
        } catch (IOException e) {
            // Closed by the main thread when the time was up.
            Thread.currentThread().interrupt();
        }
    }

    private static int idOf(byte[] answer) {
        for (int at = 0; at + ID.length < answer.length; at++) {
            int match = 0;
            while (match < ID.length && answer[at + match] == ID[match]) {
                match++;
            }
            if (match == ID.length) {
                int id = 0;
                int first = at + match;
                while (first < answer.length && answer[first] == ' ') {
                    first++;
                }
                for (int i = first; i < answer.length && answer[i] >= '0'; i++) {
                    if (answer[i] > '9') {
                        break;
                    }
                    id = id * 10 + answer[i] - '0';
                }
                return id;
            }
        }
        throw MillraceException.internal(
                "no id in the answer " + new String(answer, StandardCharsets.UTF_8), null);
    }

    /** MessagePack: {"id": uint32, "image": 28 x 28 x 1 float64, …}, the id at a fixed place. */
    private static byte[] image() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeByte(0x85);
        text(out, "id");
        out.writeByte(0xce);
        out.writeInt(0);
        text(out, "image");
        array(out, 28);
        for (int y = 0; y < 28; y++) {
            array(out, 28);
            for (int x = 0; x < 28; x++) {
                out.writeByte(0x91);
                out.writeByte(0xcb);
                out.writeDouble(((x * y) % 256) / 255.0);
            }
        }
        text(out, "dtype");
        text(out, "float64");
        text(out, "height");
        out.writeByte(28);
        text(out, "width");
        out.writeByte(28);
        return bytes.toByteArray();
    }

    private static byte[] withId(byte[] template, int id) {
        byte[] message = template.clone();
        message[5] = (byte) (id >>> 24);
        message[6] = (byte) (id >>> 16);
        message[7] = (byte) (id >>> 8);
        message[8] = (byte) id;
        return message;
    }

    private static void array(DataOutputStream out, int length) throws IOException {
        out.writeByte(0xdc);
        out.writeShort(length);
    }

    private static void text(DataOutputStream out, String value) throws IOException {
        out.writeByte(0xa0 | value.length());
        out.write(value.getBytes(StandardCharsets.UTF_8));
    }
}
