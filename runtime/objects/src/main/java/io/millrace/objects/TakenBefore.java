package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.objects.ObjectEventJson;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from the ends of the topics of a source which events it took last: after a restart, stores
 * tell again what they are not sure of.
 */
final class TakenBefore {

    private static final Logger logger = LoggerFactory.getLogger(TakenBefore.class);
    private static final int MOST_OF_A_PARTITION = 20_000;
    private static final int AT_ONCE = 2_000;
    private static final Duration POLL = Duration.ofMillis(500);

    /** So often nothing may come where something should be. */
    private static final int PATIENCE = 20;

    private final StreamLog log;
    private final SourceBinding binding;

    TakenBefore(StreamLog log, SourceBinding binding) {
        this.log = log;
        this.binding = binding;
    }

    void into(SeenEvents seen) {
        var fields = new HashMap<String, String>();
        for (SourceBinding.Route route : binding.routes()) {
            fields.put(route.logTopic(), route.field().value());
        }
        try (LogReader reader = log.reader(AT_ONCE)) {
            var ends = new HashMap<LogPartition, OffsetRange>();
            reader.ranges(fields.keySet())
                    .forEach((partition, range) ->
                            ends.put(
                                    partition,
                                    new OffsetRange(
                                            Math.max(
                                                    range.from(), range.to() - MOST_OF_A_PARTITION),
                                            range.to())));
            reader.seek(ends);
            int silent = 0;
            while (!reader.isAtEnd() && silent < PATIENCE) {
                var records = reader.poll(POLL);
                silent = records.isEmpty() ? silent + 1 : 0;
                records.forEach(record -> add(record, fields, seen));
            }
            if (silent == PATIENCE) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, "the log does not give what was taken before");
            }
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNSUPPORTED) {
                throw e;
            }
        }
    }

    private void add(LogRecord record, Map<String, String> fields, SeenEvents seen) {
        String field = fields.get(record.partition().topic());
        if (field == null) {
            return;
        }
        try {
            seen.add(field, ObjectEventJson.read(record.value()).event());
        } catch (MillraceException e) {
            logger.debug(
                    "{}: {}/{} is no event: {}",
                    binding.source(),
                    record.partition(),
                    record.offset(),
                    e.text());
        }
    }
}
