package io.millrace.cli.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keeps what was sent and matches the answers to it. Used by one thread and read by another. */
final class Scoreboard {

    /**
     * A picture with its answer.
     *
     * @param id the number it was sent with
     * @param truth what it really shows
     * @param predicted what the answer says
     * @param latencyNanos from sending to the answer
     */
    record Outcome(int id, String truth, String predicted, long latencyNanos) {
        boolean isRight() {
            return truth.equals(predicted);
        }
    }

    /**
     * How it went.
     *
     * @param p50Nanos the latency that half of the answers did not exceed; 0 without answers
     * @param p99Nanos the latency that 99 of 100 did not exceed; 0 without answers
     */
    record Summary(int sent, int answered, int right, long p50Nanos, long p99Nanos) {

        private static final int WANTED_PERCENT = 80;

        /** Whether every picture was answered and enough answers are right. */
        boolean isSuccess() {
            return sent > 0 && answered == sent && right * 100L >= (long) sent * WANTED_PERCENT;
        }
    }

    private record Sent(String truth, long nanos) {}

    private final Map<Integer, Sent> pending = new HashMap<>();
    private final List<Long> latencies = new ArrayList<>();
    private int sent;
    private int right;

    /** A picture leaves. */
    synchronized void sent(int id, String truth, long nanos) {
        pending.put(id, new Sent(truth, nanos));
        sent++;
    }

    /** An answer came; empty when it belongs to no picture that still waits for one. */
    synchronized Optional<Outcome> answered(int id, String predicted, long nanos) {
        Sent question = pending.remove(id);
        if (question == null) {
            return Optional.empty();
        }
        var outcome = new Outcome(id, question.truth(), predicted, nanos - question.nanos());
        latencies.add(outcome.latencyNanos());
        if (outcome.isRight()) {
            right++;
        }
        return Optional.of(outcome);
    }

    /** How many pictures wait for their answer. */
    synchronized int waiting() {
        return pending.size();
    }

    synchronized Summary summary() {
        List<Long> sorted = latencies.stream().sorted().toList();
        return new Summary(
                sent, sorted.size(), right, percentile(sorted, 50), percentile(sorted, 99));
    }

    /** The smallest value that at least so many percent do not exceed. */
    static long percentile(List<Long> sorted, int percent) {
        if (sorted.isEmpty()) {
            return 0;
        }
        int rank = (int) Math.ceilDiv((long) percent * sorted.size(), 100L);
        return sorted.get(Math.max(1, rank) - 1);
    }
}
