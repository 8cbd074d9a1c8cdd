package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** A log of which control needs the topics only. */
final class TopicsOnlyLog implements StreamLog {
    private final Set<String> topics = new TreeSet<>();
    private boolean isDown;

    Set<String> topics() {
        return topics;
    }

    void goDown() {
        isDown = true;
    }

    void comeBack() {
        isDown = false;
    }

    @Override
    public void ensureTopics(Collection<String> wanted) {
        if (isDown) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        topics.addAll(wanted);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        throw unsupported();
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        throw unsupported();
    }

    @Override
    public void removeGroup(String group) {
        throw unsupported();
    }

    private static MillraceException unsupported() {
        return new MillraceException(ErrorCode.UNSUPPORTED, "control moves no records");
    }

    @Override
    public void close() {
        topics.clear();
    }
}
