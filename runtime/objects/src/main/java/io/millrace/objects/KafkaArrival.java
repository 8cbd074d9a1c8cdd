package io.millrace.objects;

import io.millrace.api.DataSourceSpec.OverKafka;
import io.millrace.api.ResourceKey;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads events from a Kafka topic. The position is committed after the log has all that was read:
 * as records, or as refused events.
 */
final class KafkaArrival implements EventArrival {

    private static final int MAX_RECORDS = 500;
    private static final Duration POLL = Duration.ofMillis(500);

    private final Inbox inbox;
    private final String topic;
    private final boolean isOwnLog;
    private final StreamLog log;
    private final LogConsumer consumer;
    private boolean isChecked;

    KafkaArrival(ResourceKey source, OverKafka kafka, Inbox inbox, Needs needs) {
        this.inbox = inbox;
        this.topic = kafka.topic();
        this.isOwnLog = kafka.cluster().isEmpty();
        this.log =
                kafka.cluster()
                        .map(cluster -> needs.clusters().open(source.project(), cluster))
                        .orElse(needs.log());
        this.consumer =
                log.consumer(
                        new ConsumerSpec(
                                kafka.group()
                                        .orElse(
                                                "millrace."
                                                        + source.project()
                                                        + "."
                                                        + source.name()),
                                needs.nodeId() + "-" + source.project() + "-" + source.name(),
                                0,
                                MAX_RECORDS));
    }

    @Override
    public Duration step() {
        if (!isChecked) {
            log.ensureTopics(Set.of(topic));
            consumer.subscribe(Set.of(topic));
            isChecked = true;
        }
        List<LogRecord> records = consumer.poll(POLL);
        if (!records.isEmpty()) {
            var next = new HashMap<LogPartition, Long>();
            for (LogRecord record : records) {
                var _ = inbox.take(lowerCase(record.headers()), record.value(), _ -> true);
                next.put(record.partition(), record.offset() + 1);
            }
            consumer.commit(next);
        }
        return Duration.ZERO;
    }

    private static List<Header> lowerCase(List<Header> headers) {
        var lower = new ArrayList<Header>(headers.size());
        for (Header header : headers) {
            lower.add(new Header(header.name().toLowerCase(Locale.ROOT), header.value()));
        }
        return lower;
    }

    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        try {
            consumer.close();
        } finally {
            if (!isOwnLog) {
                log.close();
            }
        }
    }
}
