package io.millrace.objects.sink;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.spi.ObjectOrigins;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStores;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The stores that one output talks to: its own, and those of the data sources that its records are
 * from. A record only says which data source that is; the data source says where the store is.
 */
final class OpenStores implements AutoCloseable {

    private final ProjectId project;
    private final Optional<BucketConnection> own;
    private final ObjectStores stores;
    private final ObjectOrigins origins;
    private final Map<Optional<BucketConnection>, Opened> open = new HashMap<>();
    private boolean isClosed;

    OpenStores(
            ProjectId project,
            Optional<BucketConnection> own,
            ObjectStores stores,
            ObjectOrigins origins) {
        this.project = project;
        this.own = own;
        this.stores = stores;
        this.origins = origins;
    }

    /** A store with what is known of its buckets. The same store is the same object. */
    static final class Opened {
        private final ObjectStore store;
        private final KnownBuckets buckets;

        private Opened(ObjectStore store) {
            this.store = store;
            this.buckets = new KnownBuckets(store);
        }

        ObjectStore store() {
            return store;
        }

        KnownBuckets buckets() {
            return buckets;
        }
    }

    /** Fails where the output itself says something wrong, before the first record comes. */
    void openOwn() {
        if (own.isPresent()) {
            var _ = open(own);
        }
    }

    /** Where an output puts what it makes of a record that is about an object or about none. */
    Opened target(@Nullable RecordObject object) {
        if (own.isPresent()) {
            return mended(own);
        }
        return object == null ? mended(Optional.empty()) : source(object);
    }

    /** Where the object is that a record is about. */
    Opened source(RecordObject object) {
        return mended(
                origins.storeOf(project, object.sourceIn(project), object.bucket(), object.key()));
    }

    /** A connection that cannot be opened is not the record's fault. */
    private Opened mended(Optional<BucketConnection> connection) {
        try {
            return open(connection);
        } catch (MillraceException e) {
            if (OrderedWrites.isPassing(e.code())) {
                throw e;
            }
            throw new MillraceException(ErrorCode.UNAVAILABLE, e.text(), e);
        }
    }

    private synchronized Opened open(Optional<BucketConnection> connection) {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the output is closed");
        }
        Opened known = open.get(connection);
        if (known == null) {
            known = new Opened(stores.open(project, connection));
            open.put(connection, known);
        }
        return known;
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        open.values().forEach(opened -> opened.store().close());
        open.clear();
    }
}
