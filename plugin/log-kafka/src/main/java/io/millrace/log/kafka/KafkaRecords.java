package io.millrace.log.kafka;

import io.millrace.spi.Header;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Records as Kafka's client gives them, in our terms. */
final class KafkaRecords {

    private static final byte[] NOTHING = {};

    private KafkaRecords() {}

    static LogRecord convert(LogPartition place, ConsumerRecord<byte[], byte[]> record) {
        return new LogRecord(
                place,
                record.offset(),
                record.key(),
                record.value() == null ? NOTHING : record.value(),
                headers(record),
                record.timestamp());
    }

    private static List<Header> headers(ConsumerRecord<byte[], byte[]> record) {
        org.apache.kafka.common.header.Header[] found = record.headers().toArray();
        if (found.length == 0) {
            return List.of();
        }
        var headers = new Header[found.length];
        for (int i = 0; i < found.length; i++) {
            byte[] value = found[i].value();
            headers[i] = new Header(found[i].key(), value == null ? NOTHING : value);
        }
        return List.of(headers);
    }
}
