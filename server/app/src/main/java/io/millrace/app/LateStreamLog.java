package io.millrace.app;

import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

/**
 * The log before it is there, for parts that are made beside it and use it later. Who uses it too
 * early waits.
 */
final class LateStreamLog implements StreamLog {

    private final CompletableFuture<StreamLog> log = new CompletableFuture<>();

    /** It is there. */
    void arrived(StreamLog started) {
        log.complete(started);
    }

    @Override
    public void ensureTopics(Collection<String> topics) {
        log.join().ensureTopics(topics);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        log.join().append(record, listener);
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        return log.join().consumer(spec);
    }

    @Override
    public LogReader reader(int maxRecords) {
        return log.join().reader(maxRecords);
    }

    @Override
    public LogTransactor transactor(String name) {
        return log.join().transactor(name);
    }

    @Override
    public void keepPlace(String group, String topic) {
        log.join().keepPlace(group, topic);
    }

    @Override
    public void endTransactions(Collection<String> names) {
        log.join().endTransactions(names);
    }

    @Override
    public void removeGroup(String group) {
        log.join().removeGroup(group);
    }

    /** Does nothing: who started the log closes it. */
    @Override
    public void close() {}
}
