package io.millrace.stream.dead;

import io.millrace.spi.DeadLetter;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Provenance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Records of the topic of dead letters as letters, and letters as records to try again. */
final class Letters {

    private Letters() {}

    static LetterPosition place(LogRecord record) {
        return new LetterPosition(record.partition().index(), record.offset());
    }

    /**
     * Reads a letter.
     *
     * @param mostPayload how many bytes of the payload are wanted
     */
    static DeadLetter read(LogRecord record, DeadLetter.Fate fate, int mostPayload) {
        byte[] value = record.value();
        return new DeadLetter(
                place(record),
                fate,
                record.key(),
                value.length <= mostPayload ? value : Arrays.copyOf(value, mostPayload),
                value.length,
                List.copyOf(Origin.ownHeaders(record.headers())),
                originalMillis(record),
                find(record, HeaderNames.DEAD_POSITION),
                find(record, HeaderNames.DEAD_CODE),
                find(record, HeaderNames.DEAD_STAGE),
                find(record, HeaderNames.DEAD_REASON),
                (int) Origin.number(find(record, HeaderNames.DEAD_ATTEMPTS), 1),
                steps(record),
                Origin.number(find(record, HeaderNames.DEAD_AT), record.timestampMillis()));
    }

    /** Whether the payload did not fit into the letter and stands only where it was read. */
    static boolean lacksPayload(LogRecord record) {
        return Header.find(record.headers(), HeaderNames.DEAD_WITHOUT_PAYLOAD) != null;
    }

    /**
     * The record as the pipeline shall try it again. It is dated now: the log forgets by date, and
     * it must not forget what was just asked for.
     *
     * @param payload that of the letter, or what stands where it was read
     */
    static OutgoingRecord retry(LogRecord letter, byte[] payload, String topic, long nowMillis) {
        String readAt = find(letter, HeaderNames.DEAD_POSITION);
        List<Header> own = Origin.ownHeaders(letter.headers());
        var headers = new ArrayList<Header>(own.size() + 4);
        headers.addAll(own);
        headers.add(Header.of(HeaderNames.ORIGIN_TOPIC, topicOf(readAt)));
        headers.add(Header.of(HeaderNames.ORIGIN_POSITION, readAt));
        headers.add(Header.of(HeaderNames.ORIGIN_TIME, Long.toString(originalMillis(letter))));
        headers.add(
                Header.of(
                        HeaderNames.ATTEMPTS,
                        Long.toString(Origin.number(find(letter, HeaderNames.DEAD_ATTEMPTS), 1))));
        return new OutgoingRecord(topic, letter.key(), payload, headers, nowMillis);
    }

    private static List<String> steps(LogRecord letter) {
        return Provenance.parse(find(letter, HeaderNames.PROVENANCE))
                .map(Provenance::steps)
                .orElse(List.of());
    }

    /** When the record happened; the letter itself is dated when it died. */
    private static long originalMillis(LogRecord letter) {
        return Origin.number(find(letter, HeaderNames.ORIGIN_TIME), letter.timestampMillis());
    }

    private static String topicOf(String position) {
        int offset = position.lastIndexOf('/');
        int partition = offset < 0 ? -1 : position.lastIndexOf('/', offset - 1);
        return partition < 0 ? "" : position.substring(0, partition);
    }

    private static String find(LogRecord record, String name) {
        String found = Header.find(record.headers(), name);
        return found == null ? "" : found;
    }
}
