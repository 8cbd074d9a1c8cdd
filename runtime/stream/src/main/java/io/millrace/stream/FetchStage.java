package io.millrace.stream;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec.Content;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectInput;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectContent;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.ObjectStores;
import io.millrace.stream.dead.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Puts objects in the place of their events, before the steps of a pipeline. What a record says is
 * believed only as to which object it is: where objects are, and which may be read, says the input.
 * So whoever writes into the topic of a field can have nothing read that is not the field's.
 *
 * <p>Records of other streams pass through.
 */
final class FetchStage implements Stage {

    static final String LABEL = "fetch objects";

    /** What a slice fetches at once; more would fill the connections and the memory. */
    private static final int PARALLEL = 16;

    private static final String CREATED = "ObjectCreated";

    private final ProjectId project;
    private final ObjectStores stores;
    private final TaskControl control;
    private final TimeSource time;
    private final FetchMeters meters;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("fetch objects ", 0).factory());
    private final Map<Optional<BucketConnection>, ObjectStore> open = new HashMap<>();
    private @Nullable Fetched[] fetched = new Fetched[64];

    /**
     * How it went for one item. Either there is content, or there is a code.
     *
     * @param isOurs whether the failure says nothing about the record
     */
    private record Fetched(
            @Nullable ObjectContent content, @Nullable ErrorCode code, String why, boolean isOurs) {
        static Fetched failed(ErrorCode code, String why) {
            return new Fetched(null, code, why, isPassing(code));
        }

        private static boolean isPassing(ErrorCode code) {
            return Stage.isPassing(code) || code == ErrorCode.TIMEOUT;
        }
    }

    /** The numbers of what is fetched. */
    record FetchMeters(Meters.Count objects, Meters.Count bytes, Meters.Timing took) {}

    FetchStage(
            ProjectId project,
            ObjectStores stores,
            TaskControl control,
            TimeSource time,
            PipelineMeters meters) {
        this.project = project;
        this.stores = stores;
        this.control = control;
        this.time = time;
        this.meters = meters.fetching();
    }

    @Override
    public String label() {
        return LABEL;
    }

    @Override
    public void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        if (fetched.length < count) {
            fetched = new Fetched[Math.max(count, pending.length)];
        }
        int wanted = 0;
        int[] items = new int[count];
        for (int i = 0; i < count; i++) {
            int item = pending[i];
            ObjectInput input = control.objects(Origin.topic(batch.recordOf(item)));
            if (input == null || !isFetched(input, batch.recordOf(item))) {
                verdicts.sent(item, batch.payload(item));
            } else {
                items[wanted++] = item;
            }
        }
        if (wanted > 0) {
            fetch(batch, items, wanted);
            for (int i = 0; i < wanted; i++) {
                settle(batch, items[i], fetched[i], verdicts);
                fetched[i] = null;
            }
        }
    }

    /** Of what is gone there is nothing to fetch, and of some streams nothing shall be. */
    private static boolean isFetched(ObjectInput input, LogRecord record) {
        if (input.content() == Content.REFERENCE) {
            return false;
        }
        String event = Header.find(record.headers(), HeaderNames.OBJECT_EVENT);
        return event == null || event.regionMatches(true, 0, CREATED, 0, CREATED.length());
    }

    private void fetch(Batch batch, int[] items, int count) {
        var next = new AtomicInteger();
        var workers = new ArrayList<Callable<Boolean>>();
        for (int i = 0; i < Math.min(PARALLEL, count); i++) {
            workers.add(() -> {
                for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                    fetched[n] = fetch(batch.recordOf(items[n]));
                }
                return true;
            });
        }
        try {
            for (Future<Boolean> worker : threads.invokeAll(workers)) {
                worker.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RejectedExecutionException e) {
            // It was closed meanwhile: the task ends and the records are read again.
        } catch (ExecutionException e) {
            throw MillraceException.internal("fetching objects failed", e.getCause());
        }
    }

    private Fetched fetch(LogRecord record) {
        ObjectInput input = control.objects(Origin.topic(record));
        if (input == null) {
            return Fetched.failed(ErrorCode.UNAVAILABLE, "the stream is read no more");
        }
        String bucket = text(record, HeaderNames.OBJECT_BUCKET);
        String key = text(record, HeaderNames.OBJECT_KEY);
        Fetched refused = refuse(input, bucket, key);
        if (refused != null) {
            return refused;
        }
        ObjectStore store;
        try {
            store = store(input.store());
        } catch (MillraceException e) {
            // A secret that is missing, an endpoint that is not allowed: somebody mends it.
            return new Fetched(null, e.code(), e.text(), true);
        }
        long before = time.nanoTime();
        try {
            ObjectContent content =
                    store.get(reference(record, bucket, key), input.limit().bytes());
            meters.objects().increment();
            meters.bytes().add(content.bytes().length);
            return new Fetched(content, null, "", false);
        } catch (MillraceException e) {
            return e.code() == ErrorCode.TOO_LARGE
                    ? tooLarge(input, e)
                    : Fetched.failed(e.code(), e.text());
        } finally {
            meters.took().record(time.nanoTime() - before);
        }
    }

    private static Fetched tooLarge(ObjectInput input, MillraceException e) {
        return input.content() == Content.AUTO
                ? new Fetched(null, null, "", false)
                : Fetched.failed(
                        ErrorCode.TOO_LARGE,
                        e.text()
                                + "; 'limit' of the data source says how much, and 'content: auto' gives"
                                + " the event in place of larger objects");
    }

    private static @Nullable Fetched refuse(ObjectInput input, String bucket, String key) {
        if (bucket.isEmpty() || key.isEmpty()) {
            return Fetched.failed(
                    ErrorCode.INVALID,
                    "the record names no object: the headers %s and %s are missing"
                            .formatted(HeaderNames.OBJECT_BUCKET, HeaderNames.OBJECT_KEY));
        }
        if (!bucket.equals(input.bucket()) || !key.startsWith(input.prefix())) {
            return Fetched.failed(
                    ErrorCode.DENIED,
                    "s3://%s/%s is not of this field, which reads s3://%s/%s only"
                            .formatted(
                                    ObjectNames.shown(bucket),
                                    ObjectNames.shown(key),
                                    input.bucket(),
                                    input.prefix()));
        }
        return null;
    }

    private static ObjectRef reference(LogRecord record, String bucket, String key) {
        return new ObjectRef(
                bucket,
                key,
                Optional.of(text(record, HeaderNames.OBJECT_ETAG)).filter(e -> !e.isEmpty()),
                Optional.of(text(record, HeaderNames.OBJECT_VERSION)).filter(v -> !v.isEmpty()));
    }

    private static String text(LogRecord record, String header) {
        String text = Header.find(record.headers(), header);
        return text == null ? "" : text;
    }

    private synchronized ObjectStore store(Optional<BucketConnection> connection) {
        ObjectStore known = open.get(connection);
        if (known == null) {
            known = stores.open(project, connection);
            open.put(connection, known);
        }
        return known;
    }

    private static void settle(Batch batch, int item, @Nullable Fetched result, Verdicts verdicts) {
        if (result == null) {
            verdicts.mustWait(item, ErrorCode.UNAVAILABLE, "the fetch was cut short");
        } else if (result.content() != null) {
            ObjectContent content = result.content();
            batch.replace(batch.origin(item), with(batch.recordOf(item), content));
            verdicts.sent(item, content.bytes());
        } else if (result.code() == null) {
            verdicts.sent(item, batch.payload(item));
        } else if (result.isOurs()) {
            verdicts.mustWait(item, result.code(), result.why());
        } else {
            verdicts.failed(item, result.code(), result.why());
        }
    }

    /** The record with what the store says of the object now. The event stays its payload. */
    private static LogRecord with(LogRecord record, ObjectContent content) {
        ObjectStore.ObjectInfo info = content.info();
        var headers = new ArrayList<Header>(record.headers().size() + info.metadata().size() + 3);
        for (Header header : record.headers()) {
            if (!isSaidAnew(header.name())) {
                headers.add(header);
            }
        }
        headers.add(Header.of(HeaderNames.OBJECT_SIZE, Long.toString(content.bytes().length)));
        headers.add(Header.of(HeaderNames.OBJECT_ETAG, info.etag()));
        if (!info.contentType().isEmpty() && !info.metadata().containsKey("content-type")) {
            headers.add(
                    Header.of(HeaderNames.OBJECT_META_PREFIX + "content-type", info.contentType()));
        }
        info.metadata()
                .forEach((name, value) ->
                        headers.add(Header.of(HeaderNames.OBJECT_META_PREFIX + name, value)));
        return new LogRecord(
                record.partition(),
                record.offset(),
                record.key(),
                record.value(),
                List.copyOf(headers),
                record.timestampMillis());
    }

    private static boolean isSaidAnew(String name) {
        return name.equals(HeaderNames.OBJECT_SIZE)
                || name.equals(HeaderNames.OBJECT_ETAG)
                || name.startsWith(HeaderNames.OBJECT_META_PREFIX);
    }

    @Override
    public Optional<String> notReady() {
        return Optional.empty();
    }

    /** Ends the calls under way. From any thread; idempotent. */
    void cancel() {
        threads.shutdownNow();
    }

    @Override
    public void close() {
        cancel();
        List<ObjectStore> all;
        synchronized (this) {
            all = List.copyOf(open.values());
            open.clear();
        }
        var closing = new Closing();
        all.forEach(closing::close);
        closing.rethrow();
    }
}
