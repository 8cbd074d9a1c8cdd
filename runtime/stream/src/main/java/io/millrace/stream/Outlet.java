package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An output of a pipeline as one task runs it: where each item goes, and the sink that takes it.
 */
final class Outlet implements AutoCloseable {

    private final String label;
    private final Template destination;
    private final Sink sink;
    private final List<OutputRecord> writing = new ArrayList<>();
    private @Nullable OutputRecord[] outputs = new OutputRecord[64];

    Outlet(String label, Template destination, Sink sink) {
        this.label = label;
        this.destination = destination;
        this.sink = sink;
    }

    String label() {
        return label;
    }

    /** Fills in the destinations of the items to be written. */
    void prepare(Batch batch, int[] pending, int count, Verdicts verdicts) {
        if (outputs.length < batch.size()) {
            outputs = new OutputRecord[Math.max(batch.size(), 2 * outputs.length)];
        }
        for (int i = 0; i < count; i++) {
            int item = pending[i];
            outputs[item] = output(batch, item, verdicts);
        }
    }

    private @Nullable OutputRecord output(Batch batch, int item, Verdicts verdicts) {
        LogRecord record = batch.recordOf(item);
        try {
            return new OutputRecord(
                    destination.expand(record),
                    record.key(),
                    batch.payload(item),
                    record.headers(),
                    record.timestampMillis());
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
            return null;
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
        for (ItemFailure failure : failures) {
            verdict(items[failure.index()], failure, verdicts);
        }
    }

    private static void verdict(int item, ItemFailure failure, Verdicts verdicts) {
        if (Stage.isPassing(failure.code())) {
            verdicts.mustWait(item, failure.code(), failure.reason());
        } else {
            verdicts.failed(item, failure.code(), failure.reason());
        }
    }

    /** The sink refused all of them at once: nobody can say which, so each is tried alone. */
    private void refuse(Batch batch, int[] items, MillraceException e, Verdicts verdicts) {
        if (Stage.isPassing(e.code())) {
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
        for (int i = 0; i < all.size(); i++) {
            writing.clear();
            writing.add(all.get(i));
            write(batch, new int[] {items[i]}, verdicts);
            if (verdicts.isWaiting(items[i])) {
                // Those behind it must not overtake it.
                for (int j = i + 1; j < all.size(); j++) {
                    verdicts.mustWait(items[j], e.code(), e.text());
                }
                return;
            }
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
