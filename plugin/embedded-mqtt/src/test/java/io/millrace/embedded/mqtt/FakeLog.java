package io.millrace.embedded.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A log in memory whose acknowledgements a test can hold back or make fail. */
final class FakeLog implements StreamLog {

    private final List<OutgoingRecord> records = new ArrayList<>();
    private final List<OutgoingRecord> heldRecords = new ArrayList<>();
    private final List<AppendListener> heldListeners = new ArrayList<>();
    private boolean holding;
    private int failures;

    /** From now on nothing is acknowledged until {@link #resume()}. */
    synchronized void hold() {
        holding = true;
    }

    void resume() {
        List<AppendListener> ready;
        synchronized (this) {
            holding = false;
            records.addAll(heldRecords);
            ready = List.copyOf(heldListeners);
            heldRecords.clear();
            heldListeners.clear();
        }
        ready.forEach(listener -> listener.appended(null));
    }

    /** The next appends fail. */
    synchronized void failNext(int count) {
        failures = count;
    }

    synchronized int held() {
        return heldRecords.size();
    }

    synchronized List<OutgoingRecord> records() {
        return List.copyOf(records);
    }

    synchronized int size() {
        return records.size();
    }

    List<String> values() {
        return records().stream().map(FakeLog::text).toList();
    }

    static String text(OutgoingRecord record) {
        return new String(record.value(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        Exception failure = null;
        synchronized (this) {
            if (holding) {
                heldRecords.add(record);
                heldListeners.add(listener);
                return;
            }
            if (failures > 0) {
                failures--;
                failure = new MillraceException(ErrorCode.UNAVAILABLE, "the log is not there");
            } else {
                records.add(record);
            }
        }
        listener.appended(failure);
    }

    @Override
    public void ensureTopics(Collection<String> topics) {}

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "nobody reads this log");
    }

    @Override
    public void removeGroup(String group) {}

    @Override
    public void close() {}
}
