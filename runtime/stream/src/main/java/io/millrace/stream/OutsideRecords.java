package io.millrace.stream;

import io.millrace.api.ReservedTopics;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Records of topics that any Kafka client may write to. Where an answer shall go and who asked is
 * read from headers that only Millrace gives, so those that such a client has written are left out;
 * the correlation is the client's own and stays.
 *
 * <p>Hot path: for topics of Millrace itself one look at a map per run of records.
 */
final class OutsideRecords {

    private final Meters.Count forged;
    private final Map<String, Boolean> isOutside = new HashMap<>();

    OutsideRecords(Meters.Count forged) {
        this.forged = forged;
    }

    /** The same records where nothing is to be left out. */
    List<LogRecord> cleaned(List<LogRecord> records) {
        String topic = "";
        boolean isOfAnybody = false;
        List<LogRecord> cleaned = records;
        boolean isCopy = false;
        for (int i = 0; i < records.size(); i++) {
            LogRecord record = records.get(i);
            if (!record.partition().topic().equals(topic)) {
                topic = record.partition().topic();
                isOfAnybody =
                        isOutside.computeIfAbsent(
                                topic, name -> ReservedTopics.problem(name).isEmpty());
            }
            if (isOfAnybody && hasReserved(record.headers())) {
                if (!isCopy) {
                    cleaned = new ArrayList<>(records);
                    isCopy = true;
                }
                cleaned.set(i, without(record));
            }
        }
        return cleaned;
    }

    private static boolean hasReserved(List<Header> headers) {
        for (int i = 0; i < headers.size(); i++) {
            if (!HeaderNames.isOfKafkaClients(headers.get(i).name())) {
                return true;
            }
        }
        return false;
    }

    private LogRecord without(LogRecord record) {
        var kept = new ArrayList<Header>(record.headers().size());
        for (Header header : record.headers()) {
            if (HeaderNames.isOfKafkaClients(header.name())) {
                kept.add(header);
            } else {
                forged.increment();
            }
        }
        return new LogRecord(
                record.partition(),
                record.offset(),
                record.key(),
                record.value(),
                List.copyOf(kept),
                record.timestampMillis());
    }
}
