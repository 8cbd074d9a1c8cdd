package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BucketBatch;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.PipelineSpec.Output;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectOrigins;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import java.util.Optional;

/** Outputs into buckets, of whatever store. */
public final class BucketSinkConnector implements SinkConnector {

    private final ObjectStores stores;
    private final ObjectOrigins origins;
    private final TimeSource time;
    private final Meters meters;

    /**
     * Does nothing yet.
     *
     * @param stores where buckets are
     * @param origins which store an object is in that a record is about
     */
    public BucketSinkConnector(
            ObjectStores stores, ObjectOrigins origins, TimeSource time, Meters meters) {
        this.stores = stores;
        this.origins = origins;
        this.time = time;
        this.meters = meters;
    }

    @Override
    public Optional<Sink> open(ProjectId project, Output output) {
        if (!(output instanceof BucketOutput bucket)) {
            return Optional.empty();
        }
        var opened = new OpenStores(project, bucket.store(), stores, origins);
        try {
            opened.openOwn();
            return Optional.of(sink(project, bucket, opened));
        } catch (Throwable e) {
            opened.close();
            throw e;
        }
    }

    private Sink sink(ProjectId project, BucketOutput output, OpenStores opened) {
        var numbers = new BucketMeters(meters, project);
        if (output.batch().isEmpty()) {
            return new BucketSink(output, opened, numbers);
        }
        BucketBatch batch = output.batch().get();
        return new BatchSink(output, batch, layout(batch), opened, numbers, time);
    }

    private static BatchLayout layout(BucketBatch batch) {
        return switch (batch.format()) {
            case JSON -> BatchLayout.JSON;
            case CSV -> BatchLayout.CSV;
            case PARQUET ->
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "batches in the format parquet are not available in this version; choose json or csv");
        };
    }
}
