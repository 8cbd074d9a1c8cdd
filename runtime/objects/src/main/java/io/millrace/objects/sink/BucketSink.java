package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.objects.sink.OpenStores.Opened;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.util.List;
import java.util.Locale;

/**
 * One object for each record: its answer is put, or the object that it is about is copied, moved or
 * deleted. What is done twice is done once: the place of an object depends on the record only.
 */
final class BucketSink implements Sink {

    /** What a task does at once; more would fill the connections to the store. */
    private static final int PARALLEL = 16;

    private final BucketOutput output;
    private final OpenStores stores;
    private final BucketMeters meters;
    private final ObjectFiling filing;
    private final OrderedWrites writes = new OrderedWrites(PARALLEL);

    BucketSink(BucketOutput output, OpenStores stores, BucketMeters meters) {
        this.output = output;
        this.stores = stores;
        this.meters = meters;
        this.filing = new ObjectFiling(output.isMadeOnDemand(), meters);
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        return batch.isEmpty() ? List.of() : writes.run(batch, this::write);
    }

    private void write(OutputRecord record) {
        BucketAction action = output.action();
        try {
            switch (action) {
                case PUT -> put(record);
                case COPY -> copy(record);
                case MOVE -> move(record);
                case DELETE -> delete(record);
            }
        } catch (MillraceException e) {
            meters.failed(action, e.code());
            throw e;
        }
        meters.done(action);
    }

    private void put(OutputRecord record) {
        ObjectPlacement place = ObjectPlacement.of(record.destination());
        RecordObject about = RecordObject.of(record.headers());
        filing.put(
                stores.target(about),
                place,
                record.value(),
                ContentTypes.of(record.value()),
                PutMetadata.of(record.headers(), about));
    }

    private void copy(OutputRecord record) {
        RecordObject object = objectOf(record);
        ObjectPlacement place = ObjectPlacement.of(record.destination());
        Opened from = stores.source(object);
        Opened to = stores.target(object);
        refuseItself(object, place, from == to);
        filing.copy(from, object, to, place);
    }

    private void move(OutputRecord record) {
        RecordObject object = objectOf(record);
        ObjectPlacement place = ObjectPlacement.of(record.destination());
        Opened from = stores.source(object);
        Opened to = stores.target(object);
        refuseItself(object, place, from == to);
        filing.move(from, object, to, place);
    }

    private void delete(OutputRecord record) {
        RecordObject object = objectOf(record);
        filing.delete(stores.source(object), object);
    }

    /** A move would delete what it has just made of it. */
    private void refuseItself(RecordObject object, ObjectPlacement place, boolean isSameStore) {
        if (isSameStore
                && object.bucket().equals(place.bucket())
                && object.key().equals(place.key())) {
            throw MillraceException.invalid(
                    "%s is where the object is already; choose another bucket or key to %s it to"
                            .formatted(place.shown(), word()));
        }
    }

    private RecordObject objectOf(OutputRecord record) {
        RecordObject object = RecordObject.of(record.headers());
        if (object == null) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "%s needs a record that is about an object, and this one is about none: the pipeline has to read a bucket data source"
                            .formatted(word()));
        }
        return object;
    }

    private String word() {
        return output.action().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        writes.close();
        stores.close();
    }
}
