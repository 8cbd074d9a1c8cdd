package io.millrace.stream;

import io.millrace.api.ErrorCode;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a stage made of each item of a batch. Reused from stage to stage by one task.
 *
 * <p>A stage says with {@link #by} what answers the items that follow, such as {@code
 * model/digits@3}; it stands in their provenance.
 *
 * <p>{@link #mustWait} is for what is not the record's fault, such as a model that is being loaded:
 * it is tried again without counting, so that no record is given up for it.
 */
final class Verdicts {

    private int[] attempts = new int[0];
    private byte[][] single = new byte[0][];
    private @Nullable List<byte[]>[] several = lists(0);
    private @Nullable ErrorCode[] codes = new ErrorCode[0];
    private String[] reasons = new String[0];
    private boolean[] isWaiting = new boolean[0];
    private String[] steps = new String[0];
    private String step = "";

    void start(int items) {
        step = "";
        if (attempts.length < items) {
            int capacity = Math.max(64, Integer.highestOneBit(items) * 2);
            attempts = new int[capacity];
            single = new byte[capacity][];
            several = lists(capacity);
            codes = new ErrorCode[capacity];
            reasons = new String[capacity];
            isWaiting = new boolean[capacity];
            steps = new String[capacity];
            return;
        }
        Arrays.fill(attempts, 0, items, 0);
        Arrays.fill(codes, 0, items, null);
        Arrays.fill(isWaiting, 0, items, false);
    }

    /** Lets go of all payloads. */
    void clear() {
        Arrays.fill(single, null);
        Arrays.fill(several, null);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable List<byte[]>[] lists(int length) {
        return (List<byte[]>[]) new List[length];
    }

    /** What gives the verdicts from now on, with its version; empty when nothing is known of it. */
    void by(String stepAndVersion) {
        step = stepAndVersion;
    }

    void sent(int item, byte[] payload) {
        steps[item] = step;
        codes[item] = null;
        isWaiting[item] = false;
        single[item] = payload;
        several[item] = null;
    }

    void sent(int item, List<byte[]> payloads) {
        steps[item] = step;
        codes[item] = null;
        isWaiting[item] = false;
        several[item] = payloads;
    }

    void failed(int item, ErrorCode code, String reason) {
        steps[item] = step;
        attempts[item]++;
        codes[item] = code;
        reasons[item] = reason;
        isWaiting[item] = false;
    }

    void mustWait(int item, ErrorCode code, String reason) {
        codes[item] = code;
        reasons[item] = reason;
        isWaiting[item] = true;
    }

    /** How often it failed; waiting does not count. */
    int attempts(int item) {
        return attempts[item];
    }

    @Nullable ErrorCode code(int item) {
        return codes[item];
    }

    String reason(int item) {
        return reasons[item];
    }

    boolean isWaiting(int item) {
        return isWaiting[item];
    }

    /** What gave an item its verdict, with its version. */
    String step(int item) {
        return steps[item];
    }

    /** Puts what was sent for an item into the batch. */
    void addTo(Batch batch, int item, Trails trails) {
        int origin = batch.origin(item);
        byte[] trail = trails.after(batch.trail(item), steps[item]);
        List<byte[]> payloads = several[item];
        if (payloads == null) {
            batch.addItem(origin, single[item], trail);
            return;
        }
        for (int i = 0; i < payloads.size(); i++) {
            batch.addItem(origin, payloads.get(i), trail);
        }
    }
}
