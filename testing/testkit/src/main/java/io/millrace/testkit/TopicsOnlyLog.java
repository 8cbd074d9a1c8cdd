package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A log for those who only create topics; it moves no records. */
public final class TopicsOnlyLog implements StreamLog {
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Set<String> places = ConcurrentHashMap.newKeySet();
    private volatile boolean isDown;

    /** All topics that were asked for. */
    public Set<String> topics() {
        return Set.copyOf(topics);
    }

    /** From now on it cannot be reached. */
    public void goDown() {
        isDown = true;
    }

    /** Ends what {@link #goDown} began. */
    public void comeBack() {
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
    public void keepPlace(String group, String topic) {
        if (isDown) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        places.add(group + " in " + topic);
    }

    /** Whose places were kept, as in {@code group in topic}. */
    public Set<String> places() {
        return Set.copyOf(places);
    }

    @Override
    public void removeGroup(String group) {
        throw unsupported();
    }

    private static MillraceException unsupported() {
        return new MillraceException(ErrorCode.UNSUPPORTED, "this log moves no records");
    }

    @Override
    public void close() {
        topics.clear();
    }
}
