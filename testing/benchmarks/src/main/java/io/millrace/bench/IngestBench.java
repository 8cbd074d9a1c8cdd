package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** MQTT QoS 1 into the log: how many messages a second are acknowledged, and how fast. */
final class IngestBench {

    private final int port;
    private final int publishers;
    private final int window;
    private final int payloadBytes;

    IngestBench(int port, int publishers, int window, int payloadBytes) {
        this.port = port;
        this.publishers = publishers;
        this.window = window;
        this.payloadBytes = payloadBytes;
    }

    /**
     * What was measured.
     *
     * @param acknowledged messages whose PUBACK came
     * @param perSecond of them
     * @param latency publish to PUBACK, microseconds
     */
    record Result(long acknowledged, double perSecond, Histogram latency) {}

    Result run(double seconds) throws Exception {
        try (var executor = Executors.newFixedThreadPool(publishers)) {
            long end = System.nanoTime() + (long) (seconds * 1e9);
            var parts = new ArrayList<Future<Histogram>>();
            long begin = System.nanoTime();
            for (int i = 0; i < publishers; i++) {
                String id = "bench-" + i;
                Callable<Histogram> publisher = () -> publish(id, end);
                parts.add(executor.submit(publisher));
            }
            var all = new Histogram(3);
            for (Future<Histogram> part : parts) {
                all.add(part.get());
            }
            double took = (System.nanoTime() - begin) / 1e9;
            return new Result(all.getTotalCount(), all.getTotalCount() / took, all);
        }
    }

    private Histogram publish(String id, long end) throws IOException {
        byte[] topic = Setup.SMALL_TOPIC.getBytes(StandardCharsets.UTF_8);
        byte[] payload = new byte[payloadBytes];
        var latency = new Histogram(60_000_000, 3);
        long[] sentAt = new long[window];
        try (var client = new WireClient(new Socket(InetAddress.getLoopbackAddress(), port), id)) {
            long sent = 0;
            long acked = 0;
            while (System.nanoTime() < end || acked < sent) {
                boolean wrote = false;
                while (sent - acked < window && System.nanoTime() < end) {
                    sentAt[(int) (sent % window)] = System.nanoTime();
                    client.publish(topic, (int) (sent % 65_535) + 1, payload);
                    sent++;
                    wrote = true;
                }
                if (wrote) {
                    client.flush();
                }
                if (acked == sent) {
                    continue;
                }
                do {
                    client.awaitAck();
                    // Acknowledgements come in the order of the publishes.
                    latency.recordValue(
                            (System.nanoTime() - sentAt[(int) (acked % window)]) / 1000);
                    acked++;
                } while (acked < sent && client.hasInput());
            }
            return latency;
        } catch (IOException e) {
            throw MillraceException.internal("publisher " + id + " lost its connection: " + e, e);
        }
    }
}
