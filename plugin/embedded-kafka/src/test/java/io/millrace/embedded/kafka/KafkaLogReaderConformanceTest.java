package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TimeSource;
import io.millrace.conformance.LogReaderConformance;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading by offset on the embedded broker, gaps between offsets included. */
class KafkaLogReaderConformanceTest extends LogReaderConformance {

    private static final Duration MOMENT = Duration.ofMillis(100);

    @RegisterExtension private static final OneBroker BROKER = new OneBroker();

    @Override
    protected StreamLog openLog() {
        return BROKER.openLog();
    }

    @Test
    void passesOverAbortedTransactionsAndTheirMarkersAtTheEnd() {
        var place = new LogPartition("gaps.aborted", 0);
        try (StreamLog log = openLog();
                LogReader reader = log.reader(100)) {
            log.ensureTopics(List.of(place.topic()));
            try (var producer = transactional("aborting")) {
                inTransaction(producer, place, 0, 5, true);
                inTransaction(producer, place, 5, 10, false);
                inTransaction(producer, place, 10, 12, true);
                inTransaction(producer, place, 12, 20, false);
            }
            Map<LogPartition, OffsetRange> ranges = reader.ranges(List.of(place.topic()));
            assertThat(ranges.get(place)).isEqualTo(new OffsetRange(0, 24));
            reader.seek(ranges);
            assertThat(readToTheEnd(reader)).containsExactly("0", "1", "2", "3", "4", "10", "11");
            // A part of nothing but aborted records ends too.
            reader.seek(Map.of(place, new OffsetRange(6, 11)));
            assertThat(readToTheEnd(reader)).isEmpty();
        }
    }

    @Test
    void thePartsEndBeforeATransactionThatIsOpen() {
        var place = new LogPartition("gaps.open", 0);
        try (StreamLog log = openLog();
                LogReader reader = log.reader(100)) {
            log.ensureTopics(List.of(place.topic()));
            try (var producer = transactional("open")) {
                inTransaction(producer, place, 0, 3, true);
                producer.beginTransaction();
                send(producer, place, 3);
                producer.flush();
                reader.seek(reader.ranges(List.of(place.topic())));
                assertThat(readToTheEnd(reader)).containsExactly("0", "1", "2");
                producer.commitTransaction();
            }
        }
    }

    @Test
    void goesOnWithWhatRetentionHasLeft() throws Exception {
        var place = new LogPartition("gaps.retention", 0);
        try (StreamLog log = openLog();
                LogReader reader = log.reader(100);
                Admin admin = Admin.create(properties())) {
            log.ensureTopics(List.of(place.topic()));
            try (var producer = transactional("retention")) {
                inTransaction(producer, place, 0, 10, true);
            }
            reader.seek(reader.ranges(List.of(place.topic())));
            var partition = new TopicPartition(place.topic(), 0);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6))).all().get();
            assertThat(readToTheEnd(reader)).containsExactly("6", "7", "8", "9");
            reader.seek(Map.of(place, new OffsetRange(0, 4)));
            assertThat(readToTheEnd(reader)).isEmpty();
            assertThat(reader.ranges(List.of(place.topic())))
                    .containsEntry(place, new OffsetRange(6, 11));
        }
    }

    private static Map<String, Object> properties() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }

    private static KafkaProducer<byte[], byte[]> transactional(String name) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", BROKER.bootstrapServers(), "transactional.id", name);
        var producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    private static void inTransaction(
            KafkaProducer<byte[], byte[]> producer,
            LogPartition place,
            int from,
            int to,
            boolean commits) {
        producer.beginTransaction();
        for (int i = from; i < to; i++) {
            send(producer, place, i);
        }
        if (commits) {
            producer.commitTransaction();
        } else {
            // An abort drops what was not sent yet; it shall leave its records in the log.
            producer.flush();
            producer.abortTransaction();
        }
    }

    private static void send(
            KafkaProducer<byte[], byte[]> producer, LogPartition place, int number) {
        byte[] value = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
        var _ = producer.send(new ProducerRecord<>(place.topic(), place.index(), null, value));
    }

    private static List<String> readToTheEnd(LogReader reader) {
        var found = new ArrayList<String>();
        long deadline = TimeSource.system().nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!reader.isAtEnd()) {
            for (LogRecord record : reader.poll(MOMENT)) {
                found.add(new String(record.value(), StandardCharsets.UTF_8));
            }
            assertThat(TimeSource.system().nanoTime()).isLessThan(deadline);
        }
        return found;
    }
}
