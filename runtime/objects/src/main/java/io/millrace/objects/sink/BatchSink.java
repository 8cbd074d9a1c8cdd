package io.millrace.objects.sink;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketBatch;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.TimeSource;
import io.millrace.codec.payload.AnswerRow;
import io.millrace.objects.sink.OpenStores.Opened;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogPartition;
import io.millrace.spi.OutputRecord;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Several answers in one object. An object has records of one partition, and its name says the
 * first and the last of them: a batch that is made again over the same records is the same object,
 * and one over others never takes its place.
 */
final class BatchSink implements GatheringSink {

    /** All that a task may hold in memory for one output. */
    private static final long MOST_BYTES = 64L << 20;

    private final BucketBatch limits;
    private final BatchLayout layout;
    private final OpenStores stores;
    private final ObjectFiling filing;
    private final BucketMeters meters;
    private final TimeSource time;
    private final Map<String, Growing> growing = new LinkedHashMap<>();
    private final List<Growing> full = new ArrayList<>();
    private long bytes;
    private long begun;

    BatchSink(
            BucketOutput output,
            BucketBatch limits,
            BatchLayout layout,
            OpenStores stores,
            BucketMeters meters,
            TimeSource time) {
        this.limits = limits;
        this.layout = layout;
        this.stores = stores;
        this.filing = new ObjectFiling(output.isMadeOnDemand(), meters);
        this.meters = meters;
        this.time = time;
    }

    /** An object that is not stored yet. */
    private static final class Growing {
        private final String destination;
        private final LogPartition partition;
        private final Opened store;
        private final long first;
        private final List<Map<String, String>> rows = new ArrayList<>();
        private long last;
        private long bytes;

        Growing(String destination, LogPartition partition, Opened store, long first) {
            this.destination = destination;
            this.partition = partition;
            this.store = store;
            this.first = first;
        }

        void add(Map<String, String> row, long offset, int size) {
            rows.add(row);
            last = offset;
            bytes += size;
        }

        ObjectPlacement place() {
            return ObjectPlacement.of(destination.replace(OFFSETS, first + "-" + last));
        }
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        List<ItemFailure> failures = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            try {
                take(batch.get(i));
            } catch (MillraceException e) {
                meters.failed(BucketAction.PUT, e.code());
                failures.add(new ItemFailure(i, e.code(), e.text()));
            }
        }
        return failures;
    }

    private void take(OutputRecord record) {
        LogPartition partition = record.partition();
        if (partition == null) {
            throw MillraceException.internal("a batch needs to know where a record was read", null);
        }
        var _ = ObjectPlacement.of(record.destination());
        RecordObject about = RecordObject.of(record.headers());
        Map<String, String> row = row(record, partition, about);
        Opened store = stores.target(about);
        if (!isHolding()) {
            begun = time.nanoTime();
        }
        Growing object = growing.get(record.destination());
        if (object != null && object.store != store) {
            full.add(object);
            object = null;
        }
        if (object == null) {
            object = new Growing(record.destination(), partition, store, record.offset());
            growing.put(record.destination(), object);
        }
        object.add(row, record.offset(), record.value().length);
        bytes += record.value().length;
        if (object.rows.size() >= limits.records()) {
            growing.remove(record.destination());
            full.add(object);
        }
    }

    /** What the answer is about stands before it; what the answer calls so wins. */
    private static Map<String, String> row(
            OutputRecord record, LogPartition partition, @Nullable RecordObject about) {
        AnswerRow answer = AnswerRow.of(record.value());
        var row = new LinkedHashMap<String, String>();
        if (about != null) {
            AnswerRow.putText(row, "_bucket", about.bucket());
            AnswerRow.putText(row, "_key", about.key());
        } else {
            String key = text(record.key());
            if (!key.isEmpty()) {
                AnswerRow.putText(row, "_key", key);
            }
        }
        AnswerRow.putText(row, "_time", Instant.ofEpochMilli(record.timestampMillis()).toString());
        AnswerRow.putText(row, "_partition", partition.topic() + "-" + partition.index());
        row.put("_offset", Long.toString(record.offset()));
        row.putAll(answer.fields());
        return row;
    }

    private static String text(byte @Nullable [] key) {
        if (key == null) {
            return "";
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
        } catch (CharacterCodingException _) {
            return "";
        }
    }

    @Override
    public boolean isHolding() {
        return !growing.isEmpty() || !full.isEmpty();
    }

    @Override
    public boolean isDue() {
        return !full.isEmpty()
                || bytes >= MOST_BYTES
                || (isHolding() && time.nanoTime() - begun >= limits.time().toNanos());
    }

    @Override
    public void store() {
        full.addAll(growing.values());
        growing.clear();
        for (Iterator<Growing> left = full.iterator(); left.hasNext(); ) {
            store(left.next());
            left.remove();
        }
        bytes = 0;
    }

    private void store(Growing object) {
        try {
            filing.put(
                    object.store,
                    object.place(),
                    layout.write(object.rows),
                    layout.contentType(),
                    Map.of("millrace-records", Integer.toString(object.rows.size())));
        } catch (MillraceException e) {
            meters.failed(BucketAction.PUT, e.code());
            throw e;
        }
        meters.done(BucketAction.PUT);
    }

    @Override
    public void forget(Set<LogPartition> partitions) {
        growing.values().removeIf(object -> partitions.contains(object.partition));
        full.removeIf(object -> partitions.contains(object.partition));
        bytes = 0;
        growing.values().forEach(object -> bytes += object.bytes);
        full.forEach(object -> bytes += object.bytes);
    }

    @Override
    public void close() {
        growing.clear();
        full.clear();
        stores.close();
    }
}
