package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An output of a pipeline as one task runs it: what it looks like, and the sink that takes it. */
final class Outlet implements AutoCloseable {

    private final OutputForm form;
    private final Sink sink;
    private final TaskControl control;
    private final List<OutputRecord> writing = new ArrayList<>();
    private @Nullable OutputRecord[] outputs = new OutputRecord[64];

    Outlet(OutputForm form, Sink sink, TaskControl control) {
        this.form = form;
        this.sink = sink;
        this.control = control;
    }

    String label() {
        return form.label();
    }

    /** The sink, if it is one that holds what it takes; null when it is not. */
    @Nullable GatheringSink gathering() {
        return sink instanceof GatheringSink gathering ? gathering : null;
    }

    /** Fills in the destinations of the items to be written. */
    void prepare(Batch batch, int[] pending, int count, Verdicts verdicts) {
        if (outputs.length < batch.size()) {
            outputs = new OutputRecord[Math.max(batch.size(), 2 * outputs.length)];
        }
        for (int i = 0; i < count; i++) {
            int item = pending[i];
            outputs[item] = form.of(batch, item, verdicts);
        }
    }

    /** Writes items in order and gives each its verdict. */
    void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        writing.clear();
        int[] items = new int[count];
        for (int i = 0; i < count; i++) {
            OutputRecord output = outputs[pending[i]];
            if (output != null) {
                items[writing.size()] = pending[i];
                writing.add(output);
            }
        }
        if (!writing.isEmpty()) {
            write(batch, items, verdicts);
        }
        writing.clear();
    }

    private void write(Batch batch, int[] items, Verdicts verdicts) {
        List<ItemFailure> failures;
        try {
            failures = sink.write(writing);
        } catch (MillraceException e) {
            refuse(batch, items, e, verdicts);
            return;
        }
        for (int i = 0; i < writing.size(); i++) {
            verdicts.sent(items[i], batch.payload(items[i]));
        }
        if (failures.isEmpty()) {
            return;
        }
        for (ItemFailure failure : failures) {
            verdict(items[failure.index()], failure.code(), failure.reason(), verdicts);
        }
        holdBack(items, verdicts);
    }

    static void verdict(int item, ErrorCode code, String reason, Verdicts verdicts) {
        if (isPassing(code)) {
            verdicts.mustWait(item, code, reason);
        } else {
            verdicts.failed(item, code, reason);
        }
    }

    /** Late is as good as away: a time-out says how the far side is, not how the record is. */
    static boolean isPassing(ErrorCode code) {
        return Stage.isPassing(code) || code == ErrorCode.TIMEOUT;
    }

    /**
     * What is written again comes behind what was accepted. So everything that follows it under its
     * key is written again as well: a record may come twice, but its successor comes after it.
     */
    private void holdBack(int[] items, Verdicts verdicts) {
        var held = new HeldKeys();
        for (int i = 0; i < writing.size(); i++) {
            held.follow(writing.get(i), items[i], verdicts);
        }
    }

    /** The keys of which a record has to be written again, and why. */
    private static final class HeldKeys {

        private static final ByteBuffer NO_KEY = ByteBuffer.allocate(0);

        private final Map<ByteBuffer, Integer> first = new HashMap<>();

        private static ByteBuffer keyOf(OutputRecord output) {
            byte[] key = output.key();
            return key == null ? NO_KEY : ByteBuffer.wrap(key);
        }

        /** Notes what may pass, and makes what comes behind it wait. */
        void follow(OutputRecord output, int item, Verdicts verdicts) {
            ErrorCode code = verdicts.code(item);
            if (code != null && (verdicts.isWaiting(item) || code.isTransient())) {
                first.putIfAbsent(keyOf(output), item);
            } else if (code == null) {
                hold(output, item, verdicts);
            }
        }

        /** Makes it wait when one before it has to be written again. */
        boolean hold(OutputRecord output, int item, Verdicts verdicts) {
            Integer before = first.get(keyOf(output));
            ErrorCode code = before == null ? null : verdicts.code(before);
            if (before == null || code == null) {
                return false;
            }
            verdicts.mustWait(item, code, verdicts.reason(before));
            return true;
        }
    }

    /** The sink refused all of them at once: nobody can say which, so each is tried alone. */
    private void refuse(Batch batch, int[] items, MillraceException e, Verdicts verdicts) {
        if (isPassing(e.code())) {
            for (int i = 0; i < writing.size(); i++) {
                verdicts.mustWait(items[i], e.code(), e.text());
            }
            return;
        }
        if (writing.size() == 1) {
            verdicts.failed(items[0], e.code(), e.text());
            return;
        }
        List<OutputRecord> all = List.copyOf(writing);
        var held = new HeldKeys();
        for (int i = 0; i < all.size(); i++) {
            control.failOnAbort();
            OutputRecord output = all.get(i);
            if (held.hold(output, items[i], verdicts)) {
                continue;
            }
            writing.clear();
            writing.add(output);
            write(batch, new int[] {items[i]}, verdicts);
            if (verdicts.isWaiting(items[i])) {
                // The far side is away: asking it for each of the others would take as long again.
                for (int j = i + 1; j < all.size(); j++) {
                    verdicts.mustWait(items[j], e.code(), e.text());
                }
                return;
            }
            held.follow(output, items[i], verdicts);
        }
    }

    /** Lets go of all payloads. */
    void clear() {
        java.util.Arrays.fill(outputs, null);
    }

    @Override
    public void close() {
        sink.close();
    }
}
