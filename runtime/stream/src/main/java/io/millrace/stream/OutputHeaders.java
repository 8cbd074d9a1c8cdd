package io.millrace.stream;

import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.stream.dead.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The headers of what a task writes: those of the record, without what was said about an earlier
 * try of it, and where the answer came from. All outputs of an item of one kind share them.
 *
 * <p>Hot path: the text of {@link io.millrace.spi.Provenance} is put together from pieces that are
 * made once per partition and once per slice.
 */
final class OutputHeaders {

    private static final int MAX_DIGITS = 20;

    private final String pipeline;
    private @Nullable SliceTraces traces;
    private final byte[] digits = new byte[MAX_DIGITS];
    private @Nullable LogPartition partition;
    private byte[] position = {};
    private byte[] answered = {};
    private @Nullable List<Header>[] made = lists(64);
    private @Nullable List<Header>[] madeForKafkaClients = lists(64);

    OutputHeaders(ResourceKey pipeline) {
        this.pipeline = pipeline.project() + "/" + pipeline.name();
    }

    /** Outputs of traced records shall carry their trace on. */
    void carry(SliceTraces sliceTraces) {
        traces = sliceTraces;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable List<Header>[] lists(int length) {
        return (List<Header>[]) new List[length];
    }

    /**
     * Begins a slice.
     *
     * @param items how many there are after the last step
     * @param answeredMillis when the steps were done
     */
    void start(int items, long answeredMillis) {
        if (made.length < items) {
            made = lists(Math.max(items, 2 * made.length));
            madeForKafkaClients = lists(made.length);
        }
        answered = (" " + answeredMillis + " ").getBytes(StandardCharsets.US_ASCII);
    }

    /** Lets go of all headers. */
    void clear() {
        Arrays.fill(made, null);
        Arrays.fill(madeForKafkaClients, null);
    }

    /**
     * The headers of an output of an item.
     *
     * @param isForKafkaClients whether only what the sender gave goes along, and the correlation:
     *     what only Millrace sets stays inside then, also when a sender forged it
     */
    List<Header> of(Batch batch, int item, boolean isForKafkaClients) {
        @Nullable List<Header>[] kind = isForKafkaClients ? madeForKafkaClients : made;
        List<Header> known = kind[item];
        if (known == null) {
            known = output(batch.recordOf(item), batch.trail(item), isForKafkaClients);
            if (traces != null) {
                known = traces.carried(batch.origin(item), known);
            }
            kind[item] = known;
        }
        return known;
    }

    private List<Header> output(LogRecord record, byte[] trail, boolean isForKafkaClients) {
        List<Header> given = record.headers();
        var headers = new Header[given.size() + 1];
        int kept = 0;
        for (int i = 0; i < given.size(); i++) {
            Header header = given.get(i);
            if (isForKafkaClients
                    ? HeaderNames.isOfKafkaClients(header.name())
                    : !Origin.isAboutTries(header.name())) {
                headers[kept++] = header;
            }
        }
        headers[kept++] = new Header(HeaderNames.PROVENANCE, provenance(record, trail));
        return Arrays.asList(kept == headers.length ? headers : Arrays.copyOf(headers, kept));
    }

    /** Where something that was made of a record comes from; see {@link #start} for the time. */
    byte[] provenance(LogRecord record, byte[] trail) {
        LogPartition place = record.partition();
        if (LogTopic.isRetries(place.topic())) {
            return text(retried(record), trail);
        }
        if (!place.equals(partition)) {
            partition = place;
            position = (pipeline + " " + place + "/").getBytes(StandardCharsets.UTF_8);
        }
        int first = digitsOf(record.offset());
        int count = MAX_DIGITS - first;
        // The hot path writes its digits in place.
        byte[] text =
                Arrays.copyOf(position, position.length + count + answered.length + trail.length);
        int at = position.length;
        System.arraycopy(digits, first, text, at, count);
        at += count;
        System.arraycopy(answered, 0, text, at, answered.length);
        at += answered.length;
        System.arraycopy(trail, 0, text, at, trail.length);
        return text;
    }

    /** A retry comes from where it was read first. */
    private byte[] retried(LogRecord record) {
        return (pipeline + " " + Origin.position(record)).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] text(byte[] place, byte[] trail) {
        byte[] text = Arrays.copyOf(place, place.length + answered.length + trail.length);
        System.arraycopy(answered, 0, text, place.length, answered.length);
        System.arraycopy(trail, 0, text, place.length + answered.length, trail.length);
        return text;
    }

    /** Puts an offset at the end of the digits; the place of its first one. */
    private int digitsOf(long offset) {
        int at = MAX_DIGITS;
        long left = offset;
        do {
            digits[--at] = (byte) ('0' + left % 10);
            left /= 10;
        } while (left > 0);
        return at;
    }
}
