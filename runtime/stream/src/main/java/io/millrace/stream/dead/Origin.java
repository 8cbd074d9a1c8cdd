package io.millrace.stream.dead;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a record was read first. One from the topic of retries says so in its headers; every other
 * one was read first where it stands, whatever its headers say: an answer that a pipeline made of a
 * retried record carries them on.
 */
public final class Origin {

    private Origin() {}

    /** The topic of the log where it was read first. */
    public static String topic(LogRecord record) {
        String topic = record.partition().topic();
        String origin = isRetry(record) ? find(record, HeaderNames.ORIGIN_TOPIC) : "";
        return origin.isEmpty() ? topic : origin;
    }

    /** Where it was read first, as {@code topic/partition/offset}. */
    public static String position(LogRecord record) {
        String origin = isRetry(record) ? find(record, HeaderNames.ORIGIN_POSITION) : "";
        return origin.isEmpty() ? record.partition() + "/" + record.offset() : origin;
    }

    /** How often it was tried before it was read here. */
    public static int attempts(LogRecord record) {
        return isRetry(record) ? (int) number(find(record, HeaderNames.ATTEMPTS), 0) : 0;
    }

    /** When it happened, which a retry says in a header. */
    public static long timestampMillis(LogRecord record) {
        return isRetry(record)
                ? number(find(record, HeaderNames.ORIGIN_TIME), record.timestampMillis())
                : record.timestampMillis();
    }

    /**
     * Gives retries among some records the timestamps that they had at first, so that what is made
     * of them is dated as if they had not failed.
     */
    public static List<LogRecord> restored(List<LogRecord> records) {
        boolean hasRetries = false;
        for (int i = 0; i < records.size() && !hasRetries; i++) {
            hasRetries = isRetry(records.get(i));
        }
        if (!hasRetries) {
            return records;
        }
        var restored = new ArrayList<LogRecord>(records.size());
        for (LogRecord record : records) {
            restored.add(
                    new LogRecord(
                            record.partition(),
                            record.offset(),
                            record.key(),
                            record.value(),
                            record.headers(),
                            timestampMillis(record)));
        }
        return restored;
    }

    /** The headers of a record without those that say how it was tried before. */
    public static List<Header> ownHeaders(LogRecord record) {
        return ownHeaders(record.headers());
    }

    static List<Header> ownHeaders(List<Header> headers) {
        var own = new ArrayList<Header>(headers.size() + 8);
        for (Header header : headers) {
            if (!isAboutTries(header.name())) {
                own.add(header);
            }
        }
        return own;
    }

    /** Whether a header tells how a record was tried, and not what it is. */
    public static boolean isAboutTries(String name) {
        return name.startsWith(HeaderNames.PREFIX)
                && (name.startsWith(HeaderNames.DEAD_PREFIX)
                        || name.equals(HeaderNames.PROVENANCE)
                        || name.equals(HeaderNames.ORIGIN_TOPIC)
                        || name.equals(HeaderNames.ORIGIN_POSITION)
                        || name.equals(HeaderNames.ORIGIN_TIME)
                        || name.equals(HeaderNames.ATTEMPTS));
    }

    private static boolean isRetry(LogRecord record) {
        return LogTopic.isRetries(record.partition().topic());
    }

    private static String find(LogRecord record, String name) {
        String found = Header.find(record.headers(), name);
        return found == null ? "" : found;
    }

    static long number(String text, long otherwise) {
        try {
            return text.isEmpty() ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }
}
